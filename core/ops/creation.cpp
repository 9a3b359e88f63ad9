// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "core/base/check.h"
#include "core/ops/families.h"
#include "core/ops/rows.h"
#include "core/ops/rules.h"

namespace weft::ops {
namespace {

struct Range {
  double low, high;
};

Range range_of(DType dtype) {
  if (dtype == DType::kBool) return {0, 1};
  if (dtype == DType::kU8) return {0, 255};
  if (dtype == DType::kI32) return {-2147483648.0, 2147483647.0};
  return {-9223372036854775808.0, 9223372036854774784.0};  // the largest double below 2^63
}

std::vector<TensorSpec> full_spec(Specs in, const Attributes& attributes) {
  expect_inputs("full", in, 0);
  const Shape shape = attributes.shape("shape");
  const DType dtype = attributes.dtype("dtype");
  expect_sizes("full", shape);
  if (!is_floating(dtype)) {
    const bool exact = attributes.has("integer");
    const double value = exact ? static_cast<double>(attributes.integer("integer")) : attributes.real("value");
    const Range range = range_of(dtype);
    // Any i64 fits an i64. The range check would refuse 2^63 - 1, because as a double it is 2^63.
    const bool fits =
        (exact && dtype == DType::kI64) || (value >= range.low && value <= range.high && std::floor(value) == value);
    if (!fits) fail<ValueError>("full", value, " is not a value of ", dtype);
  }
  return {{shape, dtype}};
}

std::vector<TensorSpec> iota_spec(Specs in, const Attributes& attributes) {
  expect_inputs("iota", in, 0);
  const std::int64_t length = attributes.integer("length");
  const DType dtype = attributes.dtype("dtype");
  if (length < 0) fail<ValueError>("iota", "length is ", length, "; it must not be negative");
  if (dtype == DType::kBool) fail<DTypeError>("iota", "dtype is bool; it must be a number's");
  return {{{length}, dtype}};
}

OpFacts source_facts(RowsRule rows) {
  OpFacts facts = opaque_facts();
  facts.kind = Kind::kSource;
  facts.rows = std::move(rows);
  return facts;
}

}  // namespace

std::vector<OpDef> creation_ops() {
  return {
      {.name = "full",
       .infer = full_spec,
       .facts = source_facts([](const Signature&, std::span<const Rows>) { return std::vector{Rows::kAlike}; }),
       .differentiable = false},
      {.name = "iota", .infer = iota_spec, .facts = source_facts(rows_mix()), .differentiable = false},
  };
}

}  // namespace weft::ops
