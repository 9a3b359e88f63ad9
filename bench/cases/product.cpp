// SPDX-License-Identifier: Apache-2.0
// A matrix product alone, and with the bias and GELU that follow it in a network: the second should cost no more.
#include "bench/case.h"

namespace weft::bench {
namespace {

struct Product {
  std::string name;
  std::int64_t m, n, k;
  bool bias_gelu;
};

Case make(Product product, const Setup& setup) {
  if (setup.tiny) {
    product.m = 9;
    product.n = 21;
    product.k = 17;
  }
  const auto [name, m, n, k, bias_gelu] = product;
  Case made{.about = About("product").add("m", m).add("n", n).add("k", k).add("bias_gelu", bias_gelu ? 1 : 0).text()};
  const double rows = static_cast<double>(m), columns = static_cast<double>(n), depth = static_cast<double>(k);
  made.flops = 2 * rows * columns * depth;
  made.bytes = made.footprint = 2 * (rows * depth + columns * depth + rows * columns);
  const bool epilogue = bias_gelu;
  const auto program = std::make_shared<Compiled<Tensor(Tensor, Tensor, Tensor)>>(
      compile([epilogue](Tensor x, Tensor weight, Tensor bias) {
        const Tensor y = matmul(x, weight, false, true);
        return epilogue ? gelu_tanh(y + bias) : y;
      }));
  Stateless stateless{
      .batches = {},
      .inputs = {"x", "weight", "bias"},
      .outputs = {"y"},
      .run = [program](const std::vector<Tensor>& in) { return std::vector<Tensor>{(*program)(in[0], in[1], in[2])}; }};
  const Tensor weight = noise({n, k}, DType::kBF16), bias = noise({n}, DType::kBF16);
  for (std::size_t i = 0; i < rotation(2 * m * k); ++i)
    stateless.batches.push_back({noise({m, k}, DType::kBF16), weight, bias});
  stateless.explain = [program] { return program->explain(); };
  finish(made, std::move(stateless));
  return made;
}

}  // namespace

std::vector<Row> product_rows() {
  std::vector<Row> rows;
  for (const Product& product : {Product{"product-bf16-8192x4096x4096", 8192, 4096, 4096, false},
                                 Product{"product-bias-gelu-bf16-8192x4096x4096", 8192, 4096, 4096, true}})
    rows.push_back({product.name, [product](const Setup& setup) { return make(product, setup); }});
  return rows;
}

}  // namespace weft::bench
