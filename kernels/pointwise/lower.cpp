// SPDX-License-Identifier: Apache-2.0
#include "kernels/pointwise/lower.h"

#include <algorithm>
<<<<<<< HEAD
#include <array>
#include <bit>
#include <map>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/check.h"
#include "core/formula/interpreter.h"
#include "kernels/pointwise/collapse.h"
#include "kernels/pointwise/registers.h"
=======
#include <map>
#include <optional>

#include "core/base/check.h"
>>>>>>> main

namespace weft::kernels {
namespace {

<<<<<<< HEAD
using Kind = Instr::Kind;

static_assert(static_cast<int>(Storage::kF32) == static_cast<int>(DType::kF32) &&
              static_cast<int>(Storage::kF64) == static_cast<int>(DType::kF64) &&
              static_cast<int>(Storage::kBF16) == static_cast<int>(DType::kBF16) &&
              static_cast<int>(Storage::kF16) == static_cast<int>(DType::kF16) &&
              static_cast<int>(Storage::kI32) == static_cast<int>(DType::kI32) &&
              static_cast<int>(Storage::kI64) == static_cast<int>(DType::kI64) &&
              static_cast<int>(Storage::kU8) == static_cast<int>(DType::kU8) &&
              static_cast<int>(Storage::kBool) == static_cast<int>(DType::kBool));
Storage storage_of(const TensorSpec& spec) { return static_cast<Storage>(spec.dtype); }

// The storage type that holds everything a register of the type can.
Storage whole(Type type) {
  return type == Type::kF32 ? Storage::kF32 : type == Type::kF64 ? Storage::kF64 : Storage::kI64;
}

std::optional<Fn> fn_of(std::string_view name) {
  static const auto by_name = [] {
    std::unordered_map<std::string_view, Fn> map;
    for (int i = 0; i < kFnCount; ++i) map.emplace(name_of(static_cast<Fn>(i)), static_cast<Fn>(i));
    return map;
  }();
  const auto found = by_name.find(name);
  return found == by_name.end() ? std::nullopt : std::optional(found->second);
}

bool gives_bool(Fn fn) { return fn == Fn::kLogicalNot || (fn >= Fn::kEqual && fn <= Fn::kLogicalXor); }

// Where a value of the body is: registers by type, filled in when first asked for.
struct Held {
  std::array<int, 3> in{-1, -1, -1};
  Type natural = Type::kF32;  // the type it comes about in
  Storage fit{};              // what it is to be rounded to before anybody computes with it ...
  int raw = -1;               // ... and the register before that; -1: done
};

class Lowering {
 public:
  Lowering(const exec::KernelRequest& request, const ir::Graph& body)
      : request_(request), body_(body), shape_(body.spec(body.outputs.at(0).value).shape) {
    for (const ir::Input& input : body.inputs) {
      input_index_[input.value] = static_cast<int>(accesses_.size());
      accesses_.emplace_back();  // not read yet: a scalar
    }
  }

  Lowered operator()() {
    const std::vector<bool> needed = needed_nodes();
    for (std::size_t n = 0; n < body_.nodes.size(); ++n)
      if (needed[n]) lower_node(static_cast<std::int32_t>(n));
    for (std::size_t i = 0; i < body_.outputs.size(); ++i) store(static_cast<int>(i));
    expect_room("operands and draws", accesses_.size(), Program::kMaxAccesses);
    Lowered lowered;
    lowered.program = assign_registers(request_, prologue_, code_, constants_);
    lowered.program.inputs = static_cast<short>(body_.inputs.size());
    lowered.program.outputs = static_cast<short>(body_.outputs.size());
    lowered.geometry = collapse(request_, shape_, accesses_);
    return lowered;
  }

 private:
  void expect_room(const char* what, std::size_t count, int room) const {
    if (count > static_cast<std::size_t>(room))
      throw ValueError(request_.op.name(), request_.path, cat("needs ", count, " ", what, "; at most ", room));
  }

  std::vector<bool> needed_nodes() const {
    std::vector<bool> needed(body_.nodes.size(), false);
    const auto mark = [&](ir::Value v) { needed[static_cast<std::size_t>(v.node)] = true; };
    for (const ir::Output& output : body_.outputs) mark(output.value);
    for (std::size_t n = body_.nodes.size(); n-- > 0;)
      if (needed[n]) std::for_each(body_.nodes[n].inputs.begin(), body_.nodes[n].inputs.end(), mark);
    return needed;
  }

  // Values that are the same for all elements are computed once, ahead of the others.
  int emit(VirtualInstr in, bool same_everywhere) {
    same_everywhere = same_everywhere && shape_.numel() != 1;
    in.dst = registers_++;
    same_.push_back(same_everywhere);
    (same_everywhere ? prologue_ : code_).push_back(in);
    return in.dst;
  }
  bool same(int reg) const { return same_[static_cast<std::size_t>(reg)]; }

  int convert(int source, Type from, Storage to) {
    return emit({.kind = Kind::kConvert, .type = type_of(to), .from = from, .storage = to, .a = source}, same(source));
  }

  int load(ir::Value v, Type type) {
    const int input = input_index_.at(v);
    accesses_[static_cast<std::size_t>(input)] = body_.spec(v).shape;
    return emit({.kind = Kind::kLoad, .type = type, .storage = storage_of(body_.spec(v)), .a = input},
                body_.spec(v).shape.numel() == 1);
  }

  // The register that holds v as a number of this type.
  int reg(ir::Value v, Type type) {
    Held& held = held_.at(v);
    int& wanted = held.in[static_cast<std::size_t>(type)];
    if (wanted >= 0) return wanted;
    const Storage storage = storage_of(body_.spec(v));
    if (input_index_.contains(v) && (type == held.natural || storage == Storage::kBool)) return wanted = load(v, type);
    if (type != held.natural) return wanted = convert(reg(v, held.natural), held.natural, whole(type));
    return wanted = convert(held.raw, type, held.fit);
  }

  // v is `raw`, still to be rounded to its dtype where that holds less than the register.
  void put(ir::Value v, int raw, Type type, bool fits) {
    const Storage storage = storage_of(body_.spec(v));
    Held held{.natural = type, .fit = storage, .raw = raw};
    if (fits || storage == whole(type)) held.in[static_cast<std::size_t>(type)] = raw;
    held_[v] = held;
  }

  void lower_node(std::int32_t n) {
    const ir::Node& node = body_.nodes[static_cast<std::size_t>(n)];
    const ir::Value v{n, 0};
    const std::string& op = node.op.name();
    if (input_index_.contains(v)) {
      held_[v].natural = type_of(storage_of(body_.spec(v)));
    } else if (const std::optional<Fn> fn = fn_of(op)) {
      lower_fn(*fn, node, v);
    } else if (op == "cast") {
      lower_cast(node.inputs[0], v);
    } else if (op == "uniform" || op == "normal") {
      lower_draw(op == "uniform" ? Kind::kUniform : Kind::kNormal, node, v);
    } else if (op == "full") {
      lower_full(node, v);
    } else {
      throw ValueError(request_.op.name(), request_.path, cat("op ", op, " is not elementwise"));
    }
  }

  void lower_fn(Fn fn, const ir::Node& node, ir::Value v) {
    const Type type = type_of(storage_of(body_.spec(node.inputs[fn == Fn::kSelect ? 1 : 0])));
    std::array<int, 3> x{};
    for (std::size_t i = 0; i < node.inputs.size(); ++i) x[i] = reg(node.inputs[i], type);
    const bool everywhere =
        std::all_of(x.begin(), x.begin() + arity(fn), [this](int argument) { return same(argument); });
    const int result = emit({.kind = Kind::kFn, .type = type, .fn = fn, .a = x[0], .b = x[1], .c = x[2]}, everywhere);
    put(v, result, type, gives_bool(fn));
  }

  void lower_cast(ir::Value x, ir::Value v) {
    const Storage to = storage_of(body_.spec(v));
    const Type from = type_of(storage_of(body_.spec(x))), type = type_of(to);
    const int source = reg(x, from);
    if (to == Storage::kBool || (type == Type::kI64 && from != Type::kI64)) {
      put(v, convert(source, from, to), type, true);
    } else {
      put(v, from == type ? source : convert(source, from, whole(type)), type, false);
    }
  }

  void lower_draw(Kind kind, const ir::Node& node, ir::Value v) {
    const auto state = input_index_.find(node.inputs[0]);
    if (state == input_index_.end())
      throw ValueError(request_.op.name(), request_.path, "the state of a draw must be an input of the body");
    accesses_.push_back(body_.spec(v).shape);
    const Storage storage = storage_of(body_.spec(v));
    const int access = static_cast<int>(accesses_.size()) - 1;
    const int ordinal = constant(static_cast<unsigned long long>(node.attributes.integer("ordinal")));
    put(v,
        emit(
            {.kind = kind, .type = type_of(storage), .storage = storage, .a = state->second, .b = access, .c = ordinal},
            false),
        type_of(storage), true);
  }

  void lower_full(const ir::Node& node, ir::Value v) {
    const Storage storage = storage_of(body_.spec(v));
    const Type type = type_of(storage);
    const double value = node.attributes.has("value") ? node.attributes.real("value") : 0;
    unsigned long long bits = 0;
    if (type == Type::kF32) bits = std::bit_cast<unsigned>(static_cast<float>(value));
    if (type == Type::kF64) bits = std::bit_cast<unsigned long long>(value);
    if (type == Type::kI64) {
      const long long number =
          node.attributes.has("integer") ? node.attributes.integer("integer") : static_cast<long long>(value);
      bits = static_cast<unsigned long long>(storage == Storage::kBool ? number != 0 : number);
    }
    put(v, emit({.kind = Kind::kConstant, .type = type, .a = constant(bits)}, true), type, storage == Storage::kBool);
  }

  int constant(unsigned long long bits) {
    const auto found = std::find(constants_.begin(), constants_.end(), bits);
    if (found == constants_.end()) {
      constants_.push_back(bits);
      return static_cast<int>(constants_.size()) - 1;
    }
    return static_cast<int>(found - constants_.begin());
  }

  void store(int output) {
    const ir::Value v = body_.outputs[static_cast<std::size_t>(output)].value;
    const TensorSpec& spec = body_.spec(v);
    if (spec.shape != shape_)
      throw ShapeError(request_.op.name(), request_.path,
                       cat("output ", output, " is ", spec.shape, ", output 0 is ", shape_, "; they must be the same"));
    Held& held = held_.at(v);
    // What is stored is rounded by the store.
    const int source = held.raw >= 0 ? held.raw : reg(v, held.natural);
    stores_.push_back(
        {.kind = Kind::kStore, .type = held.natural, .storage = storage_of(spec), .a = source, .b = output});
    if (output + 1 == static_cast<int>(body_.outputs.size())) append_stores();
  }

  // All stores stand at the end. Among several outputs, one that is an input unchanged is copied first: the first
  // output may lie where that input does.
  void append_stores() {
    for (VirtualInstr& s : stores_)
      if (stores_.size() > 1 && is_load(s.a)) s.a = convert(s.a, s.type, whole(s.type));
    code_.insert(code_.end(), stores_.begin(), stores_.end());
  }
  bool is_load(int r) const {
    return std::any_of(code_.begin(), code_.end(),
                       [r](const VirtualInstr& in) { return in.kind == Kind::kLoad && in.dst == r; });
  }

  const exec::KernelRequest& request_;
  const ir::Graph& body_;
  Shape shape_;
  std::vector<Shape> accesses_;  // operands, then the tensors that draws fill
  std::map<ir::Value, int> input_index_;
  std::map<ir::Value, Held> held_;
  std::vector<VirtualInstr> prologue_, code_, stores_;
  std::vector<unsigned long long> constants_;
  std::vector<bool> same_;
  int registers_ = 0;
};

// One node by itself, as a body.
ir::Graph body_of(const exec::KernelRequest& request) {
  ir::Graph body;
  ir::Node node{request.op, {}, {request.outputs.begin(), request.outputs.end()}, request.attributes};
  for (const TensorSpec& spec : request.inputs)
    node.inputs.push_back(body.add_input(spec, ir::InputKind::kArgument, ""));
  body.outputs.push_back({body.append(std::move(node))});
  return body;
}

bool all_f32(std::span<const TensorSpec> specs) {
  return std::all_of(specs.begin(), specs.end(), [](const TensorSpec& s) { return s.dtype == DType::kF32; });
=======
static_assert(static_cast<int>(Storage::kF32) == static_cast<int>(DType::kF32) &&
              static_cast<int>(Storage::kBF16) == static_cast<int>(DType::kBF16) &&
              static_cast<int>(Storage::kI64) == static_cast<int>(DType::kI64) &&
              static_cast<int>(Storage::kBool) == static_cast<int>(DType::kBool));

Storage storage_of(DType dtype) { return static_cast<Storage>(dtype); }

std::optional<Fn> fn_of(ir::OpId op) {
  for (int f = 0; f < kFnCount; ++f)
    if (op.name() == name_of(static_cast<Fn>(f))) return static_cast<Fn>(f);
  return std::nullopt;
}

bool is_draw(ir::OpId op) { return op.name() == "uniform" || op.name() == "normal"; }

// Integers alone are computed as integers; a wide integer or f64 beside floating types needs f64; the rest is f32.
Compute compute_of(const std::vector<DType>& dtypes) {
  const auto any = [&](auto test) { return std::any_of(dtypes.begin(), dtypes.end(), test); };
  if (!any(is_floating)) return Compute::kI64;
  if (any([](DType d) { return d == DType::kF64 || d == DType::kI64 || d == DType::kI32; })) return Compute::kF64;
  return Compute::kF32;
}

// Builds a program node by node; values of the region are known by a key that the caller chooses.
class Assembler {
 public:
  // region: values feed other nodes, as opposed to being stored at once, which rounds by itself.
  Assembler(std::string op, Compute compute, bool region) : op_(std::move(op)), inner_(region) {
    program_.compute = compute;
  }

  unsigned char add_input(DType dtype) {
    if (program_.inputs == Program::kMaxInputs) too_large("inputs");
    program_.input_storage[program_.inputs] = storage_of(dtype);
    return program_.inputs++;
  }
  // Inputs come first, so that input i is register i.
  void close_inputs() { registers_ = program_.inputs; }

  unsigned char constant(double value) {
    if (program_.constants == Program::kMaxConstants) too_large("constants");
    program_.constant[program_.constants] = value;
    return emit({Instruction::Kind::kConstant, Fn::kAdd, Storage::kF32, 0, program_.constants++, 0, 0});
  }
  unsigned char function(Fn fn, const std::vector<unsigned char>& arguments, DType result) {
    Instruction ins{Instruction::Kind::kFunction, fn, Storage::kF32, 0, arguments[0], 0, 0};
    if (arguments.size() > 1) ins.b = arguments[1];
    if (arguments.size() > 2) ins.c = arguments[2];
    return rounded(emit(ins), result);
  }
  unsigned char convert(unsigned char a, DType to) {
    return emit({Instruction::Kind::kConvert, Fn::kAdd, storage_of(to), 0, a, 0, 0});
  }
  unsigned char draw(bool uniform, std::size_t state, std::int64_t ordinal, DType dtype) {
    if (program_.draws == Program::kMaxDraws) too_large("draws");
    program_.draw[program_.draws] = {static_cast<unsigned char>(state), ordinal};
    using Kind = Instruction::Kind;
    const Kind kind = dtype == DType::kF64 ? (uniform ? Kind::kUniformWide : Kind::kNormalWide)
                                           : (uniform ? Kind::kUniform : Kind::kNormal);
    const unsigned char drawn = emit({kind, Fn::kAdd, Storage::kF32, 0, program_.draws++, 0, 0});
    if (!uniform || dtype == DType::kF32 || dtype == DType::kF64) return drawn;
    // A half type would round the largest draws to 1: they stop at its last number below.
    const unsigned char most = constant(dtype == DType::kBF16 ? 0.99609375 : 0.99951171875);
    return emit({Instruction::Kind::kFunction, Fn::kMinimum, Storage::kF32, 0, drawn, most, 0});
  }
  void output(unsigned char reg, DType dtype) {
    if (program_.outputs == Program::kMaxOutputs) too_large("outputs");
    program_.output_storage[program_.outputs] = storage_of(dtype);
    program_.output_register[program_.outputs++] = reg;
  }
  const Program& program() const { return program_; }

 private:
  [[noreturn]] void too_large(const char* what) const {
    fail<ValueError>(op_, "the region has too many ", what, " for one program");
  }
  unsigned char emit(Instruction ins) {
    if (program_.instructions == Program::kMaxInstructions) too_large("instructions");
    ins.d = registers_++;
    program_.code[program_.instructions++] = ins;
    return ins.d;
  }
  // Inside a wider program a node's value is rounded to its own dtype, as if it had been stored.
  unsigned char rounded(unsigned char reg, DType dtype) {
    const bool exact =
        !is_floating(dtype) || dtype == DType::kF64 || (dtype == DType::kF32 && program_.compute == Compute::kF32);
    return exact || !inner_ ? reg : convert(reg, dtype);
  }

  std::string op_;
  Program program_;
  unsigned char registers_ = 0;
  bool inner_;
};

// Merges axes that every operand walks in one stride.
Elements merge_axes(const Shape& result, const std::vector<Shape>& operands) {
  Elements e;
  e.count = result.numel();
  std::vector<std::vector<std::int64_t>> strides;
  for (const Shape& s : operands) {
    std::vector<std::int64_t> full(static_cast<std::size_t>(result.rank()), 0);
    const auto own = row_major_strides(s);
    for (int i = 1; i <= s.rank(); ++i)
      if (s[-i] != 1) full[full.size() - static_cast<std::size_t>(i)] = own[own.size() - static_cast<std::size_t>(i)];
    strides.push_back(std::move(full));
  }
  for (int axis = 0; axis < result.rank(); ++axis) {
    const std::int64_t size = result[axis];
    const auto a = static_cast<std::size_t>(axis);
    if (size == 1) continue;
    bool joins = e.rank > 0;
    for (std::size_t k = 0; k < strides.size() && joins; ++k)
      joins = e.stride[k][static_cast<std::size_t>(e.rank - 1)] == strides[k][a] * size;
    if (!joins) {
      if (e.rank == Elements::kMaxRank)
        fail<ShapeError>("pointwise", "the operands broadcast along more than ", Elements::kMaxRank,
                         " separate axes of ", result);
      ++e.rank;
      e.size[static_cast<std::size_t>(e.rank - 1)] = 1;
    }
    const auto at = static_cast<std::size_t>(e.rank - 1);
    e.size[at] *= size;
    for (std::size_t k = 0; k < strides.size(); ++k) e.stride[k][at] = strides[k][a];
  }
  return e;
}

Lowered lower_single(const exec::KernelRequest& request) {
  std::vector<DType> dtypes{request.outputs[0].dtype};
  const bool draws = is_draw(request.op);
  if (!draws)
    for (const TensorSpec& s : request.inputs) dtypes.push_back(s.dtype);
  const std::string& op = request.op.name();
  Assembler assembler(op, compute_of(dtypes), false);
  Lowered out;
  std::vector<Shape> shapes;
  std::vector<unsigned char> arguments;
  if (!draws)
    for (std::size_t i = 0; i < request.inputs.size(); ++i) {
      arguments.push_back(assembler.add_input(request.inputs[i].dtype));
      out.operand.push_back(i);
      shapes.push_back(request.inputs[i].shape);
    }
  assembler.close_inputs();
  const DType result = request.outputs[0].dtype;
  unsigned char reg = 0;
  if (draws) {
    out.state.push_back(0);
    reg = assembler.draw(op == "uniform", 0, request.attributes.integer("ordinal"), result);
  } else if (const auto fn = fn_of(request.op)) {
    reg = assembler.function(*fn, arguments, result);
  } else {  // cast: the store converts
    reg = arguments[0];
  }
  assembler.output(reg, result);
  out.program = assembler.program();
  out.elements = merge_axes(request.outputs[0].shape, shapes);
  return out;
}

Lowered lower_region(const exec::KernelRequest& request) {
  const ir::Graph& body = *request.body;
  std::vector<DType> dtypes;
  std::map<ir::Value, std::size_t> states;  // body inputs that are generator states
  for (const ir::Node& node : body.nodes)
    if (is_draw(node.op)) states.emplace(node.inputs[0], 0);
  for (const ir::Node& node : body.nodes)
    for (const TensorSpec& s : node.outputs)
      if (!states.contains({static_cast<std::int32_t>(&node - body.nodes.data()), 0})) dtypes.push_back(s.dtype);
  Assembler assembler(request.op.name(), compute_of(dtypes), true);
  Lowered out;
  std::map<ir::Value, unsigned char> reg;
  std::vector<Shape> shapes;
  for (std::size_t i = 0; i < body.inputs.size(); ++i) {
    const ir::Value value = body.inputs[i].value;
    if (const auto state = states.find(value); state != states.end()) {
      state->second = out.state.size();
      out.state.push_back(i);
      continue;
    }
    reg[value] = assembler.add_input(body.spec(value).dtype);
    out.operand.push_back(i);
    shapes.push_back(request.inputs[i].shape);
  }
  assembler.close_inputs();
  for (std::size_t n = 0; n < body.nodes.size(); ++n) {
    const ir::Node& node = body.nodes[n];
    const ir::Value value{static_cast<std::int32_t>(n), 0};
    const DType dtype = node.outputs[0].dtype;
    if (node.op == ir::input_op()) continue;
    std::vector<unsigned char> arguments;
    if (!is_draw(node.op))
      for (const ir::Value v : node.inputs) arguments.push_back(reg.at(v));
    if (is_draw(node.op)) {
      reg[value] = assembler.draw(node.op.name() == "uniform", states.at(node.inputs[0]),
                                  node.attributes.integer("ordinal"), dtype);
    } else if (const auto fn = fn_of(node.op)) {
      reg[value] = assembler.function(*fn, arguments, dtype);
    } else if (node.op.name() == "cast") {
      reg[value] = assembler.convert(arguments[0], dtype);
    } else if (node.op.name() == "full" && node.outputs[0].shape.numel() == 1) {
      reg[value] = assembler.constant(node.attributes.real("value"));
    } else {
      fail<ValueError>(request.op.name(), "a region cannot hold ", node.op.name());
    }
  }
  for (std::size_t o = 0; o < body.outputs.size(); ++o)
    assembler.output(reg.at(body.outputs[o].value), request.outputs[o].dtype);
  out.program = assembler.program();
  out.elements = merge_axes(request.outputs[0].shape, shapes);
  return out;
>>>>>>> main
}

}  // namespace

Lowered lower(const exec::KernelRequest& request) {
<<<<<<< HEAD
  if (request.body) return Lowering(request, *request.body)();
  const ir::Graph body = body_of(request);
  Lowered lowered = Lowering(request, body)();
  if (all_f32(request.inputs) && all_f32(request.outputs)) lowered.plain = fn_of(request.op.name());
  return lowered;
=======
  return request.body ? lower_region(request) : lower_single(request);
>>>>>>> main
}

}  // namespace weft::kernels
