// SPDX-License-Identifier: Apache-2.0
#include "kernels/elementwise/lower/lower.h"

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/check.h"
#include "core/program/interpreter.h"
#include "kernels/elementwise/lower/collapse.h"
#include "kernels/elementwise/lower/ending.h"
#include "kernels/elementwise/lower/registers.h"

namespace weft::kernels {
namespace {

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

// Where a value of the body is: registers by type, filled in when first asked for.
struct Held {
  std::array<int, 3> in{-1, -1, -1};
  Type natural = Type::kF32;  // the type it comes about in
  Storage fit{};              // what it is to be rounded to before anybody computes with it ...
  int raw = -1;               // ... and the register before that; -1: done
};

class Lowering {
 public:
  Lowering(const exec::KernelRequest& request, const ir::Graph& body, std::span<const int> outputs,
           std::int64_t columns)
      : request_(request), body_(body), outputs_(outputs), columns_(columns) {
    expect_room("outputs", body.outputs.size(), Program::kMaxOutputs);
    for (int i = 0; i < static_cast<int>(body.outputs.size()); ++i) endings_.push_back(ending_of(request, body, i));
    shape_ = body.spec(endings_.at(0).of).shape;
    for (const ir::Input& input : body.inputs) {
      input_index_[input.value] = static_cast<int>(accesses_.size());
      accesses_.emplace_back();  // not read yet: a scalar
    }
  }

  Lowered operator()() {
    const std::vector<bool> needed = needed_nodes();
    for (std::size_t n = 0; n < body_.nodes.size(); ++n)
      if (needed[n]) lower_node(static_cast<std::int32_t>(n));
    for (const int output : outputs_) end(output);
    append_ends();
    expect_room("operands and draws", accesses_.size(), Program::kMaxAccesses);
    Lowered lowered;
    lowered.program = assign_registers(request_, prologue_, code_, constants_);
    lowered.program.inputs = static_cast<short>(body_.inputs.size());
    lowered.program.outputs = static_cast<short>(body_.outputs.size());
    lowered.geometry = collapse(request_, shape_, accesses_);
    for (std::size_t i = 0; i < body_.outputs.size(); ++i)
      lowered.geometry.kept[i] = body_.spec(body_.outputs[i].value).shape.numel();
    return lowered;
  }

 private:
  void expect_room(const char* what, std::size_t count, int room) const {
    if (count > static_cast<std::size_t>(room))
      throw ValueError(request_.op.name(), request_.path, cat("needs ", count, " ", what, "; at most ", room));
  }

  const Ending& ending(int output) const { return endings_[static_cast<std::size_t>(output)]; }

  std::vector<bool> needed_nodes() const {
    std::vector<bool> needed(body_.nodes.size(), false);
    const auto mark = [&](ir::Value v) { needed[static_cast<std::size_t>(v.node)] = true; };
    for (const int output : outputs_) mark(ending(output).of);
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

  // Whether an operand is one row of the columns, the same for all rows.
  bool is_row(const Shape& shape) const {
    std::int64_t n = 1;
    for (int k = 1; k <= shape_.rank(); ++k) {
      const std::int64_t own = k <= shape.rank() ? shape[-k] : 1;
      if (own != (n < columns_ ? shape_[-k] : 1)) return false;
      n *= n < columns_ ? shape_[-k] : 1;
    }
    return n == columns_;
  }

  int load(ir::Value v, Type type) {
    const int input = input_index_.at(v);
    accesses_[static_cast<std::size_t>(input)] = body_.spec(v).shape;
    return emit({.kind = Kind::kLoad, .type = type, .storage = storage_of(body_.spec(v)), .a = input},
                body_.spec(v).shape.numel() == 1 || is_row(body_.spec(v).shape));
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

  void end(int output) {
    const auto [v, join, trailing] = ending(output);
    if (const Shape& shape = body_.spec(v).shape; shape != shape_)
      throw ShapeError(
          request_.op.name(), request_.path,
          cat(join ? "what is reduced to output " : "output ", output, " is ", shape,
              join || ending(0).join ? ", other values are " : ", output 0 is ", shape_, "; they must be the same"));
    Held& held = held_.at(v);
    const Storage storage = storage_of(body_.spec(body_.outputs[static_cast<std::size_t>(output)].value));
    VirtualInstr last{.kind = Kind::kStore, .type = held.natural, .storage = storage, .b = output};
    if (join) {
      last.kind = Kind::kReduce;
      last.fn = *join;
      last.type = type_of(storage_of(body_.spec(v)));
      last.a = reg(v, last.type);
      last.c = trailing ? 1 : 0;
      reductions_.push_back(last);
    } else {
      last.a = held.raw >= 0 ? held.raw : reg(v, held.natural);  // what is stored is rounded by the store
      stores_.push_back(last);
    }
  }

  // All ends stand together. The first output may lie where an input does, so reductions come before stores, and among
  // several stores one that gives an input unchanged copies it first.
  void append_ends() {
    for (VirtualInstr& s : stores_)
      if (stores_.size() > 1 && is_load(s.a)) s.a = convert(s.a, s.type, whole(s.type));
    code_.insert(code_.end(), reductions_.begin(), reductions_.end());
    code_.insert(code_.end(), stores_.begin(), stores_.end());
  }
  bool is_load(int r) const {
    return std::any_of(code_.begin(), code_.end(),
                       [r](const VirtualInstr& in) { return in.kind == Kind::kLoad && in.dst == r; });
  }

  const exec::KernelRequest& request_;
  const ir::Graph& body_;
  std::span<const int> outputs_;  // the ones to compute
  std::int64_t columns_;
  std::vector<Ending> endings_;  // of all outputs
  Shape shape_;
  std::vector<Shape> accesses_;  // operands, then the tensors that draws fill
  std::map<ir::Value, int> input_index_;
  std::map<ir::Value, Held> held_;
  std::vector<VirtualInstr> prologue_, code_, reductions_, stores_;
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

// Whether function_program(fn) reads and writes what the node does.
bool is_plain(Fn fn, const exec::KernelRequest& request) {
  const Program plain = function_program(fn);
  for (std::size_t i = 0; i < request.inputs.size(); ++i)
    if (plain.code[i].storage != storage_of(request.inputs[i])) return false;
  return plain.code[plain.count - 1].storage == storage_of(request.outputs[0]);
}

}  // namespace

Lowered lower(const exec::KernelRequest& request) {
  std::vector<int> all(request.outputs.size());
  std::iota(all.begin(), all.end(), 0);
  return lower(request, all);
}

Lowered lower(const exec::KernelRequest& request, std::span<const int> outputs, std::int64_t columns) {
  if (request.body) return Lowering(request, *request.body, outputs, columns)();
  const ir::Graph body = body_of(request);
  Lowered lowered = Lowering(request, body, outputs, columns)();
  if (const auto fn = fn_of(request.op.name()); fn && is_plain(*fn, request)) lowered.plain = fn;
  return lowered;
}

}  // namespace weft::kernels
