// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <limits>
#include <utility>

#include "core/base/check.h"
#include "core/ops/build.h"
#include "core/ops/families.h"
#include "core/ops/rows.h"
#include "core/ops/windows.h"

// Pooling of (n, spatial..., c) over windows. Derivatives stay within the family: max_pool is pulled back by
// max_unpool, and max_unpool and take_in_windows, avg_pool and avg_pool_grad are each other's adjoints.
namespace weft::ops {
namespace {

Windows pool_windows(const std::string& op, const Attributes& attributes) {
  return windows_of(op, attributes, attributes.ints("window"));
}

// Number of elements of a window. ValueError where an i32 cannot count them.
std::int64_t elements_of(const std::string& op, const Windows& windows) {
  std::int64_t count = 1;
  for (const std::int64_t size : windows.sizes)
    if (__builtin_mul_overflow(count, size, &count) || count > std::numeric_limits<std::int32_t>::max())
      fail<ValueError>(op, "window is ", Shape(windows.sizes), "; it must have fewer than 2^31 elements");
  return count;
}

// The dtype that numbers the elements of a window.
DType index_dtype(const std::string& op, const Windows& windows) {
  return elements_of(op, windows) <= 256 ? DType::kU8 : DType::kI32;
}

// Number of windows along each axis. ShapeError where a window could lie in padding alone.
Ints pooled(const std::string& op, const Ints& spatial, const Windows& windows) {
  if (windows.sizes.size() != spatial.size())
    fail<ValueError>(op, "window is ", Shape(windows.sizes), ", there are ", spatial.size(),
                     " spatial axes; one entry per axis is needed");
  Ints counts = count_windows(op, spatial, windows);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const std::int64_t size = windows.sizes[i], dilation = windows.dilations[i], low = windows.low[i];
    const bool first = low <= (size - 1) * dilation && (low == 0 || dilation <= spatial[i]);
    const bool last = (counts[i] - 1) * windows.strides[i] - low < spatial[i];
    if (!first || !last)
      fail<ShapeError>(op, "axis ", i + 1, " has ", spatial[i], " elements and padding of ", low, " and ",
                       windows.high[i], ", so that a window of ", size, " with stride ", windows.strides[i],
                       " and dilation ", dilation, " may lie in padding alone; use less padding");
  }
  return counts;
}

void expect_no_bool(const char* op, const char* what, const TensorSpec& x) {
  if (x.dtype == DType::kBool) fail<DTypeError>(op, what, " is bool; only numbers can be added up");
}

// The shape of an image of attribute `spatial`, whose windows give `values`.
Shape image_of(const char* op, const char* what, const TensorSpec& values, const Attributes& attributes) {
  const Ints& spatial = attributes.ints("spatial");
  const Ints counts = pooled(op, spatial, pool_windows(op, attributes));
  const Ints given = spatial_of(op, what, values.shape);
  if (given != counts)
    fail<ShapeError>(op, what, " is ", values.shape, "; an image of ", Shape(spatial), " has ", Shape(counts),
                     " windows");
  return batch_of_images(values.shape[0], spatial, values.shape[-1]);
}

void expect_index_of(const char* op, const TensorSpec& index, const Shape& shape, const Attributes& attributes) {
  const TensorSpec wanted{shape, index_dtype(op, pool_windows(op, attributes))};
  if (index.shape != wanted.shape) fail<ShapeError>(op, "index is ", index.shape, "; it must be ", wanted.shape);
  if (index.dtype != wanted.dtype) fail<DTypeError>(op, "index is ", index, "; it must be ", wanted);
}

std::vector<TensorSpec> max_pool_spec(Specs in, const Attributes& attributes) {
  const char* op = "max_pool";
  expect_inputs(op, in, 1);
  const Windows windows = pool_windows(op, attributes);
  const Ints counts = pooled(op, spatial_of(op, "input", in[0].shape), windows);
  const Shape shape = batch_of_images(in[0].shape[0], counts, in[0].shape[-1]);
  return {{shape, in[0].dtype}, {shape, index_dtype(op, windows)}};
}

std::vector<TensorSpec> max_unpool_spec(Specs in, const Attributes& attributes) {
  const char* op = "max_unpool";
  expect_inputs(op, in, 2);
  expect_no_bool(op, "input", in[0]);
  const Shape image = image_of(op, "input", in[0], attributes);
  expect_index_of(op, in[1], in[0].shape, attributes);
  return {{image, in[0].dtype}};
}

std::vector<TensorSpec> take_in_windows_spec(Specs in, const Attributes& attributes) {
  const char* op = "take_in_windows";
  expect_inputs(op, in, 2);
  const Ints counts = pooled(op, spatial_of(op, "input", in[0].shape), pool_windows(op, attributes));
  const Shape shape = batch_of_images(in[0].shape[0], counts, in[0].shape[-1]);
  expect_index_of(op, in[1], shape, attributes);
  return {{shape, in[0].dtype}};
}

// The divisor of a mean: attribute `divisor`; if that is 0, the number of elements that lie in the image, at most
// `counted_low` before or `counted_high` behind.
void expect_divisor(const std::string& op, const Windows& windows, const Attributes& attributes) {
  if (attributes.integer("divisor") < 0)
    fail<ValueError>(op, "divisor is ", attributes.integer("divisor"), "; it must be positive, or 0 for a count");
  const std::pair<const char*, const Ints*> lists[] = {{"counted_low", &windows.low}, {"counted_high", &windows.high}};
  for (const auto& [name, padding] : lists) {
    const Ints& counted = attributes.ints(name);
    bool fits = counted.size() == padding->size();
    for (std::size_t i = 0; fits && i < counted.size(); ++i) fits = counted[i] >= 0 && counted[i] <= (*padding)[i];
    if (!fits) fail<ValueError>(op, name, " is ", Shape(counted), "; the padding there is ", Shape(*padding));
  }
}

std::vector<TensorSpec> avg_pool_spec(Specs in, const Attributes& attributes) {
  const char* op = "avg_pool";
  expect_inputs(op, in, 1);
  expect_floating(op, "input", in[0]);
  const Windows windows = pool_windows(op, attributes);
  elements_of(op, windows);
  expect_divisor(op, windows, attributes);
  const Ints counts = pooled(op, spatial_of(op, "input", in[0].shape), windows);
  return {{batch_of_images(in[0].shape[0], counts, in[0].shape[-1]), in[0].dtype}};
}

std::vector<TensorSpec> avg_pool_grad_spec(Specs in, const Attributes& attributes) {
  const char* op = "avg_pool_grad";
  expect_inputs(op, in, 1);
  expect_floating(op, "cotangent", in[0]);
  const Windows windows = pool_windows(op, attributes);
  elements_of(op, windows);
  expect_divisor(op, windows, attributes);
  return {{image_of(op, "cotangent", in[0], attributes), in[0].dtype}};
}

// The attributes with the sizes of the image, which the number of windows alone does not tell.
Attributes with_spatial(const GradientCall& call) {
  const Shape x = call.build.shape(call.node.inputs[0]);
  Attributes attributes = call.node.attributes;
  attributes.set("spatial", Ints(x.begin() + 1, x.end() - 1));
  return attributes;
}
Attributes without_spatial(const GradientCall& call) {
  Attributes attributes;
  for (const auto& [name, value] : call.node.attributes.rows())
    if (name != "spatial") attributes.set(name, value);
  return attributes;
}

std::vector<Value> max_pool_gradient(const GradientCall& call) {
  return {call.build.emit("max_unpool", {call.cotangents[0], call.outputs[1]}, with_spatial(call))};
}

std::vector<Value> max_unpool_gradient(const GradientCall& call) {
  return {call.build.emit("take_in_windows", {call.cotangents[0], call.inputs[1]}, without_spatial(call)), {}};
}

std::vector<Value> take_in_windows_gradient(const GradientCall& call) {
  return {call.build.emit("max_unpool", {call.cotangents[0], call.inputs[1]}, with_spatial(call)), {}};
}

std::vector<Value> avg_pool_gradient(const GradientCall& call) {
  return {call.build.emit("avg_pool_grad", {call.cotangents[0]}, with_spatial(call))};
}

std::vector<Value> avg_pool_grad_gradient(const GradientCall& call) {
  return {call.build.emit("avg_pool", {call.cotangents[0]}, without_spatial(call))};
}

// An operation for each element of each window; output 0 or input 0 has the windows.
FlopsRule flops_per_window(bool of_output) {
  return [of_output](const Signature& node) {
    double count = static_cast<double>((of_output ? node.outputs[0] : node.input(0)).shape.numel());
    for (const std::int64_t size : node.attributes.ints("window")) count *= static_cast<double>(size);
    return count;
  };
}

OpFacts pool_facts(FlopsRule flops, BytesRule bytes_read = reads_all()) {
  OpFacts facts = opaque_facts();
  facts.flops = std::move(flops);
  facts.bytes_read = std::move(bytes_read);
  facts.rows = rows_aligned();
  facts.half = takes_as_stored(1);
  return facts;
}

}  // namespace

std::vector<OpDef> pool_ops() {
  return {
      {.name = "max_pool",
       .infer = max_pool_spec,
       .facts = pool_facts(flops_per_window(true)),
       .gradient = max_pool_gradient,
       .reads = Reads::kOutputs},
      {.name = "max_unpool",
       .infer = max_unpool_spec,
       .facts = pool_facts(flops_per_window(false)),
       .gradient = max_unpool_gradient,
       .reads = Reads::kInputs,
       .linear_in = 1},
      {.name = "take_in_windows",
       .infer = take_in_windows_spec,
       .facts = pool_facts(no_flops(), reads_what_it_gives()),
       .gradient = take_in_windows_gradient,
       .reads = Reads::kInputs,
       .linear_in = 1},
      {.name = "avg_pool",
       .infer = avg_pool_spec,
       .facts = pool_facts(flops_per_window(true)),
       .gradient = avg_pool_gradient,
       .linear_in = 1},
      {.name = "avg_pool_grad",
       .infer = avg_pool_grad_spec,
       .facts = pool_facts(flops_per_window(false)),
       .gradient = avg_pool_grad_gradient,
       .linear_in = 1},
  };
}

}  // namespace weft::ops
