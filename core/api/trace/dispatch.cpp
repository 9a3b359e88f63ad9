// SPDX-License-Identifier: Apache-2.0
#include "core/api/trace/dispatch.h"

#include <algorithm>
#include <optional>

#include "core/base/check.h"
#include "core/exec/eager.h"
#include "core/scalar/convert.h"
#include "weft/detail/host_allocation.h"

namespace weft::detail {
namespace {

std::vector<Tensor> trace(Tracer& tracer, ir::OpId op, std::span<const Tensor> inputs, ir::Attributes attributes) {
  std::vector<ir::Value> values;
  for (const Tensor& t : inputs) values.push_back(tracer.lift(t, op.name().c_str()));
  tracer.build().set_path(current_path());
  std::vector<Tensor> out;
  for (const ir::Value v : tracer.build().emit_all(op, std::move(values), std::move(attributes)))
    out.push_back(tracer.wrap(v));
  return out;
}

int kind(DType d) { return is_floating(d) ? 2 : d == DType::kBool ? 0 : 1; }

DType promote(DType a, DType b) {
  if (a == b) return a;
  if (kind(a) != kind(b)) return kind(a) > kind(b) ? a : b;
  if (kind(a) == 2) {
    if (a == DType::kF64 || b == DType::kF64) return DType::kF64;
    return DType::kF32;  // f32 with a half type, or the two half types
  }
  if (a == DType::kI64 || b == DType::kI64) return DType::kI64;
  return DType::kI32;
}

// One op, traced or run at once.
std::vector<Tensor> applied(ir::OpId op, std::span<const Tensor> inputs, ir::Attributes attributes) {
  if (Tracer* tracer = Tracer::current()) return trace(*tracer, op, inputs, std::move(attributes));
  std::vector<Array> arrays;
  exec::Faults faults;
  for (const Tensor& t : inputs) {
    const TensorImpl& impl = concrete_of(t, op.name().c_str());
    arrays.push_back(impl.array());
    faults.add(impl.faults());
  }
  const Device device = arrays.empty() ? default_device() : arrays[0].device();
  for (const Array& a : arrays)
    if (a.device() != device)
      fail<DeviceError>(op.name(), "inputs live on ", device.name(), " and ", a.device().name(),
                        "; move them to one device with to()");
  exec::OpRun run = exec::run_op(op, arrays, attributes, device);
  faults.add(run.faults);
  std::vector<Tensor> out;
  for (Array& a : run.outputs) out.push_back(wrap(std::move(a), faults));
  return out;
}

}  // namespace

std::vector<Tensor> apply_op(ir::OpId op, std::span<const Tensor> inputs, ir::Attributes attributes) {
  return allocating(op.name().c_str(), 0, [&] { return applied(op, inputs, std::move(attributes)); });
}

DType common_dtype(std::span<const Tensor> operands) {
  std::optional<DType> with_axes, single;
  for (const Tensor& t : operands) {
    std::optional<DType>& known = t.rank() > 0 ? with_axes : single;
    known = known ? promote(*known, t.dtype()) : t.dtype();
  }
  if (!with_axes || !single) return with_axes ? *with_axes : *single;
  return kind(*single) > kind(*with_axes) ? *single : *with_axes;
}

Tensor cast_to(const Tensor& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  return apply1("cast", {x}, {{"dtype", dtype}});
}

ir::Ints normal_axes(const std::vector<int>& axes, int rank, const char* op) {
  ir::Ints out;
  if (axes.empty()) {
    for (int i = 0; i < rank; ++i) out.push_back(i);
    return out;
  }
  for (const int a : axes) out.push_back(normal_axis(a, rank, op));
  std::sort(out.begin(), out.end());
  if (const auto twice = std::adjacent_find(out.begin(), out.end()); twice != out.end())
    fail<ShapeError>(op, "axis ", *twice, " is named twice");
  return out;
}

Tensor filled(const Shape& shape, Scalar value, DType dtype) {
  if (value.is_beyond_i64 && !is_floating(dtype)) fail<ValueError>("full", value.real, " is not a value of ", dtype);
  ir::Attributes attributes{{"shape", shape.dims()}, {"dtype", dtype}, {"value", value.real}};
  if (!is_floating(dtype))
    attributes.set("integer", value.is_integer ? value.integer : std::int64_t{convert<long long>(value.real)});
  return apply1("full", {}, std::move(attributes));
}

Tensor constant(Scalar value, DType dtype, Device device) {
  const DeviceScope on(device);
  return filled({}, value, dtype);
}

}  // namespace weft::detail
