// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/base/check.h"
#include "core/ops/build.h"
#include "core/ops/families.h"
#include "core/ops/rows.h"

namespace weft::ops {
namespace {

auto same_spec(const char* op) {
  return [op](Specs in, const Attributes&) -> std::vector<TensorSpec> {
    expect_inputs(op, in, 1);
    return {in[0]};
  };
}

std::vector<TensorSpec> after_spec(Specs in, const Attributes&) {
  expect_inputs("after", in, 2);
  return {in[0]};
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
    size = sum_of_sizes("concat", {size, x.shape[static_cast<int>(axis)]});
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
    size = sum_of_sizes("pack", {size, sum_of_sizes("pack", {x.shape[0], slot - 1}) / slot * slot});
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
    dims.push_back(end[i] == begin[i] ? 0 : (end[i] - begin[i] - 1) / step[i] + 1);
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
    const std::int64_t n = x.dims()[i], gaps = std::max<std::int64_t>(n - 1, 0);
    // The slice that undoes the padding has steps of interior + 1.
    std::int64_t step = 0, between = 0;
    if (__builtin_add_overflow(interior[i], 1, &step) || __builtin_mul_overflow(gaps, interior[i], &between))
      fail<ShapeError>("pad", "axis ", i, " of ", x, " would have ", interior[i], " zeros between elements; use fewer");
    dims.push_back(sum_of_sizes("pad", {low[i], high[i], n, between}));
  }
  return {{Shape(std::move(dims)), in[0].dtype}};
}

std::vector<TensorSpec> flip_spec(Specs in, const Attributes& attributes) {
  expect_inputs("flip", in, 1);
  expect_axes("flip", attributes.ints("axes"), in[0].shape);
  return {in[0]};
}

std::vector<TensorSpec> roll_spec(Specs in, const Attributes& attributes) {
  expect_inputs("roll", in, 1);
  const std::int64_t axis = attributes.integer("axis"), shift = attributes.integer("shift");
  expect_axis("roll", axis, in[0].shape);
  const std::int64_t size = in[0].shape[static_cast<int>(axis)];
  if (shift <= 0 || shift >= size)
    fail<ValueError>("roll", "shift is ", shift, "; axis ", axis, " of ", in[0].shape, " allows 1 to ", size - 1);
  return {in[0]};
}

std::vector<TensorSpec> triangle_spec(Specs in, const Attributes&) {
  expect_inputs("triangle", in, 1);
  if (in[0].shape.rank() < 2)
    fail<ShapeError>("triangle", "input is ", in[0].shape, "; it must be a matrix or have more axes");
  return {in[0]};
}

// Gradients. The input's shape is known without its value.

const Shape& input_shape(const GradientCall& call, std::size_t i = 0) { return call.build.shape(call.node.inputs[i]); }

std::vector<Value> copy_gradient(const GradientCall& call) { return {call.cotangents[0]}; }

std::vector<Value> after_gradient(const GradientCall& call) { return {call.cotangents[0], {}}; }

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

// The gradient of an op that is its own transpose: flip, triangle.
std::vector<Value> same_gradient(const GradientCall& call) {
  return {call.build.emit(call.node.op, {call.cotangents[0]}, call.node.attributes)};
}

std::vector<Value> roll_gradient(const GradientCall& call) {
  const Attributes& attributes = call.node.attributes;
  const std::int64_t axis = attributes.integer("axis"), size = input_shape(call)[static_cast<int>(axis)];
  return {
      call.build.emit("roll", {call.cotangents[0]}, {{"axis", axis}, {"shift", size - attributes.integer("shift")}})};
}

// Facts.

bool keeps_leading_axis(const Signature& node) {
  const Shape &from = node.input(0).shape, &to = node.outputs[0].shape;
  return from.rank() > 0 && to.rank() > 0 && from[0] == to[0];
}
bool keeps_all(const Signature&) { return true; }

// Facts of ops that move elements of one operand. 16-bit elements are moved in 16 bits.
OpFacts movement_facts(RowsRule rows, AliasRule alias = no_alias(), BytesRule bytes_read = reads_all()) {
  OpFacts facts = opaque_facts();
  facts.kind = Kind::kMovement;
  facts.bytes_read = std::move(bytes_read);
  facts.alias = std::move(alias);
  facts.rows = std::move(rows);
  facts.half = takes_as_stored(1);
  return facts;
}

OpFacts after_facts() {
  OpFacts facts =
      movement_facts([](const Signature&, std::span<const Rows> rows) { return std::vector{rows[0]}; }, same_memory(),
                     [](const Signature& node, std::size_t input) { return input == 0 ? node.input(0).bytes() : 0; });
  facts.kind = Kind::kBarrier;
  return facts;
}

OpFacts assembly_facts(RowsRule rows, PartsRule parts) {
  OpFacts facts = opaque_facts();
  facts.rows = std::move(rows);
  facts.parts = std::move(parts);
  return facts;
}

// No movement, because a triangle of equal elements holds zeros too.
OpFacts triangle_facts() {
  OpFacts facts = opaque_facts();
  facts.rows = rows_kept(keeps_all);
  facts.half = takes_as_stored(1);
  return facts;
}

std::vector<Rows> broadcast_to_rows(const Signature& node, std::span<const Rows> rows) {
  const Shape &from = node.input(0).shape, &to = node.outputs[0].shape;
  if (to.rank() == 0) return {rows[0]};
  if (from.rank() == to.rank() && from[0] == to[0]) return {rows[0]};
  return {rows[0] == Rows::kCarried ? Rows::kMixed : Rows::kAlike};
}

std::vector<Rows> concat_rows(const Signature& node, std::span<const Rows> rows) {
  const bool beside = node.attributes.integer("axis") != 0;
  return beside ? std::vector{aligned(rows)} : rows_mix()(node, rows);
}

// Offsets of inputs side by side, each at a multiple of `slot` bytes.
std::vector<std::int64_t> side_by_side(const Signature& node, std::int64_t slot) {
  std::vector<std::int64_t> out;
  std::int64_t at = 0;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    out.push_back(at);
    at += (node.input(i).bytes() + slot - 1) / slot * slot;
  }
  return out;
}

std::vector<std::int64_t> concat_parts(const Signature& node) {
  const Shape& whole = node.outputs[0].shape;
  const auto axis = static_cast<int>(node.attributes.integer("axis"));
  const bool outermost = std::all_of(whole.begin(), whole.begin() + axis, [](std::int64_t size) { return size == 1; });
  return outermost ? side_by_side(node, 1) : std::vector<std::int64_t>();
}

std::vector<std::int64_t> pack_parts(const Signature& node) {
  return side_by_side(node,
                      node.attributes.integer("slot") * static_cast<std::int64_t>(size_of(node.outputs[0].dtype)));
}

// A contiguous part of a flat tensor from a multiple of 256 bytes on is an alias: a parameter within its flat buffer.
std::optional<std::int64_t> slice_alias(const Node& node) {
  if (node.outputs[0].shape.rank() != 1 || node.attributes.ints("step")[0] != 1) return std::nullopt;
  constexpr std::int64_t kAlignment = 256;
  const std::int64_t offset =
      node.attributes.ints("begin")[0] * static_cast<std::int64_t>(size_of(node.outputs[0].dtype));
  return offset % kAlignment == 0 ? std::optional(offset) : std::nullopt;
}

bool slice_keeps_rows(const Signature& node) {
  return keeps_leading_axis(node) && node.attributes.ints("step")[0] == 1;
}

bool transpose_keeps_rows(const Signature& node) {
  const Ints& perm = node.attributes.ints("perm");
  return !perm.empty() && perm[0] == 0;
}

}  // namespace

std::vector<OpDef> movement_ops() {
  return {
      {.name = "copy",
       .infer = same_spec("copy"),
       .facts = movement_facts(rows_kept(keeps_all), same_memory()),
       .gradient = copy_gradient,
       .linear_in = 1},
      {.name = "stop_gradient",
       .infer = same_spec("stop_gradient"),
       .facts = movement_facts(rows_kept(keeps_all), same_memory()),
       .differentiable = false},
      // x, from the time on when the second operand is there.
      {.name = "after", .infer = after_spec, .facts = after_facts(), .gradient = after_gradient, .linear_in = 1},
      {.name = "reshape",
       .infer = reshape_spec,
       .facts = movement_facts(rows_kept(keeps_leading_axis), same_memory()),
       .gradient = reshape_gradient,
       .linear_in = 1},
      {.name = "transpose",
       .infer = transpose_spec,
       .facts = movement_facts(rows_kept(transpose_keeps_rows)),
       .gradient = transpose_gradient,
       .linear_in = 1},
      {.name = "broadcast_to",
       .infer = broadcast_to_spec,
       .facts = movement_facts(broadcast_to_rows),
       .gradient = broadcast_to_gradient,
       .linear_in = 1},
      {.name = "concat",
       .infer = concat_spec,
       .facts = assembly_facts(concat_rows, concat_parts),
       .gradient = concat_gradient,
       .linear_in = ~0u},
      // Flat tensors one behind the other, each followed by zeros up to a multiple of `slot` elements.
      {.name = "pack",
       .infer = pack_spec,
       .facts = assembly_facts(rows_mix(), pack_parts),
       .gradient = pack_gradient,
       .linear_in = ~0u},
      {.name = "slice",
       .infer = slice_spec,
       .facts = movement_facts(rows_kept(slice_keeps_rows), slice_alias, reads_what_it_gives()),
       .gradient = slice_gradient,
       .linear_in = 1},
      {.name = "pad",
       .infer = pad_spec,
       .facts = assembly_facts(rows_kept(keeps_leading_axis), no_parts()),
       .gradient = pad_gradient,
       .linear_in = 1},
      {.name = "flip",
       .infer = flip_spec,
       .facts = movement_facts(rows_beside_axes()),
       .gradient = same_gradient,
       .linear_in = 1},
      // out[(i + shift) % size] = x[i] along an axis, 0 < shift < size.
      {.name = "roll",
       .infer = roll_spec,
       .facts = movement_facts(rows_beside_axis()),
       .gradient = roll_gradient,
       .linear_in = 1},
      // Elements (i, j) of matrices with j - i <= k, or >= k if `upper`; zeros elsewhere.
      {.name = "triangle",
       .infer = triangle_spec,
       .facts = triangle_facts(),
       .gradient = same_gradient,
       .linear_in = 1},
  };
}

}  // namespace weft::ops
