// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/base/check.h"
#include "core/ops/build.h"
#include "core/ops/families.h"

namespace weft::ops {
namespace {

auto same_spec(const char* op) {
  return [op](Specs in, const Attributes&) -> std::vector<TensorSpec> {
    expect_inputs(op, in, 1);
    return {in[0]};
  };
}

std::vector<TensorSpec> reshape_spec(Specs in, const Attributes& attributes) {
  expect_inputs("reshape", in, 1);
  const Shape shape = attributes.shape("shape");
  expect_sizes("reshape", shape);
  if (shape.numel() != in[0].shape.numel())
    fail<ShapeError>("reshape", in[0].shape, " has ", in[0].shape.numel(), " elements, ", shape, " has ",
                     shape.numel());
  return {{shape, in[0].dtype}};
}

std::vector<TensorSpec> transpose_spec(Specs in, const Attributes& attributes) {
  expect_inputs("transpose", in, 1);
  const Ints& perm = attributes.ints("perm");
  expect_per_axis("transpose", "perm", perm, in[0].shape);
  std::vector<bool> seen(perm.size());
  std::vector<std::int64_t> dims;
  for (std::int64_t axis : perm) {
    expect_axis("transpose", axis, in[0].shape);
    if (seen[static_cast<std::size_t>(axis)]) fail<ValueError>("transpose", "perm names axis ", axis, " twice");
    seen[static_cast<std::size_t>(axis)] = true;
    dims.push_back(in[0].shape[static_cast<int>(axis)]);
  }
  return {{Shape(std::move(dims)), in[0].dtype}};
}

std::vector<TensorSpec> broadcast_to_spec(Specs in, const Attributes& attributes) {
  expect_inputs("broadcast_to", in, 1);
  const Shape shape = attributes.shape("shape");
  expect_sizes("broadcast_to", shape);
  if (broadcast(in[0].shape, shape, "broadcast_to") != shape)
    fail<ShapeError>("broadcast_to", in[0].shape, " does not broadcast to ", shape);
  return {{shape, in[0].dtype}};
}

std::vector<TensorSpec> concat_spec(Specs in, const Attributes& attributes) {
  if (in.empty()) fail<ValueError>("concat", "needs at least one input");
  const std::int64_t axis = attributes.integer("axis");
  expect_axis("concat", axis, in[0].shape);
  std::int64_t size = 0;
  for (const TensorSpec& x : in) {
    expect_same_dtype("concat", in[0], x);
    if (x.shape.rank() != in[0].shape.rank() || with_size(x.shape, axis, 0) != with_size(in[0].shape, axis, 0))
      fail<ShapeError>("concat", in[0].shape, " and ", x.shape, " differ in an axis other than ", axis);
    size += x.shape[static_cast<int>(axis)];
  }
  return {{with_size(in[0].shape, axis, size), in[0].dtype}};
}

std::vector<TensorSpec> pack_spec(Specs in, const Attributes& attributes) {
  if (in.empty()) fail<ValueError>("pack", "needs at least one input");
  const std::int64_t slot = attributes.integer("slot");
  if (slot < 1) fail<ValueError>("pack", "slot is ", slot, "; it must be positive");
  std::int64_t size = 0;
  for (const TensorSpec& x : in) {
    expect_same_dtype("pack", in[0], x);
    if (x.shape.rank() != 1) fail<ShapeError>("pack", "an input is ", x.shape, "; inputs have one axis");
    size += (x.shape[0] + slot - 1) / slot * slot;
  }
  return {{Shape{size}, in[0].dtype}};
}

std::vector<TensorSpec> slice_spec(Specs in, const Attributes& attributes) {
  expect_inputs("slice", in, 1);
  const Shape& x = in[0].shape;
  const Ints &begin = attributes.ints("begin"), &end = attributes.ints("end"), &step = attributes.ints("step");
  expect_per_axis("slice", "begin", begin, x);
  expect_per_axis("slice", "end", end, x);
  expect_per_axis("slice", "step", step, x);
  std::vector<std::int64_t> dims;
  for (std::size_t i = 0; i < begin.size(); ++i) {
    if (step[i] < 1) fail<ValueError>("slice", "step of axis ", i, " is ", step[i], "; it must be positive");
    if (begin[i] < 0 || begin[i] > end[i] || end[i] > x.dims()[i])
      fail<ShapeError>("slice", "[", begin[i], ", ", end[i], ") of axis ", i, " is not within ", x);
    dims.push_back((end[i] - begin[i] + step[i] - 1) / step[i]);
  }
  return {{Shape(std::move(dims)), in[0].dtype}};
}

std::vector<TensorSpec> pad_spec(Specs in, const Attributes& attributes) {
  expect_inputs("pad", in, 1);
  const Shape& x = in[0].shape;
  const Ints &low = attributes.ints("low"), &high = attributes.ints("high"), &interior = attributes.ints("interior");
  expect_per_axis("pad", "low", low, x);
  expect_per_axis("pad", "high", high, x);
  expect_per_axis("pad", "interior", interior, x);
  std::vector<std::int64_t> dims;
  for (std::size_t i = 0; i < low.size(); ++i) {
    if (low[i] < 0 || high[i] < 0 || interior[i] < 0)
      fail<ValueError>("pad", "axis ", i, " is padded by ", low[i], ", ", high[i], " and ", interior[i],
                       "; none may be negative");
    const std::int64_t n = x.dims()[i];
    dims.push_back(low[i] + high[i] + n + std::max<std::int64_t>(n - 1, 0) * interior[i]);
  }
  return {{Shape(std::move(dims)), in[0].dtype}};
}

std::vector<TensorSpec> flip_spec(Specs in, const Attributes& attributes) {
  expect_inputs("flip", in, 1);
  expect_axes("flip", attributes.ints("axes"), in[0].shape);
  return {in[0]};
}

// Gradients. The input's shape is known without its value.

const Shape& input_shape(const GradientCall& call, std::size_t i = 0) { return call.build.shape(call.node.inputs[i]); }

std::vector<Value> copy_gradient(const GradientCall& call) { return {call.cotangents[0]}; }

std::vector<Value> reshape_gradient(const GradientCall& call) {
  return {reshape(call.build, call.cotangents[0], Shape(input_shape(call)))};
}

std::vector<Value> transpose_gradient(const GradientCall& call) {
  const Ints& perm = call.node.attributes.ints("perm");
  Ints inverse(perm.size());
  for (std::size_t i = 0; i < perm.size(); ++i)
    inverse[static_cast<std::size_t>(perm[i])] = static_cast<std::int64_t>(i);
  return {call.build.emit("transpose", {call.cotangents[0]}, {{"perm", inverse}})};
}

std::vector<Value> broadcast_to_gradient(const GradientCall& call) {
  return {sum_to(call.build, call.cotangents[0], Shape(input_shape(call)))};
}

std::vector<Value> concat_gradient(const GradientCall& call) {
  const auto axis = static_cast<std::size_t>(call.node.attributes.integer("axis"));
  std::vector<Value> out(call.wanted.size());
  std::int64_t at = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const Shape part = input_shape(call, i);
    Ints begin(part.dims().size(), 0), end = part.dims();
    begin[axis] = at;
    at = end[axis] = at + part.dims()[axis];
    if (call.wanted[i])
      out[i] = call.build.emit("slice", {call.cotangents[0]},
                               {{"begin", begin}, {"end", end}, {"step", Ints(begin.size(), 1)}});
  }
  return out;
}

std::vector<Value> pack_gradient(const GradientCall& call) {
  const std::int64_t slot = call.node.attributes.integer("slot");
  std::vector<Value> out(call.wanted.size());
  std::int64_t at = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::int64_t n = input_shape(call, i)[0];
    if (call.wanted[i])
      out[i] = call.build.emit("slice", {call.cotangents[0]},
                               {{"begin", Ints{at}}, {"end", Ints{at + n}}, {"step", Ints{1}}});
    at += (n + slot - 1) / slot * slot;
  }
  return out;
}

std::vector<Value> slice_gradient(const GradientCall& call) {
  const Attributes& attributes = call.node.attributes;
  const Shape x = input_shape(call), y = call.node.outputs[0].shape;
  Ints low = attributes.ints("begin"), high(low.size()), interior = attributes.ints("step");
  for (std::size_t i = 0; i < low.size(); ++i) {
    const std::int64_t n = y.dims()[i];
    high[i] = x.dims()[i] - low[i] - (n > 0 ? (n - 1) * interior[i] + 1 : 0);
    --interior[i];
  }
  return {call.build.emit("pad", {call.cotangents[0]}, {{"low", low}, {"high", high}, {"interior", interior}})};
}

std::vector<Value> pad_gradient(const GradientCall& call) {
  const Attributes& attributes = call.node.attributes;
  const Shape x = input_shape(call);
  Ints begin = attributes.ints("low"), end(begin.size()), step = attributes.ints("interior");
  for (std::size_t i = 0; i < begin.size(); ++i) {
    const std::int64_t n = x.dims()[i];
    ++step[i];
    end[i] = begin[i] + (n > 0 ? (n - 1) * step[i] + 1 : 0);
  }
  return {call.build.emit("slice", {call.cotangents[0]}, {{"begin", begin}, {"end", end}, {"step", step}})};
}

std::vector<Value> flip_gradient(const GradientCall& call) {
  return {call.build.emit(call.node.op, {call.cotangents[0]}, call.node.attributes)};
}

}  // namespace

std::vector<OpDef> movement_ops() {
  return {
      {.name = "copy", .infer = same_spec("copy"), .gradient = copy_gradient, .linear_in = 1},
      {.name = "stop_gradient", .infer = same_spec("stop_gradient"), .differentiable = false},
      {.name = "reshape", .infer = reshape_spec, .gradient = reshape_gradient, .linear_in = 1},
      {.name = "transpose", .infer = transpose_spec, .gradient = transpose_gradient, .linear_in = 1},
      {.name = "broadcast_to", .infer = broadcast_to_spec, .gradient = broadcast_to_gradient, .linear_in = 1},
      {.name = "concat", .infer = concat_spec, .gradient = concat_gradient, .linear_in = ~0u},
      // Flat tensors one behind the other, each followed by zeros up to a multiple of `slot` elements.
      {.name = "pack", .infer = pack_spec, .gradient = pack_gradient, .linear_in = ~0u},
      {.name = "slice", .infer = slice_spec, .gradient = slice_gradient, .linear_in = 1},
      {.name = "pad", .infer = pad_spec, .gradient = pad_gradient, .linear_in = 1},
      {.name = "flip", .infer = flip_spec, .gradient = flip_gradient, .linear_in = 1},
  };
}

}  // namespace weft::ops
