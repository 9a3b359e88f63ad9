// SPDX-License-Identifier: Apache-2.0
#include "kernels/matmul/cuda_match.h"

#include <algorithm>
#include <string>

namespace weft::kernels {
namespace {

class Matcher {
 public:
  explicit Matcher(const ir::Graph& body) : body_(body), product_(body.inputs.at(0).value) {}

  std::optional<MatchedEpilogue> operator()() {
    const TensorSpec& spec = body_.spec(product_);
    const bool known = spec.dtype == DType::kF32 || spec.dtype == DType::kBF16 || spec.dtype == DType::kF16;
    if (!known || spec.shape.rank() != 2 || body_.outputs.size() != 1) return std::nullopt;
    const ir::Value out = body_.outputs[0].value;
    if (body_.spec(out) != spec) return std::nullopt;
    const std::string& op = body_.node(out).op.name();
    const bool relu = op == "relu", gelu = op == "gelu_tanh";
    const ir::Value inner = relu || gelu ? body_.node(out).inputs[0] : out;
    if (relu || gelu) {
      if (inner == product_) return MatchedEpilogue{relu ? GemmEpilogue::kRelu : GemmEpilogue::kGelu, {}};
    }
    const auto operand = sum_with_product(inner);
    if (!operand) return std::nullopt;
    const TensorSpec& added = body_.spec(body_.inputs[*operand].value);
    if (added.dtype != spec.dtype) return std::nullopt;
    if (is_row_of(added.shape, spec.shape)) {
      const GemmEpilogue epilogue = relu   ? GemmEpilogue::kReluBias
                                    : gelu ? GemmEpilogue::kGeluBias
                                           : GemmEpilogue::kBias;
      return MatchedEpilogue{epilogue, operand};
    }
    if (relu || gelu || added.shape != spec.shape) return std::nullopt;
    return MatchedEpilogue{GemmEpilogue::kAddend, operand};
  }

 private:
  // The input that `v` is the product's sum with.
  std::optional<std::size_t> sum_with_product(ir::Value v) const {
    const ir::Node& node = body_.node(v);
    if (node.op.name() != "add") return std::nullopt;
    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
      if (node.inputs[side] != product_) continue;
      const auto other = std::find_if(body_.inputs.begin() + 1, body_.inputs.end(),
                                      [&](const ir::Input& input) { return input.value == node.inputs[1 - side]; });
      if (other != body_.inputs.end()) return static_cast<std::size_t>(other - body_.inputs.begin());
    }
    return std::nullopt;
  }
  // One number for each column; a matrix of one row is a row, too.
  static bool is_row_of(const Shape& shape, const Shape& matrix) {
    return shape == Shape{matrix[1]} || shape == Shape{1, matrix[1]};
  }

  const ir::Graph& body_;
  ir::Value product_;
};

}  // namespace

std::optional<MatchedEpilogue> match_epilogue(const ir::Graph& body) { return Matcher(body)(); }

}  // namespace weft::kernels
