// SPDX-License-Identifier: Apache-2.0
// Dropout, alone and behind bias and GELU, forward and backward.
#include "bench/case.h"

namespace weft::bench {
namespace {

constexpr double kRate = 0.1;

Case make(bool bias_gelu, const Setup& setup) {
  const std::int64_t rows = setup.tiny ? 7 : 65536, width = setup.tiny ? 13 : 4096;
  const Shape shape{rows, width};
  Case made{.about = About("dropout").add("rows", rows).add("width", width).add("bias_gelu", bias_gelu ? 1 : 0).text()};
  const double one = static_cast<double>(TensorSpec{shape, DType::kBF16}.bytes());
  // Forward reads x and writes y, backward reads dy, and x where GELU needs it, and writes dx; the mask is drawn twice.
  made.bytes = (bias_gelu ? 5 : 4) * one;
  made.footprint = 4 * one;
  const auto program = std::make_shared<Compiled<std::vector<Tensor>(Tensor, Tensor, Tensor)>>(
      compile([bias_gelu](Tensor x, Tensor gy, Tensor bias) {
        const Tensor y = dropout(bias_gelu ? gelu_tanh(x + bias) : x, kRate);
        const std::vector<Tensor> of = bias_gelu ? std::vector<Tensor>{x, bias} : std::vector<Tensor>{x};
        std::vector<Tensor> out = gradients(sum((y * gy).to(DType::kF32)), of);
        out.insert(out.begin(), y);
        return out;
      }));
  Stateless stateless{.batches = {},
                      .inputs = {"x", "gy", "bias"},
                      .outputs = {"y", "dx", "dbias"},
                      .run = [program](const std::vector<Tensor>& in) { return (*program)(in[0], in[1], in[2]); }};
  const Tensor bias = noise({width}, DType::kBF16);
  for (std::size_t i = 0; i < rotation(static_cast<std::int64_t>(2 * one)); ++i)
    stateless.batches.push_back({noise(shape, DType::kBF16), noise(shape, DType::kBF16), bias});
  stateless.explain = [program] { return program->explain(); };
  finish(made, std::move(stateless));
  return made;
}

}  // namespace

std::vector<Row> dropout_rows() {
  return {{"dropout-bf16-268m", [](const Setup& setup) { return make(false, setup); }},
          {"bias-gelu-dropout-bf16-268m", [](const Setup& setup) { return make(true, setup); }}};
}

}  // namespace weft::bench
