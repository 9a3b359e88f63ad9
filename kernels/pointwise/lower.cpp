// SPDX-License-Identifier: Apache-2.0
#include "kernels/pointwise/lower.h"

#include <algorithm>
#include <map>
#include <optional>

#include "core/base/check.h"

namespace weft::kernels {
namespace {

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
}

}  // namespace

Lowered lower(const exec::KernelRequest& request) {
  return request.body ? lower_region(request) : lower_single(request);
}

}  // namespace weft::kernels
