// SPDX-License-Identifier: Apache-2.0
#include "bench/case.h"

#include <algorithm>
#include <cmath>

namespace weft::bench {
std::vector<Row> rows() {
  std::vector<Row> all;
  for (const auto& family :
       {mlp_rows, chain_rows, cross_entropy_rows, norm_rows, adam_rows, dropout_rows, product_rows})
    for (Row& row : family()) all.push_back(std::move(row));
  return all;
}

Precision precision_of(const std::string& name) {
  if (name == "f32") return Precision::kF32;
  if (name == "tf32") return Precision::kTF32;
  if (name == "bf16") return Precision::kBF16;
  throw ValueError("no case has the precision " + name);
}

Tensor noise(const Shape& shape, DType dtype) {
  const double edge = std::sqrt(3.0);
  return uniform(shape, -edge, edge).to(dtype);
}

Tensor labels(std::int64_t count, std::int64_t classes) {
  return minimum(floor(uniform({count}, 0, classes)), classes - 1).to(DType::kI64);
}

std::size_t rotation(std::int64_t bytes_of_one) {
  constexpr std::int64_t kAllOfThem = 256 << 20;
  return static_cast<std::size_t>(std::clamp<std::int64_t>(kAllOfThem / std::max<std::int64_t>(bytes_of_one, 1), 2, 8));
}

About& About::add(const std::string& key, const std::vector<std::int64_t>& values) {
  std::string list;
  for (const std::int64_t value : values) list += (list.empty() ? "" : ",") + std::to_string(value);
  return add(key, list);
}

void finish(Case& made, Stateless stateless) {
  const auto shared = std::make_shared<Stateless>(std::move(stateless));
  made.step = [shared, next = std::size_t{0}]() mutable {
    shared->run(shared->batches[next]);
    next = (next + 1) % shared->batches.size();
  };
  made.explain = shared->explain;
  made.probe = [shared] {
    const std::vector<Tensor>& in = shared->batches.front();
    const std::vector<Tensor> out = shared->run(in);
    Named named;
    for (std::size_t i = 0; i < in.size(); ++i) named.emplace_back(shared->inputs[i], in[i]);
    for (std::size_t i = 0; i < out.size(); ++i) named.emplace_back(shared->outputs[i], out[i]);
    return named;
  };
}

}  // namespace weft::bench
