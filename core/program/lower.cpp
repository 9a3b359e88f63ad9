// SPDX-License-Identifier: Apache-2.0
#include "core/program/lower.h"

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/base/check.h"
#include "core/program/collapse.h"
#include "core/program/ending.h"
#include "core/program/registers.h"
#include "core/scalar/functions.h"

namespace weft::elementwise {
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

// A value of the body: its registers by type, made when they are first asked for.
struct Held {
  std::array<int, 3> in{-1, -1, -1};
  Type natural = Type::kF32;  // the type that it is computed in
  Storage fit{};              // the storage type that `raw` is to be rounded to
  int raw = -1;               // the register before rounding; -1: an input of the body
};

// The last instruction of an output: it stores or reduces a value of the full shape.
struct Ending {
  ir::Value of;
  std::optional<Fn> join;  // set if the output is a reduction
  bool trailing = true;    // over the trailing axes, else over the leading ones
};

class Lowering {
 public:
  Lowering(const Body& body, std::span<const int> outputs, std::int64_t columns)
      : body_(body), graph_(body.graph), outputs_(outputs), columns_(columns) {}

  std::variant<Lowered, Refusal> operator()() {
    refuse(refuse_beyond("outputs", body_.outputs.size(), Program::kMaxOutputs));
    find_endings();
    if (refusal_) return *refusal_;
    for (const ir::Value v : body_.inputs) {
      input_index_[v] = static_cast<int>(accesses_.size());
      accesses_.emplace_back();  // not read yet: a scalar
      held_[v].natural = type_of(storage_of(graph_.spec(v)));
    }
    for (const std::int32_t n : needed_nodes())
      if (!refusal_) lower_node(n);
    for (const int output : outputs_) end(output);
    refuse(refuse_beyond("operands and draws", accesses_.size(), Program::kMaxAccesses));
    if (refusal_) return *refusal_;
    append_ends();
    return finished();
  }

 private:
  // The first refusal stays.
  void refuse(std::optional<Refusal> refusal) {
    if (!refusal_) refusal_ = std::move(refusal);
  }
  void refuse_value(std::string text) { refuse(Refusal{Refusal::Kind::kValue, std::move(text)}); }
  void refuse_shape(std::string text) { refuse(Refusal{Refusal::Kind::kShape, std::move(text)}); }

  std::variant<Lowered, Refusal> finished() const {
    Lowered lowered;
    std::variant<Program, Refusal> program = assign_registers(prologue_, code_, constants_);
    if (auto* refusal = std::get_if<Refusal>(&program)) return std::move(*refusal);
    lowered.program = std::get<Program>(program);
    lowered.program.inputs = static_cast<short>(body_.inputs.size());
    lowered.program.outputs = static_cast<short>(body_.outputs.size());
    std::variant<Geometry, Refusal> geometry = collapse(shape_, accesses_);
    if (auto* refusal = std::get_if<Refusal>(&geometry)) return std::move(*refusal);
    lowered.geometry = std::get<Geometry>(geometry);
    for (std::size_t i = 0; i < body_.outputs.size(); ++i)
      lowered.geometry.kept[i] = graph_.spec(body_.outputs[i]).shape.numel();
    return lowered;
  }

  const Ending& ending(int output) const { return endings_[static_cast<std::size_t>(output)]; }

  void find_endings() {
    for (const ir::Value v : body_.outputs) {
      const ir::Node& node = graph_.node(v);
      const std::optional<Fn> join = is_input(v) ? std::nullopt : join_of(node);
      endings_.push_back({join ? node.inputs[0] : v, join});
      if (!join) continue;
      const Shape& shape = graph_.spec(node.inputs[0]).shape;
      const std::optional<End> at = end_of(shape, node.attributes.ints("axes"));
      endings_.back().trailing = at == End::kTrailing;
      if (!at)
        refuse_shape(cat("output ", endings_.size() - 1, " is the ", node.op.name(), " of ", shape,
                         " over axes between others; only leading or trailing axes can be reduced"));
    }
    if (!endings_.empty()) shape_ = graph_.spec(ending(0).of).shape;
  }
  bool is_input(ir::Value v) const {
    return std::find(body_.inputs.begin(), body_.inputs.end(), v) != body_.inputs.end();
  }

  // The nodes that the outputs depend on, in the graph's order. Constants are left out: their first reader makes them,
  // so that their place in the graph makes no difference.
  std::vector<std::int32_t> needed_nodes() const {
    std::vector<std::int32_t> needed, open;
    const auto visit = [&](ir::Value v) {
      if (!input_index_.contains(v) && !is_constant(v)) open.push_back(v.node);
    };
    for (const int output : outputs_) visit(ending(output).of);
    std::unordered_set<std::int32_t> seen;
    while (!open.empty()) {
      const std::int32_t n = open.back();
      open.pop_back();
      if (!seen.insert(n).second) continue;
      needed.push_back(n);
      const std::vector<ir::Value>& inputs = graph_.nodes[static_cast<std::size_t>(n)].inputs;
      std::for_each(inputs.begin(), inputs.end(), visit);
    }
    std::sort(needed.begin(), needed.end());
    return needed;
  }
  bool is_constant(ir::Value v) const { return graph_.node(v).op.name() == "full"; }

  // Appends an instruction, to the prologue if the result is the same for all elements.
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

  // True if the operand depends on the column alone: (c) of (n, c).
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
    accesses_[static_cast<std::size_t>(input)] = graph_.spec(v).shape;
    return emit({.kind = Kind::kLoad, .type = type, .storage = storage_of(graph_.spec(v)), .a = input},
                graph_.spec(v).shape.numel() == 1 || is_row(graph_.spec(v).shape));
  }

  // The register that holds v as a number of this type.
  int reg(ir::Value v, Type type) {
    Held& held = held_.at(v);
    int& wanted = held.in[static_cast<std::size_t>(type)];
    if (wanted >= 0) return wanted;
    const Storage storage = storage_of(graph_.spec(v));
    if (input_index_.contains(v) && (type == held.natural || storage == Storage::kBool)) return wanted = load(v, type);
    if (type != held.natural) return wanted = convert(reg(v, held.natural), held.natural, whole(type));
    return wanted = convert(held.raw, type, held.fit);
  }

  // Notes that register `raw` holds v: as v's dtype does if `fits`, else still to be rounded to that dtype.
  void put(ir::Value v, int raw, Type type, bool fits) {
    const Storage storage = storage_of(graph_.spec(v));
    Held held{.natural = type, .fit = storage, .raw = raw};
    if (fits || storage == whole(type)) held.in[static_cast<std::size_t>(type)] = raw;
    held_[v] = held;
  }

  void lower_node(std::int32_t n) {
    const ir::Node& node = graph_.nodes[static_cast<std::size_t>(n)];
    const ir::Value v{n, 0};
    const std::string& op = node.op.name();
    for (const ir::Value x : node.inputs) make_constant(x);
    if (const std::optional<Fn> fn = fn_of(op)) {
      lower_fn(*fn, node, v);
    } else if (op == "cast") {
      lower_cast(node.inputs[0], v);
    } else if (op == "uniform" || op == "normal") {
      lower_draw(op == "uniform" ? Kind::kUniform : Kind::kNormal, node, v);
    } else {
      refuse_value(cat("op ", op, " is not elementwise"));
    }
  }

  void lower_fn(Fn fn, const ir::Node& node, ir::Value v) {
    // Bools fit registers of every type; f32 is the narrowest, and the one that compiled loops take.
    const Type type =
        is_logical(fn) ? Type::kF32 : type_of(storage_of(graph_.spec(node.inputs[fn == Fn::kWhere ? 1 : 0])));
    std::array<int, 3> x{};
    for (std::size_t i = 0; i < node.inputs.size(); ++i) x[i] = reg(node.inputs[i], type);
    const bool everywhere =
        std::all_of(x.begin(), x.begin() + arity(fn), [this](int argument) { return same(argument); });
    const int result = emit({.kind = Kind::kFn, .type = type, .fn = fn, .a = x[0], .b = x[1], .c = x[2]}, everywhere);
    put(v, result, type, gives_bool(fn));
  }

  void lower_cast(ir::Value x, ir::Value v) {
    const Storage to = storage_of(graph_.spec(v));
    const Type from = type_of(storage_of(graph_.spec(x))), type = type_of(to);
    const int source = reg(x, from);
    if (to == Storage::kBool || (type == Type::kI64 && from != Type::kI64)) {
      put(v, convert(source, from, to), type, true);
    } else {
      put(v, from == type ? source : convert(source, from, whole(type)), type, false);
    }
  }

  void lower_draw(Kind kind, const ir::Node& node, ir::Value v) {
    const auto state = input_index_.find(node.inputs[0]);
    if (state == input_index_.end()) return refuse_value("the state of a draw must be an input of the body");
    accesses_.push_back(graph_.spec(v).shape);
    const Storage storage = storage_of(graph_.spec(v));
    const int access = static_cast<int>(accesses_.size()) - 1;
    const int ordinal = constant(static_cast<unsigned long long>(node.attributes.integer("ordinal")));
    put(v,
        emit(
            {.kind = kind, .type = type_of(storage), .storage = storage, .a = state->second, .b = access, .c = ordinal},
            false),
        type_of(storage), true);
  }

  void make_constant(ir::Value v) {
    if (!held_.contains(v) && is_constant(v)) lower_full(graph_.node(v), v);
  }
  void lower_full(const ir::Node& node, ir::Value v) {
    const Storage storage = storage_of(graph_.spec(v));
    const bool is_bool = storage == Storage::kBool, exact = node.attributes.has("integer");
    const Type type = is_bool ? Type::kF32 : type_of(storage);  // as logic has it
    const double real = node.attributes.has("value") ? node.attributes.real("value") : 0;
    const long long integer = exact ? node.attributes.integer("integer") : 0;
    const double number = is_bool ? static_cast<double>(exact ? integer != 0 : real != 0) : real;
    unsigned long long bits = 0;
    if (type == Type::kF32) bits = std::bit_cast<unsigned>(static_cast<float>(number));
    if (type == Type::kF64) bits = std::bit_cast<unsigned long long>(number);
    if (type == Type::kI64) bits = static_cast<unsigned long long>(exact ? integer : static_cast<long long>(real));
    put(v, emit({.kind = Kind::kConstant, .type = type, .a = constant(bits)}, true), type, is_bool);
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
    if (const Shape& shape = graph_.spec(v).shape; shape != shape_)
      refuse_shape(cat(join ? "what is reduced to output " : "output ", output, " is ", shape,
                       join || ending(0).join ? ", other values are " : ", output 0 is ", shape_,
                       "; they must be the same"));
    if (refusal_) return;
    make_constant(v);
    Held& held = held_.at(v);
    const Storage storage = storage_of(graph_.spec(body_.outputs[static_cast<std::size_t>(output)]));
    VirtualInstr last{.kind = Kind::kStore, .type = held.natural, .storage = storage, .b = output};
    if (join) {
      last.kind = Kind::kReduce;
      last.fn = *join;
      last.type = type_of(storage_of(graph_.spec(v)));
      last.a = reg(v, last.type);
      last.c = trailing ? 1 : 0;
      reductions_.push_back(last);
    } else {
      last.a = held.raw >= 0 ? held.raw : reg(v, held.natural);  // the store rounds
      stores_.push_back(last);
    }
  }

  // Reductions come before stores, because the first output may lie over an input. Among several stores, one that gives
  // an input unchanged copies it first.
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

  const Body& body_;
  const ir::Graph& graph_;
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
  std::optional<Refusal> refusal_;
};

}  // namespace

Body whole_body(const ir::Graph& body) {
  Body whole{body, {}, {}};
  for (const ir::Input& input : body.inputs) whole.inputs.push_back(input.value);
  for (const ir::Output& output : body.outputs) whole.outputs.push_back(output.value);
  return whole;
}

std::variant<Lowered, Refusal> lower(const Body& body) {
  std::vector<int> all(body.outputs.size());
  std::iota(all.begin(), all.end(), 0);
  return lower(body, all);
}

std::variant<Lowered, Refusal> lower(const Body& body, std::span<const int> outputs, std::int64_t columns) {
  return Lowering(body, outputs, columns)();
}

bool admissible(const Body& body) { return std::holds_alternative<Lowered>(lower(body)); }

std::vector<Reduction> reductions_of(const Program& program) {
  std::vector<Reduction> all;
  for (int i = 0; i < program.count; ++i) {
    const Instr& in = program.code[i];
    if (in.kind == Kind::kReduce) all.push_back({in.b, in.fn, in.c != 0, in.type, in.storage});
  }
  return all;
}

bool reduces_to_columns(const Lowered& lowered, std::int64_t columns) {
  const std::vector<Reduction> all = reductions_of(lowered.program);
  return std::all_of(all.begin(), all.end(),
                     [&](const Reduction& r) { return !r.trailing && lowered.geometry.kept[r.output] == columns; });
}

}  // namespace weft::elementwise
