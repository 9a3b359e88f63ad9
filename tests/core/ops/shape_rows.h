// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/ops/op.h"

// Rows of the tests of shape rules: a call, and the specs or the message that come of it.
namespace weft::testing {
using namespace ops;

using ir::Ints;
using enum DType;

struct Row {
  std::string op;
  std::vector<TensorSpec> inputs;
  Attributes attributes;
  std::string result;  // the outputs' specs, or the message
};

inline std::string outcome(const Row& row) {
  try {
    std::string text;
    for (const TensorSpec& spec : find_op(OpId::of(row.op)).infer(row.inputs, row.attributes))
      text += (text.empty() ? "" : " ") + spec.text();
    return text;
  } catch (const Error& e) {
    return e.what();
  }
}

inline TensorSpec f32(Shape shape) { return {std::move(shape), kF32}; }
inline TensorSpec bf16(Shape shape) { return {std::move(shape), kBF16}; }
inline TensorSpec i64(Shape shape) { return {std::move(shape), kI64}; }
inline TensorSpec u8(Shape shape) { return {std::move(shape), kU8}; }
inline TensorSpec boolean(Shape shape) { return {std::move(shape), kBool}; }
inline std::int64_t n(std::int64_t v) { return v; }
inline Ints ints(std::initializer_list<std::int64_t> v) { return v; }

inline void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) EXPECT_EQ(outcome(row), row.result) << row.op;
}

inline Attributes with(Attributes attributes, const char* name, ir::Attribute value) {
  attributes.set(name, std::move(value));
  return attributes;
}

// Good calls of ops of images.
std::vector<Row> image_rows();

}  // namespace weft::testing
