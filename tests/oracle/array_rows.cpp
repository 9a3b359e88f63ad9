// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <vector>

#include "tests/oracle/golden.h"
#include "weft/array.h"
#include "weft/statistics.h"

namespace weft::testing {

std::vector<GoldenRow> array_rows() {
  return {
      {"triangles",
       [](const Tensors& x) -> Tensors {
         return {tril(x[0], 1), triu(x[0], -1)};
       }},
      {"diagonals",
       [](const Tensors& x) -> Tensors {
         return {diag(x[0], 1), diag(x[0], -2), diag(x[1], -1)};
       }},
      {"roll", [](const Tensors& x) -> Tensors { return {roll(x[0], -2)}; }},
      {"repeat", [](const Tensors& x) -> Tensors { return {repeat(x[0], 3, 0)}; }},
      {"tile",
       [](const Tensors& x) -> Tensors {
         return {tile(x[0], {2, 1, 3})};
       }},
      {"outer", [](const Tensors& x) -> Tensors { return {outer(x[0], x[1])}; }},
      {"cross", [](const Tensors& x) -> Tensors { return {cross(x[0], x[1], 1)}; }},
      {"einsum", [](const Tensors& x) -> Tensors { return {einsum("bhqd,bhkd->bqhk", x)}; }},
      {"einsum_diagonal", [](const Tensors& x) -> Tensors { return {einsum("iji->ji", x)}; }},
      {"einsum_three", [](const Tensors& x) -> Tensors { return {einsum("ij,jk,kl", x)}; }},
      {"norms",
       [](const Tensors& x) -> Tensors {
         const double inf = std::numeric_limits<double>::infinity();
         return {norm(x[0], 2, {1}), norm(x[0], 3), norm(x[0], 1, {0}), norm(x[0], inf, {1})};
       }},
      {"standard_deviation", [](const Tensors& x) -> Tensors { return {standard_deviation(x[0], {1})}; }},
      {"quantile",
       [](const Tensors& x) -> Tensors {
         return {quantile(x[0], 0.3), quantile(x[0], 0.7, 0, true)};
       }},
      {"median", [](const Tensors& x) -> Tensors { return {median(x[0])}; }},
  };
}

}  // namespace weft::testing
