// SPDX-License-Identifier: Apache-2.0
// Softmax-cross-entropy, loss and gradient.
#include "bench/case.h"

namespace weft::bench {
namespace {

struct Logits {
  std::string name;
  std::int64_t rows, classes;
  DType dtype;
};

Case make(Logits logits, const Setup& setup) {
  if (setup.tiny) {
    logits.rows = 6;
    logits.classes = 37;
  }
  Case made{.about = About("xent")
                         .add("rows", logits.rows)
                         .add("classes", logits.classes)
                         .add("dtype", std::string(name_of(logits.dtype)))
                         .text()};
  const double one = static_cast<double>(TensorSpec{{logits.rows, logits.classes}, logits.dtype}.bytes());
  made.bytes = made.footprint = 2 * one;
  const auto program = std::make_shared<Compiled<std::vector<Tensor>(Tensor, Tensor)>>(compile([](Tensor x, Tensor y) {
    const Tensor loss = cross_entropy(x, y);
    return std::vector<Tensor>{loss, gradients(loss, x)};
  }));
  Stateless stateless{
      .batches = {}, .inputs = {"x", "y"}, .outputs = {"loss", "dx"}, .run = [program](const std::vector<Tensor>& in) {
        return (*program)(in[0], in[1]);
      }};
  for (std::size_t i = 0; i < rotation(static_cast<std::int64_t>(one)); ++i)
    stateless.batches.push_back(
        {noise({logits.rows, logits.classes}, logits.dtype), labels(logits.rows, logits.classes)});
  stateless.explain = [program] { return program->explain(); };
  finish(made, std::move(stateless));
  return made;
}

}  // namespace

std::vector<Row> cross_entropy_rows() {
  std::vector<Row> rows;
  for (const Logits& logits :
       {Logits{"xent-4096x1000", 4096, 1000, DType::kF32}, Logits{"xent-bf16-8192x50304", 8192, 50304, DType::kBF16},
        Logits{"xent-bf16-8192x131072", 8192, 131072, DType::kBF16},
        Logits{"xent-bf16-65536x10", 65536, 10, DType::kBF16}})
    rows.push_back({logits.name, [logits](const Setup& setup) { return make(logits, setup); }});
  return rows;
}

}  // namespace weft::bench
