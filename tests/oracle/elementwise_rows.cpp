// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <iterator>
#include <set>
#include <sstream>

#include "tests/oracle/golden.h"
#include "weft/activation_functions.h"
#include "weft/elementwise.h"
#include "weft/ops.h"

namespace weft::testing {
namespace {

std::vector<GoldenRow> listed_functions() {
  return {
#define WEFT_ROW(Name, name) {#name, [](const Tensors& x) -> Tensors { return {name(x[0])}; }},
      WEFT_UNARY_FNS(WEFT_ROW)
#undef WEFT_ROW
#define WEFT_ROW(Name, name) {#name, [](const Tensors& x) -> Tensors { return {name(x[0], x[1])}; }},
          WEFT_BINARY_FNS(WEFT_ROW)
#undef WEFT_ROW
              {"where", [](const Tensors& x) -> Tensors { return {where(x[0], x[1], x[2])}; }},
      {"fma", [](const Tensors& x) -> Tensors { return {fma(x[0], x[1], x[2])}; }},
      {"clamp", [](const Tensors& x) -> Tensors { return {clamp(x[0], x[1], x[2])}; }},
  };
}

std::set<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

// The golden file must hold each function that PyTorch has, as far as weft had it when the file was made.
std::vector<GoldenRow> functions_to_check() {
  const auto metadata = open_golden("ops").metadata();
  const std::set<std::string> asked = words_of(metadata.at("functions"));
  const std::set<std::string> without_peer = words_of(metadata.at("without_peer"));
  std::vector<GoldenRow> rows;
  for (GoldenRow& row : listed_functions()) {
    if (without_peer.contains(row.name)) continue;
    if (asked.contains(row.name)) {
      rows.push_back(std::move(row));
    } else {
      std::cout << row.name << " is younger than the golden files: tests/oracle/make_golden.py holds it to PyTorch\n";
    }
  }
  return rows;
}

}  // namespace

std::vector<GoldenRow> elementwise_rows() {
  std::vector<GoldenRow> rows = functions_to_check();
  const std::vector<GoldenRow> more = {
      {"pow_scalar", [](const Tensors& x) -> Tensors { return {pow(x[0], 3)}; }},
      {"scalar_pow", [](const Tensors& x) -> Tensors { return {pow(2.0, x[0])}; }},
      {"clamp_scalar", [](const Tensors& x) -> Tensors { return {clamp(x[0], -1, 0.5)}; }},
      {"leaky_relu", [](const Tensors& x) -> Tensors { return {leaky_relu(x[0], 0.2)}; }},
      {"scalars", [](const Tensors& x) -> Tensors { return {2 - 3 / (1 + x[0]) * x[0] - 0.5}; }},
      {"not_a_number",
       [](const Tensors& x) -> Tensors {
         return {minimum(x[0], x[1]), maximum(x[0], x[1]), relu(x[0]), equal(x[0], x[1]), x[0] < x[1]};
       }},
  };
  rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

std::vector<GoldenRow> promotion_rows() {
  std::vector<GoldenRow> rows = {
      {"integers",
       [](const Tensors& x) -> Tensors {
         const Tensor& n = x[0];
         return {sum(n), prod(n), max(n), cumsum(n), mean(n), n * 0.5, -n, abs(n)};
       }},
      {"booleans",
       [](const Tensors& x) -> Tensors {
         return {sum(x[0]), mean(x[0]), x[0].to(DType::kI32), where(x[0], Tensor::scalar(1.5f), -2.0)};
       }},
      {"casts",
       [](const Tensors& x) -> Tensors {
         return {x[0].to(DType::kI64), x[0].to(DType::kBool), x[0].to(DType::kF16), x[0].to(DType::kBF16),
                 x[0].to(DType::kF64)};
       }},
  };
  const char* names[] = {"b", "u8", "i32", "i64", "bf16", "f16", "f32", "f64"};
  for (std::size_t a = 0; a < std::size(names); ++a)
    for (std::size_t b = a + 1; b < std::size(names); ++b)
      rows.push_back({std::string("promote_") + names[a] + "_" + names[b], [](const Tensors& x) -> Tensors {
                        return {x[0] * x[1], x[0] / x[1], x[0] < x[1], x[0] + 2};
                      }});
  return rows;
}

}  // namespace weft::testing
