// SPDX-License-Identifier: Apache-2.0
#include "kernels/matmul/cuda_match.h"

#include <algorithm>
#include <string>

#include "kernels/common/in_turn.h"

namespace weft::kernels {
namespace {

enum class Activation { kNone, kRelu, kGelu };

class Matcher {
 public:
  // For what the body gives as its output `main`.
  Matcher(const ir::Graph& body, DType operands, std::size_t main)
      : body_(body),
        product_(body.inputs.at(0).value),
        operands_(operands),
        main_(main),
        result_(body.spec(body.outputs[main].value).dtype) {}

  std::optional<MatchedEpilogue> operator()() const {
    if (!suits()) return std::nullopt;
    const ir::Value last = unrounded(body_.outputs[main_].value);
    const std::string& op = body_.node(last).op.name();
    const Activation activation = op == "relu"        ? Activation::kRelu
                                  : op == "gelu_tanh" ? Activation::kGelu
                                                      : Activation::kNone;
    const ir::Value argument = activation == Activation::kNone ? last : unrounded(body_.node(last).inputs[0]);
    // The library's tanh is off by up to 2^-17 (seen on Hopper): too much for f32, little for 16 bits.
    if (activation == Activation::kGelu && result_ == DType::kF32) return std::nullopt;
    MatchedEpilogue match;
    match.output = main_;
    match.result = result_;
    if (body_.outputs.size() == 2) {
      match.aux = 1 - main_;
      if (activation != Activation::kGelu || !keeps(*match.aux, argument)) return std::nullopt;
    }
    bool bias = false;
    if (argument != product_) {
      match.operand = sum_with_product(argument);
      if (!match.operand) return std::nullopt;
      const Shape& added = body_.spec(body_.inputs[*match.operand].value).shape;
      bias = is_row(added);
      if (!bias && (activation != Activation::kNone || added != shape())) return std::nullopt;
    } else if (activation == Activation::kNone) {
      return std::nullopt;
    }
    match.epilogue = epilogue(activation, bias, match.aux.has_value());
    return match;
  }

 private:
  const Shape& shape() const { return body_.spec(product_).shape; }

  // All outputs are one matrix of a type that the library gives for these operands.
  bool suits() const {
    const DType product = body_.spec(product_).dtype;
    const bool known = result_ == DType::kF32 || result_ == DType::kBF16 || result_ == DType::kF16;
    const bool direct = product == result_ && (operands_ == result_ || result_ == DType::kF32);
    const bool rounded = product == DType::kF32 && operands_ == result_;
    return known && (direct || rounded) && shape().rank() == 2 && body_.outputs.size() <= 2 &&
           std::all_of(body_.outputs.begin(), body_.outputs.end(), [&](const ir::Output& output) {
             return body_.spec(output.value) == TensorSpec{shape(), result_};
           });
  }

  // The value that `v` is a rounding of: v without casts between f32 and the result's type.
  ir::Value unrounded(ir::Value v) const {
    const auto either = [&](ir::Value x) {
      const DType dtype = body_.spec(x).dtype;
      return dtype == result_ || dtype == DType::kF32;
    };
    while (body_.node(v).op.name() == "cast" && either(v) && either(body_.node(v).inputs[0]))
      v = body_.node(v).inputs[0];
    return v;
  }

  // The library keeps the argument in rows of a multiple of 8 elements.
  bool keeps(std::size_t output, ir::Value argument) const {
    return unrounded(body_.outputs[output].value) == argument && shape()[1] % 8 == 0;
  }

  // The input that `v` is the product's sum with: of the result's type, or a row that can be rounded to it.
  std::optional<std::size_t> sum_with_product(ir::Value v) const {
    const ir::Node& node = body_.node(v);
    if (node.op.name() != "add") return std::nullopt;
    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
      if (unrounded(node.inputs[side]) != product_) continue;
      const ir::Value added = unrounded(node.inputs[1 - side]);
      const auto other = std::find_if(body_.inputs.begin() + 1, body_.inputs.end(),
                                      [&](const ir::Input& input) { return input.value == added; });
      const bool rounded =
          result_ != DType::kF32 && body_.spec(added).dtype == DType::kF32 && is_row(body_.spec(added).shape);
      if (other != body_.inputs.end() && (body_.spec(added).dtype == result_ || rounded))
        return static_cast<std::size_t>(other - body_.inputs.begin());
    }
    return std::nullopt;
  }

  // One number for each column; a matrix of one row is a row, too.
  bool is_row(const Shape& added) const { return added == Shape{shape()[1]} || added == Shape{1, shape()[1]}; }

  static GemmEpilogue epilogue(Activation activation, bool bias, bool aux) {
    switch (activation) {
      case Activation::kNone:
        return bias ? GemmEpilogue::kBias : GemmEpilogue::kAddend;
      case Activation::kRelu:
        return bias ? GemmEpilogue::kReluBias : GemmEpilogue::kRelu;
      case Activation::kGelu:
        if (aux) return bias ? GemmEpilogue::kGeluAuxBias : GemmEpilogue::kGeluAux;
        return bias ? GemmEpilogue::kGeluBias : GemmEpilogue::kGelu;
    }
    return GemmEpilogue::kNone;
  }

  const ir::Graph& body_;
  ir::Value product_;
  DType operands_;
  std::size_t main_;
  DType result_;
};

// The library's epilogue for a body of one node, which a pass has made for it: relu_bits.
std::optional<MatchedEpilogue> match_lone_node(const ir::Graph& body, const ir::Node& node, DType operands) {
  const bool bits = node.op.name() == "relu_bits", relu = node.op.name() == "relu_bits_grad";
  const DType product = body.spec(body.inputs[0].value).dtype, result = node.outputs[0].dtype;
  if (result == DType::kF64 || (operands != result && result != DType::kF32) || (!bits && product != result))
    return std::nullopt;
  MatchedEpilogue match;
  match.result = result;
  if (node.inputs.size() == 2) match.operand = 1;
  if (bits) {
    match.aux = 1;
    match.epilogue = match.operand ? GemmEpilogue::kReluAuxBias : GemmEpilogue::kReluAux;
  } else if (relu) {
    match.epilogue = GemmEpilogue::kDRelu;
  } else if (result == DType::kF32 || node.outputs[0].shape[1] % 8 != 0) {
    return std::nullopt;
  } else {
    match.epilogue = GemmEpilogue::kDGelu;
  }
  return match;
}

}  // namespace

std::optional<MatchedEpilogue> match_epilogue(const ir::Graph& body, DType operands) {
  if (const ir::Node* node = lone_node(body)) return match_lone_node(body, *node, operands);
  for (std::size_t main = 0; main < body.outputs.size(); ++main)
    if (const auto match = Matcher(body, operands, main)()) return match;
  return std::nullopt;
}

}  // namespace weft::kernels
