// SPDX-License-Identifier: Apache-2.0
#include "weft/ops.h"

#include <algorithm>
#include <numeric>

#include "core/api/trace/dispatch.h"
#include "core/base/check.h"
#include "core/ops/rules.h"

namespace weft {
namespace {

using detail::apply1;
using detail::apply_op;
using detail::cast_to;
using detail::impl_of;
using detail::normal_axes;
using ir::Attributes;
using ir::Ints;

Tensor reduce(const char* op, const Tensor& x, const std::vector<int>& axes, bool keep) {
  return apply1(op, {x}, {{"axes", normal_axes(axes, impl_of(x, op).spec().shape.rank(), op)}, {"keep", keep}});
}

// max or min of bools, except that no elements have `of_none`.
Tensor logical(const char* op, const char* extremum, const Tensor& x, const std::vector<int>& axes, bool keep,
               bool of_none) {
  const Shape& shape = impl_of(x, op).spec().shape;
  const Ints all = normal_axes(axes, shape.rank(), op);
  if (ops::count_over(shape, all) > 0) return reduce(extremum, cast_to(x, DType::kBool), axes, keep);
  const DeviceScope on(x.device());
  return full(ops::reduced(shape, all, keep), of_none, DType::kBool);
}

std::int64_t axis_of(const Tensor& x, int axis, const char* op) {
  return normal_axis(axis, impl_of(x, op).spec().shape.rank(), op);
}

// Integers and bools as f32: for ops that are defined on floating dtypes only.
Tensor floating(const Tensor& x, const char* op) {
  return is_floating(impl_of(x, op).spec().dtype) ? x : cast_to(x, DType::kF32);
}

void promote_together(Tensor& a, Tensor& b) {
  const Tensor both[] = {a, b};
  const DType dtype = detail::common_dtype(both);
  a = cast_to(a, dtype);
  b = cast_to(b, dtype);
}

}  // namespace

Tensor full(Shape shape, Scalar value, DType dtype) {
  expect_addressable("full", {shape, dtype});
  return detail::filled(shape, value, dtype);
}
Tensor zeros(Shape shape, DType dtype) { return full(std::move(shape), 0, dtype); }
Tensor ones(Shape shape, DType dtype) { return full(std::move(shape), 1, dtype); }
Tensor full_like(const Tensor& x, Scalar value) {
  const TensorSpec spec = impl_of(x, "full_like").spec();
  const DeviceScope on(x.device());
  return full(spec.shape, value, spec.dtype);
}
Tensor zeros_like(const Tensor& x) { return full_like(x, 0); }
Tensor ones_like(const Tensor& x) { return full_like(x, 1); }
Tensor arange(std::int64_t length, DType dtype) {
  if (length < 0) fail<ShapeError>("arange", "length ", length, " is negative");
  expect_addressable("arange", {{length}, dtype});
  return apply1("iota", {}, {{"length", length}, {"dtype", dtype}});
}

Tensor reshape(const Tensor& x, Shape shape) {
  const Shape& from = impl_of(x, "reshape").spec().shape;
  std::vector<std::int64_t> dims = shape.dims();
  std::vector<std::int64_t> known;
  std::int64_t open = -1;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == -1 && open < 0) {
      open = static_cast<std::int64_t>(i);
    } else if (dims[i] < 0) {
      fail<ShapeError>("reshape", "shape ", shape, " has more than one -1, or a negative size");
    } else {
      known.push_back(dims[i]);
    }
  }
  if (open >= 0) {
    const std::int64_t others = Shape(std::move(known)).numel();
    if (others == 0 || from.numel() % others != 0)
      fail<ShapeError>("reshape", from, " has ", from.numel(), " elements, which no size makes fit ", shape);
    dims[static_cast<std::size_t>(open)] = from.numel() / others;
  }
  return apply1("reshape", {x}, {{"shape", std::move(dims)}});
}

Tensor permute(const Tensor& x, std::vector<int> order) {
  const int rank = impl_of(x, "permute").spec().shape.rank();
  if (static_cast<int>(order.size()) != rank)
    fail<ShapeError>("permute", order.size(), " axes were given for ", x.shape());
  Ints perm;
  for (const int a : order) perm.push_back(normal_axis(a, rank, "permute"));
  return apply1("transpose", {x}, {{"perm", std::move(perm)}});
}

Tensor broadcast_to(const Tensor& x, Shape shape) {
  impl_of(x, "broadcast_to");
  return apply1("broadcast_to", {x}, {{"shape", shape.dims()}});
}

Tensor concat(const std::vector<Tensor>& parts, int axis) {
  if (parts.empty()) fail<ValueError>("concat", "no tensors were given");
  for (const Tensor& p : parts) impl_of(p, "concat");
  const DType dtype = detail::common_dtype(parts);
  std::vector<Tensor> cast;
  for (const Tensor& p : parts) cast.push_back(cast_to(p, dtype));
  return apply_op(ir::OpId::of("concat"), cast, {{"axis", axis_of(parts[0], axis, "concat")}})[0];
}

Tensor stack(const std::vector<Tensor>& parts, int axis) {
  std::vector<Tensor> raised;
  for (const Tensor& p : parts) raised.push_back(p.unsqueeze(axis));
  return concat(raised, axis);
}

std::vector<Tensor> split(const Tensor& x, std::int64_t size, int axis) {
  if (size < 1) fail<ValueError>("split", "size ", size, " is not positive");
  const auto a = static_cast<int>(axis_of(x, axis, "split"));
  std::vector<Tensor> out;
  for (std::int64_t i = 0; i < x.dim(a); i += size) out.push_back(x.slice(a, i, std::min(i + size, x.dim(a))));
  return out;
}

Tensor flip(const Tensor& x, std::vector<int> axes) {
  return apply1("flip", {x}, {{"axes", normal_axes(axes, impl_of(x, "flip").spec().shape.rank(), "flip")}});
}

Tensor pad(const Tensor& x, std::vector<std::int64_t> low, std::vector<std::int64_t> high,
           std::vector<std::int64_t> interior) {
  if (interior.empty()) interior.assign(static_cast<std::size_t>(impl_of(x, "pad").spec().shape.rank()), 0);
  return apply1("pad", {x}, {{"low", std::move(low)}, {"high", std::move(high)}, {"interior", std::move(interior)}});
}

Tensor take(const Tensor& x, const Tensor& index, int axis) {
  return apply1("take", {x, index}, {{"axis", axis_of(x, axis, "take")}});
}
Tensor index_add(const Tensor& x, const Tensor& index, const Tensor& updates, int axis) {
  return apply1("index_add", {x, index, updates}, {{"axis", axis_of(x, axis, "index_add")}});
}
Tensor gather(const Tensor& x, const Tensor& index, int axis) {
  return apply1("gather", {x, index}, {{"axis", axis_of(x, axis, "gather")}});
}
Tensor scatter_add(const Tensor& x, const Tensor& index, const Tensor& updates, int axis) {
  return apply1("scatter_add", {x, index, updates}, {{"axis", axis_of(x, axis, "scatter_add")}});
}
Tensor one_hot(const Tensor& index, std::int64_t classes, DType dtype) {
  if (classes < 1) fail<ValueError>("one_hot", "the number of classes is ", classes, "; it must be positive");
  const TensorSpec spec = impl_of(index, "one_hot").spec();
  if (is_floating(spec.dtype)) fail<DTypeError>("one_hot", "index is ", spec, "; it must be integers");
  const DeviceScope on(index.device());
  const Tensor every = arange(classes);
  // take() gives each index itself, and a DataError for one that is outside.
  return cast_to(equal(take(every, cast_to(index, DType::kI64)).unsqueeze(-1), every), dtype);
}

Tensor sum(const Tensor& x, std::vector<int> axes, bool keep) { return reduce("sum", x, axes, keep); }
Tensor mean(const Tensor& x, std::vector<int> axes, bool keep) {
  return reduce("mean", floating(x, "mean"), axes, keep);
}
Tensor prod(const Tensor& x, std::vector<int> axes, bool keep) { return reduce("prod", x, axes, keep); }
Tensor max(const Tensor& x, std::vector<int> axes, bool keep) { return reduce("max", x, axes, keep); }
Tensor min(const Tensor& x, std::vector<int> axes, bool keep) { return reduce("min", x, axes, keep); }
Tensor any(const Tensor& x, std::vector<int> axes, bool keep) { return logical("any", "max", x, axes, keep, false); }
Tensor all(const Tensor& x, std::vector<int> axes, bool keep) { return logical("all", "min", x, axes, keep, true); }
Tensor argmax(const Tensor& x, int axis, bool keep) {
  return apply1("argmax", {x}, {{"axis", axis_of(x, axis, "argmax")}, {"keep", keep}});
}
Tensor argmin(const Tensor& x, int axis, bool keep) {
  return apply1("argmin", {x}, {{"axis", axis_of(x, axis, "argmin")}, {"keep", keep}});
}
Tensor variance(const Tensor& x, std::vector<int> axes, bool keep, int correction) {
  const Tensor f = floating(x, "variance");
  return apply1("variance", {f},
                {{"axes", normal_axes(axes, f.rank(), "variance")},
                 {"keep", keep},
                 {"correction", static_cast<std::int64_t>(correction)}});
}
Tensor logsumexp(const Tensor& x, std::vector<int> axes, bool keep) {
  return reduce("logsumexp", floating(x, "logsumexp"), axes, keep);
}
Tensor cumsum(const Tensor& x, int axis, bool reverse) {
  const std::int64_t along = axis_of(x, axis, "cumsum");
  const Tensor wide = is_floating(x.dtype()) ? x : cast_to(x, DType::kI64);
  return apply1("cumsum", {wide}, {{"axis", along}, {"reverse", reverse}});
}

Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a, bool transpose_b) {
  Tensor x = floating(a, "matmul"), y = floating(b, "matmul");
  promote_together(x, y);
  if (x.rank() == 0 || y.rank() == 0)
    fail<ShapeError>("matmul", "operands are ", a.shape(), " and ", b.shape(), "; both need at least one axis");
  const bool row = x.rank() == 1, column = y.rank() == 1;  // NumPy's rule for vectors
  if (row) x = x.unsqueeze(transpose_a ? 1 : 0);
  if (column) y = y.unsqueeze(transpose_b ? 0 : 1);
  Tensor out = apply1("matmul", {x, y}, {{"trans_a", transpose_a}, {"trans_b", transpose_b}});
  if (column) out = out.squeeze(-1);
  if (row) out = out.squeeze(column ? -1 : -2);
  return out;
}

Tensor softmax(const Tensor& x, int axis) {
  return apply1("softmax", {floating(x, "softmax")}, {{"axis", axis_of(x, axis, "softmax")}});
}
Tensor log_softmax(const Tensor& x, int axis) {
  return apply1("log_softmax", {floating(x, "log_softmax")}, {{"axis", axis_of(x, axis, "log_softmax")}});
}

RowLoss softmax_cross_entropy(const Tensor& logits, const Tensor& target, const Tensor& weight, double label_smoothing,
                              std::int64_t ignore_index) {
  std::vector<Tensor> inputs{logits, target};
  if (weight.defined()) inputs.push_back(weight);
  auto out = apply_op(ir::OpId::of("softmax_cross_entropy"), inputs,
                      {{"label_smoothing", label_smoothing}, {"ignore_index", ignore_index}});
  return {out[0], out[2]};
}

BatchNormResult batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps) {
  const std::vector<Tensor> inputs{x, weight, bias};
  auto out = apply_op(ir::OpId::of("batch_norm"), inputs, {{"eps", eps}});
  return {out[0], out[1], out[2]};
}

Tensor batch_norm_inference(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& mean,
                            const Tensor& variance, double eps) {
  return apply1("batch_norm_inference", {x, weight, bias, mean, variance}, {{"eps", eps}});
}

std::pair<Tensor, Tensor> sort(const Tensor& x, int axis, bool descending) {
  auto out = apply_op(ir::OpId::of("sort"), {&x, 1}, {{"axis", axis_of(x, axis, "sort")}, {"descending", descending}});
  return {out[0], out[1]};
}

std::pair<Tensor, Tensor> topk(const Tensor& x, std::int64_t k, int axis, bool largest) {
  auto out = apply_op(ir::OpId::of("topk"), {&x, 1},
                      {{"first", std::int64_t{0}}, {"k", k}, {"axis", axis_of(x, axis, "topk")}, {"largest", largest}});
  return {out[0], out[1]};
}

Unique unique(const Tensor& x) {
  impl_of(x, "unique");
  if (detail::Tracer::current())
    fail<TraceError>("unique",
                     "the shape of the result depends on the data, which a program does not know yet; call it "
                     "outside compile()");
  const Tensor flat = x.flatten();
  auto out = apply_op(ir::OpId::of("unique"), {&flat, 1});
  const std::int64_t number = out[3].item<std::int64_t>();
  return {out[0].slice(0, 0, number), out[1].reshape(x.shape()), out[2].slice(0, 0, number)};
}

Tensor stop_gradient(const Tensor& x) { return apply1("stop_gradient", {x}); }

}  // namespace weft
