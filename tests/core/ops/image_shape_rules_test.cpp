// SPDX-License-Identifier: Apache-2.0
#include "tests/core/ops/shape_rows.h"

namespace weft::testing {
namespace {

// Padding on both sides.
Attributes windows(const Ints& strides, const Ints& padding, std::int64_t groups = 1) {
  return {{"strides", strides},
          {"dilations", Ints(strides.size(), 1)},
          {"padding_low", padding},
          {"padding_high", padding},
          {"groups", groups}};
}

// Windows of 3 by 2, `more` of the attributes.
Attributes windows(std::initializer_list<std::pair<const char*, ir::Attribute>> more = {}) {
  Attributes attributes{{"window", ints({3, 2})},
                        {"strides", ints({2, 2})},
                        {"dilations", ints({1, 1})},
                        {"padding_low", ints({1, 0})},
                        {"padding_high", ints({1, 0})}};
  for (const auto& [name, value] : more) attributes.set(name, value);
  return attributes;
}
Attributes means(std::initializer_list<std::pair<const char*, ir::Attribute>> more = {}) {
  Attributes attributes = windows({{"counted_low", ints({1, 0})}, {"counted_high", ints({0, 0})}, {"divisor", n(0)}});
  for (const auto& [name, value] : more) attributes.set(name, value);
  return attributes;
}
const Ints kOf54{5, 4};
Attributes samples(std::int64_t axis, const char* count, std::int64_t size, const char* method = "linear",
                   double scale = 0) {
  return {{"axis", axis}, {count, size}, {"method", std::string(method)}, {"align_corners", false}, {"scale", scale}};
}

}  // namespace

std::vector<Row> image_rows() {
  return {
      {"conv", {f32({2, 5, 3}), f32({4, 3, 3})}, windows({2}, {1}), "f32(2, 3, 4)"},
      {"conv", {bf16({2, 5, 8, 9, 6}), bf16({4, 3, 2, 1, 3})}, windows({1, 2, 4}, {0, 0, 0}, 2), "bf16(2, 3, 4, 3, 4)"},
      {"conv", {f32({0, 5, 0}), f32({0, 5, 0})}, windows({1}, {0}), "f32(0, 1, 0)"},
      {"conv_input_grad",
       {f32({2, 3, 4}), f32({4, 3, 3})},
       with(windows({2}, {1}), "spatial", ints({6})),
       "f32(2, 6, 3)"},
      {"conv_weight_grad",
       {f32({2, 5, 6}), f32({2, 3, 4})},
       with(windows({2}, {1}, 2), "window", ints({3})),
       "f32(4, 3, 3)"},
      {"conv_weight_grad",
       {bf16({2, 5, 6}), bf16({2, 3, 4})},
       with(with(windows({2}, {1}), "window", ints({3})), "dtype", kF32),
       "f32(4, 3, 6)"},
      {"max_pool", {bf16({8, 5, 4, 3})}, windows(), "bf16(8, 3, 2, 3) u8(8, 3, 2, 3)"},
      {"max_pool",
       {i64({0, 17, 18, 3})},
       windows({{"window", ints({16, 17})}, {"strides", ints({1, 1})}}),
       "i64(0, 4, 2, 3) i32(0, 4, 2, 3)"},
      {"max_unpool", {f32({8, 3, 2, 3}), u8({8, 3, 2, 3})}, windows({{"spatial", kOf54}}), "f32(8, 5, 4, 3)"},
      {"take_in_windows", {f32({8, 5, 4, 3}), u8({8, 3, 2, 3})}, windows(), "f32(8, 3, 2, 3)"},
      {"avg_pool", {f32({8, 5, 4, 3})}, means(), "f32(8, 3, 2, 3)"},
      {"avg_pool_grad", {bf16({8, 3, 2, 3})}, means({{"spatial", kOf54}}), "bf16(8, 5, 4, 3)"},
      {"resample", {bf16({2, 3, 4})}, samples(1, "outputs", 7), "bf16(2, 7, 4)"},
      {"resample", {i64({2, 3, 4})}, samples(1, "outputs", 2, "nearest"), "i64(2, 2, 4)"},
      {"resample_grad", {f32({2, 7, 4})}, samples(1, "inputs", 3, "cubic", 2.4), "f32(2, 3, 4)"},
  };
}

namespace {

TEST(ShapeRules, OfBadPooling) {
  const TensorSpec image = f32({8, 5, 4, 3}), values = f32({8, 3, 2, 3}), index = u8({8, 3, 2, 3});
  check({
      {"max_pool",
       {f32({5, 4})},
       windows(),
       "[max_pool] input is (5, 4); it must be (n, spatial..., c) with 1 to 3 spatial axes"},
      {"max_pool",
       {f32({8, 5, 3})},
       windows(),
       "[max_pool] window is (3, 2), there are 1 spatial axes; one entry per axis is needed"},
      {"max_pool",
       {image},
       windows({{"window", ints({3, 0})}}),
       "[max_pool] window is (3, 0); every entry must lie in [1, 2147483647]"},
      {"max_pool",
       {image},
       windows({{"window", ints({3, 5})}}),
       "[max_pool] axis 2 has 4 elements, 4 with its padding, and a window of 5 spans 5; the padded axis must be at "
       "least as long"},
      {"max_pool",
       {image},
       windows({{"padding_low", ints({3, 0})}}),
       "[max_pool] axis 1 has 5 elements and padding of 3 and 1, so that a window of 3 with stride 2 and dilation 1 "
       "may lie in padding alone; use less padding"},
      {"max_pool",
       {image},
       windows({{"padding_high", ints({1, 2})}}),
       "[max_pool] axis 2 has 4 elements and padding of 0 and 2, so that a window of 2 with stride 2 and dilation 1 "
       "may lie in padding alone; use less padding"},
      {"max_pool",
       {f32({8, 2, 4, 3})},
       windows({{"window", ints({2, 2})}, {"dilations", ints({3, 1})}}),
       "[max_pool] axis 1 has 2 elements and padding of 1 and 1, so that a window of 2 with stride 2 and dilation 3 "
       "may lie in padding alone; use less padding"},
      {"max_pool",
       {f32({8, 0, 4, 3})},
       windows({{"padding_low", ints({2, 0})}}),
       "[max_pool] axis 1 has 0 elements and padding of 2 and 1, so that a window of 3 with stride 2 and dilation 1 "
       "may lie in padding alone; use less padding"},
      {"max_pool",
       {f32({1, 70000, 70000, 1})},
       windows({{"window", ints({70000, 70000})}}),
       "[max_pool] window is (70000, 70000); it must have fewer than 2^31 elements"},
      {"max_unpool",
       {boolean({8, 3, 2, 3}), index},
       windows({{"spatial", kOf54}}),
       "[max_unpool] input is bool; only numbers can be added up"},
      {"max_unpool",
       {f32({8, 3, 3, 3}), index},
       windows({{"spatial", kOf54}}),
       "[max_unpool] input is (8, 3, 3, 3); an image of (5, 4) has (3, 2) windows"},
      {"max_unpool",
       {values, u8({8, 3, 2, 1})},
       windows({{"spatial", kOf54}}),
       "[max_unpool] index is (8, 3, 2, 1); it must be (8, 3, 2, 3)"},
      {"max_unpool",
       {values, i64({8, 3, 2, 3})},
       windows({{"spatial", kOf54}}),
       "[max_unpool] index is i64(8, 3, 2, 3); it must be u8(8, 3, 2, 3)"},
      {"take_in_windows",
       {image, u8({8, 5, 4, 3})},
       windows(),
       "[take_in_windows] index is (8, 5, 4, 3); it must be (8, 3, 2, 3)"},
      {"avg_pool",
       {i64({8, 5, 4, 3})},
       means(),
       "[avg_pool] input is i64(8, 5, 4, 3); it must be f32, f64, bf16 or f16"},
      {"avg_pool",
       {image},
       means({{"divisor", n(-1)}}),
       "[avg_pool] divisor is -1; it must be positive, or 0 for a count"},
      {"avg_pool",
       {image},
       means({{"counted_low", ints({2, 0})}}),
       "[avg_pool] counted_low is (2, 0); the padding there is (1, 0)"},
      {"avg_pool_grad",
       {values},
       means({{"spatial", kOf54}, {"counted_high", ints({0})}}),
       "[avg_pool_grad] counted_high is (0,); the padding there is (1, 0)"},
  });
}

TEST(ShapeRules, OfBadResampling) {
  check({
      {"resample",
       {f32({2, 3, 4})},
       samples(3, "outputs", 7),
       "[resample] axis 3 is outside (2, 3, 4); it must lie in [0, 3)"},
      {"resample",
       {f32({2, 3, 4})},
       samples(1, "outputs", 0),
       "[resample] axis 1 of (2, 3, 4) is to have 0 elements; both sizes must be positive"},
      {"resample",
       {f32({2, 0, 4})},
       samples(1, "outputs", 7),
       "[resample] axis 1 of (2, 0, 4) is to have 7 elements; both sizes must be positive"},
      {"resample",
       {f32({2, 3, 4})},
       samples(1, "outputs", 7, "sinc"),
       "[resample] method is \"sinc\"; it must be nearest, nearest_exact, linear, cubic or area"},
      {"resample",
       {f32({2, 3, 4})},
       samples(1, "outputs", 7, "cubic", -1),
       "[resample] scale is -1; it must be positive and finite, or 0 for the quotient of the sizes"},
      {"resample",
       {i64({2, 3, 4})},
       samples(1, "outputs", 7),
       "[resample] input is i64(2, 3, 4); it must be f32, f64, bf16 or f16"},
      {"resample_grad",
       {i64({2, 7, 4})},
       samples(1, "inputs", 3, "nearest"),
       "[resample_grad] cotangent is i64(2, 7, 4); it must be f32, f64, bf16 or f16"},
  });
}

TEST(ShapeRules, OfBadConvolutions) {
  const TensorSpec x = f32({2, 5, 6, 4}), w = f32({8, 3, 3, 4});
  const Attributes plain = windows({1, 1}, {0, 0});
  check({
      {"conv", {x}, plain, "[conv] takes 2 inputs, was given 1"},
      {"conv",
       {i64({2, 5, 4}), f32({8, 3, 4})},
       plain,
       "[conv] image is i64(2, 5, 4); it must be f32, f64, bf16 or f16"},
      {"conv", {x, bf16({8, 3, 3, 4})}, plain, "[conv] dtypes differ: f32(2, 5, 6, 4) and bf16(8, 3, 3, 4)"},
      {"conv",
       {f32({5, 4}), w},
       plain,
       "[conv] image is (5, 4); it must be (n, spatial..., c) with 1 to 3 spatial axes"},
      {"conv",
       {x, f32({8, 3, 4})},
       plain,
       "[conv] filters are (8, 3, 4) beside images with 2 spatial axes; they must be (out, window..., c / groups)"},
      {"conv",
       {x, w},
       windows({1}, {0}),
       "[conv] stride has 1 entries, there are 2 spatial axes; one per axis is needed"},
      {"conv", {x, w}, windows({1, 0}, {0, 0}), "[conv] stride is (1, 0); every entry must lie in [1, 2147483647]"},
      {"conv",
       {x, w},
       windows({1, 1}, {0, -1}),
       "[conv] padding before is (0, -1); every entry must lie in [0, 2147483647]"},
      {"conv", {x, f32({8, 0, 3, 4})}, plain, "[conv] window is (0, 3); every entry must lie in [1, 2147483647]"},
      {"conv",
       {x, f32({8, 3, 7, 4})},
       plain,
       "[conv] axis 2 has 6 elements, 6 with its padding, and a window of 7 spans 7; the padded axis must be at least "
       "as long"},
      {"conv", {x, w}, windows({1, 1}, {0, 0}, 0), "[conv] groups is 0; it must be positive"},
      {"conv",
       {x, w},
       windows({1, 1}, {0, 0}, 3),
       "[conv] channels of the image are 4, groups are 3; groups must divide the channels"},
      {"conv",
       {x, f32({7, 3, 3, 2})},
       windows({1, 1}, {0, 0}, 2),
       "[conv] filters are 7, groups are 2; groups must divide the channels"},
      {"conv",
       {x, w},
       windows({1, 1}, {0, 0}, 2),
       "[conv] filters are (8, 3, 3, 4), the image is (2, 5, 6, 4), groups are 2; filters must have 2 channels"},
      {"conv",
       {x, w},
       with(plain, "dtype", kF64),
       "[conv] operands are f32, the result is wanted in f64; it must be f32"},
      {"conv_input_grad",
       {f32({2, 3, 4, 7}), w},
       with(plain, "spatial", ints({5, 6})),
       "[conv_input_grad] cotangent is (2, 3, 4, 7), filters are (8, 3, 3, 4); the cotangent must have 8 channels"},
      {"conv_input_grad",
       {f32({2, 3, 4, 8}), w},
       with(plain, "spatial", ints({5, 7})),
       "[conv_input_grad] cotangent is (2, 3, 4, 8), images of (5, 7) have (3, 5) windows; they must agree"},
      {"conv_input_grad",
       {f32({2, 3, 4, 8}), w},
       with(plain, "spatial", ints({5})),
       "[conv_input_grad] spatial sizes are (5,) beside a cotangent of (2, 3, 4, 8); one per axis is needed"},
      {"conv_weight_grad",
       {x, f32({3, 3, 4, 8})},
       with(plain, "window", ints({3, 3})),
       "[conv_weight_grad] image is (2, 5, 6, 4), cotangent is (3, 3, 4, 8); ranks and batches must agree"},
      {"conv_weight_grad",
       {x, f32({2, 3, 4, 8})},
       with(plain, "window", ints({3})),
       "[conv_weight_grad] window is (3,) beside an image of (2, 5, 6, 4); one size per spatial axis is needed"},
      {"conv_weight_grad",
       {x, f32({2, 3, 4, 7})},
       with(windows({1, 1}, {0, 0}, 2), "window", ints({3, 3})),
       "[conv_weight_grad] channels of the cotangent are 7, groups are 2; groups must divide the channels"},
  });
}

}  // namespace
}  // namespace weft::testing
