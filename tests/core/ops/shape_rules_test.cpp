// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "tests/core/ops/shape_rows.h"
#include "weft/fn.h"

// One good row or more for every op, and every message that a bad call can get.
namespace weft::testing {
namespace {

const TensorSpec kState{{2}, kI64};
const Attributes kPlain{{"trans_a", false}, {"trans_b", false}}, kTransposed{{"trans_a", true}, {"trans_b", true}};

Attributes reduce(std::initializer_list<std::int64_t> axes, bool keep) {
  return {{"axes", Ints(axes)}, {"keep", keep}};
}
Attributes on(std::int64_t axis) { return {{"axis", axis}}; }
Attributes loss(double smoothing) { return {{"label_smoothing", smoothing}, {"ignore_index", n(-100)}}; }

const std::vector<Row>& good_rows() {
  static const std::vector<Row> rows{
      {"add", {f32({3, 1}), f32({4})}, {}, "f32(3, 4)"},
      {"multiply", {i64({0, 1}), i64({1, 2})}, {}, "i64(0, 2)"},
      {"less", {f32({2}), f32({})}, {}, "bool(2,)"},
      {"equal", {boolean({2}), boolean({2})}, {}, "bool(2,)"},
      {"where", {boolean({2, 1}), i64({3}), i64({})}, {}, "i64(2, 3)"},
      {"logical_and", {boolean({2}), boolean({})}, {}, "bool(2,)"},
      {"clamp", {bf16({2}), bf16({}), bf16({})}, {}, "bf16(2,)"},
      {"cast", {f32({2})}, {{"dtype", kBool}}, "bool(2,)"},
      {"uniform", {kState}, {{"shape", ints({2, 3})}, {"dtype", kF16}, {"ordinal", n(0)}}, "f16(2, 3)"},
      {"normal", {kState}, {{"shape", ints({})}, {"dtype", kF64}, {"ordinal", n(0)}}, "f64()"},
      {"full", {}, {{"shape", ints({2})}, {"dtype", kI32}, {"value", 7.0}}, "i32(2,)"},
      {"full", {}, {{"shape", ints({})}, {"dtype", kI64}, {"value", 0.0}, {"integer", n(INT64_MAX)}}, "i64()"},
      {"iota", {}, {{"length", n(5)}, {"dtype", kI64}}, "i64(5,)"},
      {"copy", {f32({2})}, {}, "f32(2,)"},
      {"stop_gradient", {f32({2})}, {}, "f32(2,)"},
      {"after", {bf16({2}), f32({3, 4})}, {}, "bf16(2,)"},
      {"reshape", {f32({2, 6})}, {{"shape", ints({3, 4})}}, "f32(3, 4)"},
      {"transpose", {f32({2, 3, 4})}, {{"perm", ints({2, 0, 1})}}, "f32(4, 2, 3)"},
      {"broadcast_to", {f32({2, 1})}, {{"shape", ints({5, 2, 3})}}, "f32(5, 2, 3)"},
      {"concat", {f32({2, 3}), f32({2, 0}), f32({2, 1})}, on(1), "f32(2, 4)"},
      {"pack", {f32({3}), f32({0}), f32({8}), f32({9})}, {{"slot", std::int64_t{8}}}, "f32(32,)"},
      {"slice", {f32({5, 7})}, {{"begin", ints({1, 0})}, {"end", ints({5, 7})}, {"step", ints({3, 2})}}, "f32(2, 4)"},
      {"pad", {f32({2, 0})}, {{"low", ints({1, 1})}, {"high", ints({0, 2})}, {"interior", ints({3, 3})}}, "f32(6, 3)"},
      {"flip", {f32({2, 3})}, {{"axes", ints({0, 1})}}, "f32(2, 3)"},
      {"roll", {f32({2, 3})}, {{"axis", n(1)}, {"shift", n(2)}}, "f32(2, 3)"},
      {"triangle", {f32({4, 2, 3})}, {{"k", n(-1)}, {"upper", true}}, "f32(4, 2, 3)"},
      {"take", {f32({2, 5, 3}), i64({4, 1})}, on(1), "f32(2, 4, 1, 3)"},
      {"index_add", {f32({5, 3}), i64({4}), f32({4, 3})}, on(0), "f32(5, 3)"},
      {"gather", {f32({5, 3}), {{2, 3}, kI32}}, on(0), "f32(2, 3)"},
      {"scatter_add", {f32({5, 3}), i64({7, 3}), f32({7, 3})}, on(0), "f32(5, 3)"},
      {"sum", {f32({2, 3, 4})}, reduce({0, 2}, false), "f32(3,)"},
      {"sum", {boolean({2, 3})}, reduce({1}, true), "i64(2, 1)"},
      {"prod", {{{2}, kU8}}, reduce({0}, false), "i64()"},
      {"prod_others", {f32({2, 1}), f32({2, 3}), f32({2, 3})}, on(1), "f32(2, 3)"},
      {"mean", {bf16({0, 3})}, reduce({0}, false), "bf16(3,)"},
      {"max", {boolean({2, 3})}, reduce({}, false), "bool(2, 3)"},
      {"min", {i64({2, 3})}, reduce({0, 1}, true), "i64(1, 1)"},
      {"argmax", {f32({2, 3})}, {{"axis", n(1)}, {"keep", true}}, "i64(2, 1)"},
      {"argmin", {f32({2, 3})}, {{"axis", n(0)}, {"keep", false}}, "i64(3,)"},
      {"variance", {f32({2, 3})}, {{"axes", ints({0})}, {"keep", false}, {"correction", n(1)}}, "f32(3,)"},
      {"logsumexp", {f32({2, 3})}, reduce({1}, false), "f32(2,)"},
      {"cumsum", {i64({2, 3})}, {{"axis", n(1)}, {"reverse", true}}, "i64(2, 3)"},
      {"matmul", {f32({5, 1, 2, 3}), f32({4, 3, 6})}, kPlain, "f32(5, 4, 2, 6)"},
      {"matmul", {f32({3, 2}), f32({6, 3})}, kTransposed, "f32(2, 6)"},
      {"matmul", {f32({2, 0}), f32({0, 6})}, kPlain, "f32(2, 6)"},
      {"matmul_sums",
       {bf16({8, 3}), bf16({8, 5})},
       {{"trans_a", true}, {"trans_b", false}, {"operand", n(0)}, {"dtype", kF32}},
       "f32(3, 5) f32(3,)"},
      {"matmul_sums",
       {f32({3, 8}), f32({5, 8})},
       {{"trans_a", false}, {"trans_b", true}, {"operand", n(1)}},
       "f32(3, 5) f32(5,)"},
      {"relu_bits", {f32({3, 129})}, {{"dtype", kBF16}}, "bf16(3, 129) u8(3, 32)"},
      {"relu_bits", {f32({3, 128}), f32({128})}, {{"dtype", kF32}}, "f32(3, 128) u8(3, 16)"},
      {"relu_bits_grad", {bf16({3, 4}), {{3, 16}, kU8}}, {}, "bf16(3, 4)"},
      {"gelu_tanh_grad", {f32({3, 4}), f32({3, 4})}, {}, "f32(3, 4)"},
      {"softmax", {f32({2, 3})}, on(0), "f32(2, 3)"},
      {"log_softmax", {f32({2, 3})}, on(1), "f32(2, 3)"},
      {"softmax_cross_entropy", {bf16({4, 3}), i64({4})}, loss(0.1), "f32(4,) bf16(4, 3) f32(4,)"},
      {"softmax_cross_entropy", {f32({4, 3}), f32({4, 3}), f32({3})}, loss(0), "f32(4,) f32(4, 3) f32(4,)"},
      {"softmax_cross_entropy_scaled", {bf16({4, 3}), i64({4}), f32({})}, loss(0), "f32(4,) bf16(4, 3) f32(4,)"},
      {"softmax_cross_entropy_scaled",
       {f32({4, 3}), f32({4, 3}), f32({4}), f32({3})},
       loss(0),
       "f32(4,) f32(4, 3) f32(4,)"},
      {"batch_norm", {bf16({4, 2, 3}), f32({3}), f32({3})}, {{"eps", 1e-5}}, "bf16(4, 2, 3) f32(3,) f32(3,) f32(3,)"},
      {"batch_norm_statistics", {bf16({4, 2, 3})}, {{"eps", 1e-5}}, "f32(3,) f32(3,) f32(3,) f32(3,)"},
      {"batch_norm_grad", {f32({4, 3}), f32({4, 3}), f32({3}), f32({3}), f32({3})}, {}, "f32(4, 3) f32(3,) f32(3,)"},
      {"batch_norm_inference", {f32({4, 3}), f32({3}), f32({3}), f32({3}), f32({3})}, {{"eps", 0.0}}, "f32(4, 3)"},
      {"log_gamma_draw",
       {kState},
       {{"shape", ints({2, 3})}, {"dtype", DType::kF32}, {"k", 0.5}, {"ordinal", n(0)}},
       "f32(2, 3)"},
      {"dropout", {bf16({4}), kState}, {{"rate", 0.5}, {"ordinal", n(1)}}, "bf16(4,)"},
      {"sort", {f32({2, 3})}, {{"axis", n(1)}, {"descending", true}}, "f32(2, 3) i64(2, 3)"},
      {"topk", {f32({2, 3})}, {{"first", n(1)}, {"k", n(2)}, {"axis", n(1)}, {"largest", true}}, "f32(2, 2) i64(2, 2)"},
      {"unique", {{{7}, kI32}}, {}, "i32(7,) i64(7,) i64(7,) i64()"},
  };
  return rows;
}

TEST(ShapeRules, OfGoodCalls) {
  check(good_rows());
  check(image_rows());
}

TEST(ShapeRules, EveryOpHasARow) {
  std::set<std::string> seen{"pointwise", "matmul_epilogue"};  // their rule is their body
  for (const auto& rows : {good_rows(), image_rows()})
    for (const Row& row : rows) seen.insert(row.op);
  for (int i = 0; i < kFnCount; ++i) seen.insert(name_of(static_cast<Fn>(i)));
  for (const std::string& op : builtin_ops()) EXPECT_TRUE(seen.contains(op)) << op;
}

TEST(ShapeRules, OfBadElementwiseCalls) {
  check({
      {"add",
       {f32({64, 100}), f32({128})},
       {},
       "[add] shapes (64, 100) and (128,) do not broadcast: axis -1 is 100 and 128; sizes must be equal or 1"},
      {"add", {f32({2})}, {}, "[add] takes 2 inputs, was given 1"},
      {"add", {f32({2}), bf16({2})}, {}, "[add] dtypes differ: f32(2,) and bf16(2,)"},
      {"exp", {i64({2})}, {}, "[exp] input is i64(2,); it must be f32, f64, bf16 or f16"},
      {"negative", {boolean({2})}, {}, "[negative] input is bool(2,); bool is not allowed"},
      {"less", {boolean({2}), boolean({2})}, {}, "[less] input is bool(2,); bool is not allowed"},
      {"logical_not", {f32({2})}, {}, "[logical_not] input is f32(2,); it must be bool"},
      {"where", {f32({2}), f32({2}), f32({2})}, {}, "[where] condition is f32(2,); it must be bool"},
      {"where", {boolean({2}), f32({2}), i64({2})}, {}, "[where] dtypes differ: f32(2,) and i64(2,)"},
  });
}

TEST(ShapeRules, OfBadCreationAndDraws) {
  check({
      {"full", {}, {{"shape", ints({-1})}, {"dtype", kF32}, {"value", 0.0}}, "[full] shape (-1,) has a negative size"},
      {"full", {}, {{"shape", ints({})}, {"dtype", kU8}, {"value", 256.0}}, "[full] 256 is not a value of u8"},
      {"full", {}, {{"shape", ints({})}, {"dtype", kI32}, {"value", 0.5}}, "[full] 0.5 is not a value of i32"},
      {"full",
       {},
       {{"shape", ints({})}, {"dtype", kI64}, {"value", 0x1p63}},
       "[full] 9.22337e+18 is not a value of i64"},
      {"full",
       {},
       {{"shape", ints({})}, {"dtype", kBool}, {"value", 0.0}, {"integer", n(2)}},
       "[full] 2 is not a value of bool"},
      {"iota", {}, {{"length", n(-2)}, {"dtype", kI64}}, "[iota] length is -2; it must not be negative"},
      {"iota", {}, {{"length", n(2)}, {"dtype", kBool}}, "[iota] dtype is bool; it must be a number's"},
      {"uniform",
       {i64({3})},
       {{"shape", ints({})}, {"dtype", kF32}},
       "[uniform] the generator's state is i64(3,); it must be i64(2,)"},
      {"normal",
       {kState},
       {{"shape", ints({})}, {"dtype", kI32}},
       "[normal] the result is i32(); it must be f32, f64, bf16 or f16"},
      {"log_gamma_draw",
       {kState},
       {{"shape", ints({2})}, {"dtype", DType::kBF16}, {"k", 0.5}, {"ordinal", n(0)}},
       "[log_gamma_draw] the result is bf16; it must be f32 or f64"},
      {"log_gamma_draw",
       {kState},
       {{"shape", ints({2})}, {"dtype", DType::kF64}, {"k", 0.0}, {"ordinal", n(0)}},
       "[log_gamma_draw] k is 0; it must be positive and finite"},
      {"dropout", {f32({2}), kState}, {{"rate", 1.0}}, "[dropout] rate is 1; it must lie in [0, 1)"},
  });
}

TEST(ShapeRules, OfBadMovement) {
  const auto slice = [](std::int64_t b, std::int64_t e, std::int64_t s) {
    return Attributes{{"begin", ints({b})}, {"end", ints({e})}, {"step", ints({s})}};
  };
  check({
      {"reshape", {f32({64, 100})}, {{"shape", ints({7, 7})}}, "[reshape] (64, 100) has 6400 elements, (7, 7) has 49"},
      {"transpose",
       {f32({2, 3})},
       {{"perm", ints({0})}},
       "[transpose] perm has 1 entries, (2, 3) has 2 axes; one per axis is needed"},
      {"transpose", {f32({2, 3})}, {{"perm", ints({1, 1})}}, "[transpose] perm names axis 1 twice"},
      {"transpose",
       {f32({2, 3})},
       {{"perm", ints({0, 2})}},
       "[transpose] axis 2 is outside (2, 3); it must lie in [0, 2)"},
      {"broadcast_to", {f32({2, 3})}, {{"shape", ints({1, 3})}}, "[broadcast_to] (2, 3) does not broadcast to (1, 3)"},
      {"concat", {}, on(0), "[concat] needs at least one input"},
      {"pack", {}, {{"slot", std::int64_t{8}}}, "[pack] needs at least one input"},
      {"pack", {f32({3})}, {{"slot", std::int64_t{0}}}, "[pack] slot is 0; it must be positive"},
      {"pack", {f32({3, 1})}, {{"slot", std::int64_t{8}}}, "[pack] an input is (3, 1); inputs have one axis"},
      {"concat", {f32({2, 3}), f32({3, 3})}, on(1), "[concat] (2, 3) and (3, 3) differ in an axis other than 1"},
      {"slice", {f32({5})}, slice(2, 6, 1), "[slice] [2, 6) of axis 0 is not within (5,)"},
      {"slice", {f32({5})}, slice(3, 2, 1), "[slice] [3, 2) of axis 0 is not within (5,)"},
      {"slice", {f32({5})}, slice(0, 5, 0), "[slice] step of axis 0 is 0; it must be positive"},
      {"pad",
       {f32({5})},
       {{"low", ints({-1})}, {"high", ints({0})}, {"interior", ints({0})}},
       "[pad] axis 0 is padded by -1, 0 and 0; none may be negative"},
      {"roll", {f32({2, 3})}, {{"axis", n(1)}, {"shift", n(3)}}, "[roll] shift is 3; axis 1 of (2, 3) allows 1 to 2"},
      {"triangle",
       {f32({3})},
       {{"k", n(0)}, {"upper", true}},
       "[triangle] input is (3,); it must be a matrix or have more axes"},
      {"flip", {f32({2, 3})}, {{"axes", ints({1, 0})}}, "[flip] axes must ascend without repetition"},
      {"take", {f32({2, 3}), f32({2})}, on(0), "[take] index is f32(2,); it must be i32 or i64"},
      {"index_add", {f32({5, 3}), i64({4}), f32({3, 3})}, on(0), "[index_add] updates is (3, 3); it must be (4, 3)"},
      {"gather",
       {f32({5, 3}), i64({2, 4})},
       on(0),
       "[gather] input is (5, 3), index is (2, 4); they may differ only in axis 0"},
      {"scatter_add",
       {f32({5, 3}), i64({2, 3}), f32({1, 3})},
       on(0),
       "[scatter_add] updates is (1, 3); it must be (2, 3)"},
  });
}

TEST(ShapeRules, OfBadReductions) {
  check({
      {"sum", {f32({2, 3})}, reduce({2}, false), "[sum] axis 2 is outside (2, 3); it must lie in [0, 2)"},
      {"sum", {f32({2, 3})}, reduce({1, 1}, false), "[sum] axes must ascend without repetition"},
      {"mean", {i64({2, 3})}, reduce({1}, false), "[mean] input is i64(2, 3); it must be f32, f64, bf16 or f16"},
      {"prod_others", {f32({2, 1})}, on(1), "[prod_others] 1 inputs given; it takes a factor, x and tangents"},
      {"prod_others", std::vector<TensorSpec>(19, f32({1, 1})), on(1),
       "[prod_others] 17 tangents given; it takes at most 16"},
      {"prod_others",
       {i64({2, 1}), i64({2, 3})},
       on(1),
       "[prod_others] x is i64(2, 3); it must be f32, f64, bf16 or f16"},
      {"prod_others",
       {f32({2, 1}), f32({2, 3})},
       on(2),
       "[prod_others] axis 2 is outside (2, 3); it must lie in [0, 2)"},
      {"prod_others", {f32({2}), f32({2, 3})}, on(1), "[prod_others] factor is (2,); it must be (2, 1)"},
      {"prod_others", {f32({2, 1}), f32({2, 3}), f32({3})}, on(1), "[prod_others] tangent is (3,); it must be (2, 3)"},
      {"prod_others", {bf16({2, 1}), f32({2, 3})}, on(1), "[prod_others] dtypes differ: f32(2, 3) and bf16(2, 1)"},
      {"max", {f32({2, 0})}, reduce({1}, false), "[max] input is (2, 0); no elements have no max"},
      {"argmin", {f32({0})}, {{"axis", n(0)}, {"keep", false}}, "[argmin] input is (0,); no elements have no argmin"},
      {"variance",
       {f32({2})},
       {{"axes", ints({0})}, {"keep", false}, {"correction", n(-1)}},
       "[variance] correction is -1; it must not be negative"},
      {"cumsum",
       {boolean({2})},
       {{"axis", n(0)}, {"reverse", false}},
       "[cumsum] input is bool(2,); bool is not allowed"},
      {"topk",
       {f32({2, 3})},
       {{"first", n(0)}, {"k", n(4)}, {"axis", n(1)}, {"largest", true}},
       "[topk] k is 4; axis 1 of (2, 3) allows 0 to 3"},
      {"topk",
       {f32({2, 3})},
       {{"first", n(2)}, {"k", n(2)}, {"axis", n(1)}, {"largest", true}},
       "[topk] ranks are 2 to 4; axis 1 of (2, 3) has 3"},
      {"unique", {f32({2, 3})}, {}, "[unique] input is (2, 3); it must have one axis"},
  });
}

TEST(ShapeRules, OfBadGradientEpilogues) {
  const Attributes to_f32{{"dtype", kF32}};
  const auto sums_of = [](std::int64_t operand) {
    return Attributes{{"trans_a", false}, {"trans_b", false}, {"operand", operand}};
  };
  check({
      {"matmul_sums", {f32({2, 3, 4}), f32({4, 5})}, sums_of(0), "[matmul_sums] lhs is (2, 3, 4); it must be a matrix"},
      {"matmul_sums", {f32({3, 4}), f32({4, 5})}, sums_of(2), "[matmul_sums] operand is 2; it must be 0 or 1"},
      {"relu_bits", {f32({3, 4}), f32({4}), f32({4})}, to_f32, "[relu_bits] takes 1 inputs, was given 3"},
      {"relu_bits", {bf16({3, 4})}, to_f32, "[relu_bits] input is bf16(3, 4); it must be f32"},
      {"relu_bits", {f32({4})}, to_f32, "[relu_bits] x is (4,); it must be a matrix"},
      {"relu_bits", {f32({3, 4}), f32({3})}, to_f32, "[relu_bits] bias is (3,); x is (3, 4), so it must be (4,)"},
      {"relu_bits", {f32({3, 4})}, {{"dtype", kF64}}, "[relu_bits] result is f64; it must be f32, bf16 or f16"},
      {"relu_bits_grad",
       {f32({3, 4}), {{3, 4}, kU8}},
       {},
       "[relu_bits_grad] bits are u8(3, 4), want u8(3, 16) for dy (3, 4)"},
      {"gelu_tanh_grad", {f32({3, 4}), bf16({3, 4})}, {}, "[gelu_tanh_grad] dtypes differ: f32(3, 4) and bf16(3, 4)"},
      {"gelu_tanh_grad", {f32({3, 4}), f32({3, 5})}, {}, "[gelu_tanh_grad] x is (3, 5); it must be (3, 4)"},
  });
}

TEST(ShapeRules, OfBadMatmul) {
  set_current_path("model.2.fc");
  check({
      {"matmul",
       {f32({64, 100}), f32({128, 10})},
       kPlain,
       "[matmul] model.2.fc: inner sizes differ: lhs (64, 100), rhs (128, 10)"},
      {"matmul",
       {f32({64, 100}), f32({100, 10})},
       kTransposed,
       "[matmul] model.2.fc: inner sizes differ: lhs (64, 100) transposed, rhs (100, 10) transposed"},
  });
  set_current_path("");
  check({
      {"matmul", {f32({3}), f32({3, 2})}, kPlain, "[matmul] operands are (3,) and (3, 2); both need at least 2 axes"},
      {"matmul",
       {f32({2, 2, 3}), f32({3, 3, 2})},
       kPlain,
       "[matmul] shapes (2,) and (3,) do not broadcast: axis -1 is 2 and 3; sizes must be equal or 1"},
      {"matmul", {f32({2, 3}), bf16({3, 2})}, kPlain, "[matmul] dtypes differ: f32(2, 3) and bf16(3, 2)"},
      {"matmul", {i64({2, 3}), i64({3, 2})}, kPlain, "[matmul] lhs is i64(2, 3); it must be f32, f64, bf16 or f16"},
  });
}

TEST(ShapeRules, OfBadLossAndNorm) {
  const Attributes eps{{"eps", 1e-5}};
  const std::string op = "softmax_cross_entropy";
  check({
      {"softmax", {f32({})}, on(0), "[softmax] axis 0 is outside (); it must lie in [0, 0)"},
      {op, {f32({4, 3})}, loss(0), "[" + op + "] takes 2 or 3 inputs, was given 1"},
      {op, {f32({4}), i64({4})}, loss(0), "[" + op + "] logits are (4,); they must be (rows, classes)"},
      {op, {f32({4, 3}), i64({5})}, loss(0), "[" + op + "] logits are (4, 3), target indices (5,); they must be (4,)"},
      {op,
       {f32({4, 3}), f32({3, 4})},
       loss(0),
       "[" + op + "] logits are (4, 3), target probabilities (3, 4); they must agree"},
      {op, {f32({4, 3}), i64({4}), f32({4})}, loss(0), "[" + op + "] weight is (4,); it must be (3,)"},
      {op + "_scaled", {f32({4, 3}), i64({4})}, loss(0), "[" + op + "_scaled] takes 3 or 4 inputs, was given 2"},
      {op + "_scaled",
       {bf16({4, 3}), i64({4}), bf16({4})},
       loss(0),
       "[" + op + "_scaled] scale is bf16(4,); it must be one number or a number per row: f32(4,)"},
      {op, {f32({4, 3}), i64({4})}, loss(1.5), "[" + op + "] label_smoothing is 1.5; it must lie in [0, 1]"},
      {"batch_norm", {f32({}), f32({3}), f32({3})}, eps, "[batch_norm] input is (); it needs a channel axis"},
      {"batch_norm",
       {f32({4, 2}), f32({3}), f32({2})},
       eps,
       "[batch_norm] weight is (3,), input is (4, 2); it must be (2,)"},
      {"batch_norm",
       {bf16({4, 2}), bf16({2}), f32({2})},
       eps,
       "[batch_norm] weight is bf16(2,), input is bf16(4, 2); it must be f32(2,)"},
      {"batch_norm",
       {f32({4, 2}), f32({2}), f32({2})},
       {{"eps", -1.0}},
       "[batch_norm] eps is -1; it must not be negative"},
      {"batch_norm_statistics", {f32({})}, eps, "[batch_norm_statistics] input is (); it needs a channel axis"},
      {"batch_norm_grad",
       {f32({4, 2}), f32({5, 2}), f32({2}), f32({2}), f32({2})},
       {},
       "[batch_norm_grad] cotangent is f32(4, 2), input is f32(5, 2); they must agree"},
      {"batch_norm_inference",
       {f32({4, 2}), f32({2}), f32({2}), f32({2}), f32({3})},
       eps,
       "[batch_norm_inference] variance is (3,), input is (4, 2); it must be (2,)"},
  });
}

}  // namespace
}  // namespace weft::testing
