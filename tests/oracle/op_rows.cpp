// SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/golden.h"
#include "weft/ops.h"

namespace weft::testing {

std::vector<GoldenRow> movement_rows() {
  return {
      {"reshape",
       [](const Tensors& x) -> Tensors {
         return {reshape(x[0], {4, -1})};
       }},
      {"permute",
       [](const Tensors& x) -> Tensors {
         return {permute(x[0], {2, 0, 1})};
       }},
      {"broadcast_to",
       [](const Tensors& x) -> Tensors {
         return {broadcast_to(x[0], {2, 3, 4})};
       }},
      {"concat", [](const Tensors& x) -> Tensors { return {concat(x, 1)}; }},
      {"stack", [](const Tensors& x) -> Tensors { return {stack(x, -1)}; }},
      {"split", [](const Tensors& x) -> Tensors { return split(x[0], 2, 1); }},
      {"slice", [](const Tensors& x) -> Tensors { return {x[0].slice(1, 1, 6, 2)}; }},
      {"slice_from_end", [](const Tensors& x) -> Tensors { return {x[0].slice(0, -3, -1)}; }},
      {"pad",
       [](const Tensors& x) -> Tensors {
         return {pad(x[0], {0, 2}, {3, 1})};
       }},
      {"pad_interior",
       [](const Tensors& x) -> Tensors {
         return {pad(x[0], {1, 0}, {0, 2}, {1, 2})};
       }},
      {"flip",
       [](const Tensors& x) -> Tensors {
         return {flip(x[0], {0, 2})};
       }},
      {"stop_gradient", [](const Tensors& x) -> Tensors { return {stop_gradient(x[0]) * x[0]}; }},
      {"shapes", [](const Tensors& x) -> Tensors { return {x[0].unsqueeze(1).transpose().flatten(1).column(2)}; }},
      {"take", [](const Tensors& x) -> Tensors { return {take(x[0], x[1], 1)}; }},
      {"take_rows", [](const Tensors& x) -> Tensors { return {take(x[0], x[1])}; }},
      {"index_add", [](const Tensors& x) -> Tensors { return {index_add(x[0], x[1], x[2], 1)}; }},
      {"gather", [](const Tensors& x) -> Tensors { return {gather(x[0], x[1], 1)}; }},
      {"scatter_add", [](const Tensors& x) -> Tensors { return {scatter_add(x[0], x[1], x[2], 0)}; }},
      {"one_hot", [](const Tensors& x) -> Tensors { return {one_hot(x[0], 4)}; }},
  };
}

std::vector<GoldenRow> reduction_rows() {
  std::vector<GoldenRow> rows = {
      {"max_ties", [](const Tensors& x) -> Tensors { return {max(x[0], {1})}; }},
      {"min_ties", [](const Tensors& x) -> Tensors { return {min(x[0], {1})}; }},
      {"prod", [](const Tensors& x) -> Tensors { return {prod(x[0], {1})}; }},
      {"prod_zeros", [](const Tensors& x) -> Tensors { return {prod(x[0], {1})}; }},
      {"variance",
       [](const Tensors& x) -> Tensors {
         return {variance(x[0], {0, 2})};
       }},
      {"variance_biased", [](const Tensors& x) -> Tensors { return {variance(x[0], {1}, true, 0)}; }},
      {"variance_offset", [](const Tensors& x) -> Tensors { return {variance(x[0], {1})}; }},
      {"logsumexp",
       [](const Tensors& x) -> Tensors {
         return {logsumexp(x[0], {0, 2})};
       }},
      {"cumsum", [](const Tensors& x) -> Tensors { return {cumsum(x[0], 1)}; }},
      {"cumsum_reverse", [](const Tensors& x) -> Tensors { return {cumsum(x[0], -1, true)}; }},
      {"sum_many", [](const Tensors& x) -> Tensors { return {sum(x[0], {1})}; }},
      {"variance_many", [](const Tensors& x) -> Tensors { return {variance(x[0], {1})}; }},
      {"argmax",
       [](const Tensors& x) -> Tensors {
         return {argmax(x[0], 1), argmin(x[0], 0, true)};
       }},
      {"extremes",
       [](const Tensors& x) -> Tensors {
         return {max(x[0], {1}), min(x[0], {1}), argmax(x[0], 1), argmin(x[0], 1)};
       }},
      {"truth",
       [](const Tensors& x) -> Tensors {
         return {any(x[0], {1}), all(x[0], {1}), any(x[0]), all(x[0])};
       }},
  };
  using Reduce = Tensor (*)(const Tensor&, std::vector<int>, bool);
  const std::pair<const char*, Reduce> common[] = {{"sum", sum}, {"mean", mean}, {"max", max}, {"min", min}};
  for (const auto& [name, reduce] : common) {
    const Reduce f = reduce;
    rows.push_back({name, [f](const Tensors& x) -> Tensors { return {f(x[0], {0, -1}, false)}; }});
    rows.push_back({std::string(name) + "_keep", [f](const Tensors& x) -> Tensors { return {f(x[0], {1}, true)}; }});
    rows.push_back({std::string(name) + "_all", [f](const Tensors& x) -> Tensors { return {f(x[0], {}, false)}; }});
  }
  return rows;
}

namespace {

Tensors list(std::pair<Tensor, Tensor> sorted) { return {sorted.first, sorted.second}; }

Tensors with_statistics(const Tensors& x) {
  const BatchNormResult r = batch_norm(x[0], x[1], x[2]);
  return {r.y, r.mean, r.variance};
}

}  // namespace

std::vector<GoldenRow> structured_rows() {
  return {
      {"matmul", [](const Tensors& x) -> Tensors { return {matmul(x[0], x[1])}; }},
      {"matmul_transposed", [](const Tensors& x) -> Tensors { return {matmul(x[0], x[1], true, true)}; }},
      {"matmul_transpose_b", [](const Tensors& x) -> Tensors { return {matmul(x[0], x[1], false, true)}; }},
      {"matmul_batch", [](const Tensors& x) -> Tensors { return {matmul(x[0], x[1])}; }},
      {"matmul_row", [](const Tensors& x) -> Tensors { return {matmul(x[0], x[1])}; }},
      {"matmul_column", [](const Tensors& x) -> Tensors { return {matmul(x[0], x[1])}; }},
      {"matmul_dot", [](const Tensors& x) -> Tensors { return {matmul(x[0], x[1])}; }},
      {"matmul_long", [](const Tensors& x) -> Tensors { return {matmul(x[0], x[1])}; }},
      {"softmax", [](const Tensors& x) -> Tensors { return {softmax(x[0])}; }},
      {"softmax_axis", [](const Tensors& x) -> Tensors { return {softmax(x[0], 1)}; }},
      {"log_softmax", [](const Tensors& x) -> Tensors { return {log_softmax(x[0])}; }},
      {"log_softmax_axis", [](const Tensors& x) -> Tensors { return {log_softmax(x[0], 0)}; }},
      {"sort", [](const Tensors& x) { return list(sort(x[0], 1)); }},
      {"sort_descending", [](const Tensors& x) { return list(sort(x[0], 0, true)); }},
      {"sort_repeated",
       [](const Tensors& x) -> Tensors {
         const auto [up, up_at] = sort(x[0]);
         const auto [down, down_at] = sort(x[0], -1, true);
         return {up, up_at, down, down_at};
       }},
      {"topk", [](const Tensors& x) { return list(topk(x[0], 3, 1)); }},
      {"topk_smallest", [](const Tensors& x) { return list(topk(x[0], 2, 0, false)); }},
      {"unique",
       [](const Tensors& x) -> Tensors {
         const Unique u = unique(x[0]);
         return {u.values, u.inverse, u.counts};
       },
       false},
      {"batch_norm", with_statistics},
      {"batch_norm_images", with_statistics},
      {"batch_norm_inference",
       [](const Tensors& x) -> Tensors { return {batch_norm_inference(x[0], x[1], x[2], x[3], x[4])}; }},
  };
}

}  // namespace weft::testing
