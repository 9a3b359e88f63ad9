// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/ops/build.h"
#include "core/ops/families.h"
#include "core/ops/rows.h"
#include "core/ops/windows.h"

// Convolution over channels last and its two gradients. Images are (n, spatial..., c), filters (out, window..., c /
// groups), results (n, windows..., out). One sum over places and channels makes all three ops:
//   y[o] += x[i] w[k]  (conv)    x[i] += y[o] w[k]  (conv_input_grad)    w[k] += x[i] y[o]  (conv_weight_grad)
// Each op is linear in both of its operands, and the other two are its gradients.
namespace weft::ops {
namespace {

std::int64_t groups_of(const std::string& op, const Attributes& attributes) {
  const std::int64_t groups = attributes.integer("groups");
  if (groups < 1) fail<ValueError>(op, "groups is ", groups, "; it must be positive");
  return groups;
}

void expect_divisible(const std::string& op, const char* what, std::int64_t channels, std::int64_t groups) {
  if (channels % groups != 0)
    fail<ShapeError>(op, what, " are ", channels, ", groups are ", groups, "; groups must divide the channels");
}

// Sizes of the filters' windows.
Ints window_of(const std::string& op, const Shape& filters, std::size_t spatial_axes) {
  if (filters.rank() != static_cast<int>(spatial_axes) + 2)
    fail<ShapeError>(op, "filters are ", filters, " beside images with ", spatial_axes,
                     " spatial axes; they must be (out, window..., c / groups)");
  return {filters.begin() + 1, filters.end() - 1};
}

void expect_operands(const std::string& op, Specs in, const char* first, const char* second) {
  expect_inputs(op, in, 2);
  expect_floating(op, first, in[0]);
  expect_floating(op, second, in[1]);
  expect_same_dtype(op, in[0], in[1]);
}

std::vector<TensorSpec> conv_spec(Specs in, const Attributes& attributes) {
  const char* const op = "conv";
  expect_operands(op, in, "image", "filter");
  const Shape &x = in[0].shape, &w = in[1].shape;
  const Ints spatial = spatial_of(op, "image", x);
  const Windows windows = windows_of(op, attributes, window_of(op, w, spatial.size()));
  const std::int64_t groups = groups_of(op, attributes);
  expect_divisible(op, "channels of the image", x[-1], groups);
  expect_divisible(op, "filters", w[0], groups);
  if (w[-1] != x[-1] / groups)
    fail<ShapeError>(op, "filters are ", w, ", the image is ", x, ", groups are ", groups, "; filters must have ",
                     x[-1] / groups, " channels");
  return {
      {batch_of_images(x[0], count_windows(op, spatial, windows), w[0]), product_dtype(op, in[0].dtype, attributes)}};
}

// ShapeError unless images of these sizes have exactly the windows that the result has.
void expect_windows(const std::string& op, const Ints& spatial, const Windows& windows, const Shape& result) {
  const Ints counts = count_windows(op, spatial, windows);
  if (counts != Ints(result.begin() + 1, result.end() - 1))
    fail<ShapeError>(op, "cotangent is ", result, ", images of ", Shape(spatial), " have ", Shape(counts),
                     " windows; they must agree");
}

std::vector<TensorSpec> input_grad_spec(Specs in, const Attributes& attributes) {
  const char* const op = "conv_input_grad";
  expect_operands(op, in, "cotangent", "filter");
  const Shape &dy = in[0].shape, &w = in[1].shape;
  const std::size_t axes = spatial_of(op, "cotangent", dy).size();
  const Windows windows = windows_of(op, attributes, window_of(op, w, axes));
  const std::int64_t groups = groups_of(op, attributes);
  const Shape spatial = attributes.shape("spatial");
  expect_sizes(op, spatial);
  if (spatial.rank() != static_cast<int>(axes))
    fail<ValueError>(op, "spatial sizes are ", spatial, " beside a cotangent of ", dy, "; one per axis is needed");
  expect_divisible(op, "filters", w[0], groups);
  if (dy[-1] != w[0])
    fail<ShapeError>(op, "cotangent is ", dy, ", filters are ", w, "; the cotangent must have ", w[0], " channels");
  expect_windows(op, spatial.dims(), windows, dy);
  return {{batch_of_images(dy[0], spatial.dims(), w[-1] * groups), product_dtype(op, in[0].dtype, attributes)}};
}

std::vector<TensorSpec> weight_grad_spec(Specs in, const Attributes& attributes) {
  const char* const op = "conv_weight_grad";
  expect_operands(op, in, "image", "cotangent");
  const Shape &x = in[0].shape, &dy = in[1].shape;
  const Ints spatial = spatial_of(op, "image", x);
  const Shape window = attributes.shape("window");
  if (window.rank() != static_cast<int>(spatial.size()))
    fail<ValueError>(op, "window is ", window, " beside an image of ", x, "; one size per spatial axis is needed");
  const Windows windows = windows_of(op, attributes, window.dims());
  const std::int64_t groups = groups_of(op, attributes);
  if (dy.rank() != x.rank() || dy[0] != x[0])
    fail<ShapeError>(op, "image is ", x, ", cotangent is ", dy, "; ranks and batches must agree");
  expect_divisible(op, "channels of the image", x[-1], groups);
  expect_divisible(op, "channels of the cotangent", dy[-1], groups);
  expect_windows(op, spatial, windows, dy);
  return {{batch_of_images(dy[-1], window.dims(), x[-1] / groups), product_dtype(op, in[0].dtype, attributes)}};
}

// The geometry of a node and, where `name` is given, one list of sizes.
Attributes geometry(const GradientCall& call, const char* name = nullptr, Ints sizes = {}) {
  const Attributes& from = call.node.attributes;
  Attributes to;
  for (const char* key : {"strides", "dilations", "padding_low", "padding_high"}) to.set(key, from.ints(key));
  to.set("groups", from.integer("groups"));
  if (name) to.set(name, std::move(sizes));
  return to;
}

Ints inner_sizes(const Shape& x) { return {x.begin() + 1, x.end() - 1}; }

Value conv(const GradientCall& call, Value x, Value w) { return call.build.emit("conv", {x, w}, geometry(call)); }
Value input_grad(const GradientCall& call, Value dy, Value w, const Shape& x) {
  return call.build.emit("conv_input_grad", {dy, w}, geometry(call, "spatial", inner_sizes(x)));
}
Value weight_grad(const GradientCall& call, Value x, Value dy, const Shape& w) {
  return call.build.emit("conv_weight_grad", {x, dy}, geometry(call, "window", inner_sizes(w)));
}

// The cotangent, stored as the operands are.
Value cotangent(const GradientCall& call) {
  return cast(call.build, call.cotangents[0], call.build.dtype(call.inputs[0]));
}

std::vector<Value> conv_gradient(const GradientCall& call) {
  const Value x = call.inputs[0], w = call.inputs[1], dy = cotangent(call);
  std::vector<Value> out(2);
  if (call.wanted[0]) out[0] = input_grad(call, dy, w, call.build.shape(x));
  if (call.wanted[1]) out[1] = weight_grad(call, x, dy, call.build.shape(w));
  return out;
}

std::vector<Value> input_grad_gradient(const GradientCall& call) {
  const Value dy = call.inputs[0], w = call.inputs[1], dx = cotangent(call);
  std::vector<Value> out(2);
  if (call.wanted[0]) out[0] = conv(call, dx, w);
  if (call.wanted[1]) out[1] = weight_grad(call, dx, dy, call.build.shape(w));
  return out;
}

std::vector<Value> weight_grad_gradient(const GradientCall& call) {
  const Value x = call.inputs[0], dy = call.inputs[1], dw = cotangent(call);
  std::vector<Value> out(2);
  if (call.wanted[0]) out[0] = input_grad(call, dy, dw, call.build.shape(x));
  if (call.wanted[1]) out[1] = conv(call, x, dw);
  return out;
}

// A multiply-add per element of y, place of the window and channel of a group; padding counts.
double flops(const TensorSpec& y, const Shape& w) {
  const double per_element = w[0] ? static_cast<double>(w.numel()) / static_cast<double>(w[0]) : 0;
  return 2 * static_cast<double>(y.shape.numel()) * per_element;
}
double conv_flops(const Signature& node) { return flops(node.outputs[0], node.input(1).shape); }
double input_grad_flops(const Signature& node) { return flops(node.input(0), node.input(1).shape); }
double weight_grad_flops(const Signature& node) { return flops(node.input(1), node.outputs[0].shape); }

OpFacts facts_of(FlopsRule flops, RowsRule rows) {
  OpFacts facts = opaque_facts();
  facts.kind = Kind::kContraction;
  facts.flops = std::move(flops);
  facts.rows = std::move(rows);
  facts.half = multiplies_half();
  return facts;
}

// Images keep their rows; filters serve all of them alike.
RowsRule rows_of_images() {
  return rows_kept([](const Signature&) { return true; });
}

OpDef bilinear(const char* name, std::vector<TensorSpec> (*infer)(Specs, const Attributes&), OpFacts facts,
               std::vector<Value> (*gradient)(const GradientCall&)) {
  return {.name = name,
          .infer = infer,
          .facts = std::move(facts),
          .gradient = gradient,
          .reads = Reads::kInputs,
          .linear_in = 3,
          .product = true};
}

}  // namespace

std::vector<OpDef> conv_ops() {
  return {
      bilinear("conv", conv_spec, facts_of(conv_flops, rows_of_images()), conv_gradient),
      bilinear("conv_input_grad", input_grad_spec, facts_of(input_grad_flops, rows_of_images()), input_grad_gradient),
      bilinear("conv_weight_grad", weight_grad_spec, facts_of(weight_grad_flops, rows_mix()), weight_grad_gradient)};
}

}  // namespace weft::ops
