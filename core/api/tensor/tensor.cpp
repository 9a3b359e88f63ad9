// SPDX-License-Identifier: Apache-2.0
#include "weft/tensor.h"

#include <ostream>

#include "core/api/trace/dispatch.h"
#include "core/api/trace/tensor_impl.h"
#include "core/array/dlpack.h"
#include "core/base/check.h"
#include "weft/detail/host_allocation.h"
#include "weft/ops.h"

namespace weft {

using detail::array_of;
using detail::impl_of;

namespace {

void check_count(const char* op, std::size_t given, const Shape& shape, DType dtype) {
  expect_addressable(op, {shape, dtype});
  if (static_cast<std::int64_t>(given) != shape.numel())
    fail<ShapeError>(op, given, " elements were given for shape ", shape, ", which has ", shape.numel());
}

// The tensor's value once it is computed; bad data that a kernel met becomes an exception.
const detail::TensorImpl& finished(const Tensor& tensor, const char* op) {
  const detail::TensorImpl& impl = detail::concrete_of(tensor, op);
  Stream::current(impl.array().device()).synchronize();
  impl.faults().check();
  return impl;
}

}  // namespace

Tensor Tensor::copy_in(const void* data, std::size_t count, DType dtype, Shape shape) {
  check_count("of", count, shape, dtype);
  const Stream stream = Stream::current(default_device());
  const TensorSpec spec{std::move(shape), dtype};
  return detail::allocating("of", static_cast<std::size_t>(spec.bytes()),
                            [&] { return detail::wrap(Array::from_host(data, spec, stream), {}); });
}

Tensor Tensor::borrow_host(const void* data, std::size_t count, DType dtype, Shape shape,
                           std::shared_ptr<const void> keep) {
  check_count("borrow", count, shape, dtype);
  TensorSpec spec{std::move(shape), dtype};
  // Tensors never write to their memory, so dropping const is safe.
  auto buffer = Block::wrap(const_cast<void*>(data), static_cast<std::size_t>(spec.bytes()), Device::cpu(),
                            [keep = std::move(keep)]() mutable { keep.reset(); });
  return detail::wrap(Array::wrap(std::move(buffer), 0, std::move(spec)), {});
}

Tensor Tensor::borrow_device(const void* pointer, TensorSpec spec, Device device, void* ready_on_stream,
                             std::shared_ptr<const void> keep) {
  expect_addressable("borrow_device", spec);
  if (pointer == nullptr && spec.shape.numel() > 0) fail<ValueError>("borrow_device", "the pointer is null");
  if (ready_on_stream) Stream::current(device).wait(Stream::wrap(device, ready_on_stream));
  auto buffer = Block::wrap(const_cast<void*>(pointer), static_cast<std::size_t>(spec.bytes()), device,
                            [keep = std::move(keep)]() mutable { keep.reset(); });
  return detail::wrap(Array::wrap(std::move(buffer), 0, std::move(spec)), {});
}

Tensor Tensor::from_dlpack(DLManagedTensor* managed) {
  const Array array = weft::from_dlpack(managed);
  return detail::wrap(array.contiguous(Stream::current(array.device())), {});
}

DLManagedTensor* Tensor::to_dlpack() const {
  // Memory that no variable will write to, because the receiver keeps the address.
  return weft::to_dlpack(finished(*this, "to_dlpack").own_array());
}

const Shape& Tensor::shape() const { return impl_of(*this, "shape").spec().shape; }
DType Tensor::dtype() const { return impl_of(*this, "dtype").spec().dtype; }
bool Tensor::traced() const { return impl_of(*this, "traced").traced(); }

Device Tensor::device() const {
  const detail::TensorImpl& impl = impl_of(*this, "device");
  if (impl.traced() && impl.token()->tracer) return impl.token()->tracer->device();
  return array_of(*this, "device").device();
}

void Tensor::copy_out(void* host, std::size_t count, DType as) const {
  const detail::TensorImpl& impl = detail::concrete_of(*this, "read");
  if (static_cast<std::int64_t>(count) != impl.spec().shape.numel())
    fail<ShapeError>("read", "the tensor is ", impl.spec(), ", the destination takes ", count, " elements");
  impl.read([&](const Array& array) {
    if (array.dtype() == as) return array.copy_to_host(host);
    const auto bytes = static_cast<std::size_t>(array.spec().bytes());
    auto raw = detail::allocating("read", bytes, [bytes] { return std::vector<std::byte>(bytes); });
    array.copy_to_host(raw.data());
    convert_host(host, as, raw.data(), array.dtype(), static_cast<std::int64_t>(count));
  });
  impl.faults().check();
}

const void* Tensor::device_pointer() const { return detail::concrete_of(*this, "device_pointer").own_array().data(); }

std::string Tensor::text() const {
  std::string out;
  finished(*this, "text").read([&](const Array& array) {
    const auto bytes = static_cast<std::size_t>(array.spec().bytes());
    out = detail::allocating("text", bytes, [&] { return text_of(array); });
  });
  return out;
}

Tensor Tensor::to(Device device) const {
  if (impl_of(*this, "to").traced()) {
    if (device != this->device())
      fail<DeviceError>("to", "a program runs on one device, ", this->device().name(), "; it cannot use ",
                        device.name());
    return *this;
  }
  const detail::TensorImpl& impl = detail::concrete_of(*this, "to");
  const Array array = impl.array();
  return array.device() == device ? *this : detail::wrap(array.to(device), impl.faults());
}

Tensor Tensor::to(DType dtype) const { return detail::cast_to(*this, dtype); }
Tensor Tensor::reshape(Shape shape) const { return weft::reshape(*this, std::move(shape)); }

Tensor Tensor::flatten(int first, int last) const {
  if (rank() == 0) return reshape({1});
  const int a = normal_axis(first, rank(), "flatten"), b = normal_axis(last, rank(), "flatten");
  if (a > b) fail<ShapeError>("flatten", "axis ", first, " stands after axis ", last, " in ", shape());
  std::vector<std::int64_t> dims(shape().begin(), shape().begin() + a);
  std::int64_t merged = 1;
  for (int i = a; i <= b; ++i) merged *= dim(i);
  dims.push_back(merged);
  dims.insert(dims.end(), shape().begin() + b + 1, shape().end());
  return reshape(Shape(std::move(dims)));
}

Tensor Tensor::transpose(int a, int b) const {
  std::vector<int> order(static_cast<std::size_t>(rank()));
  for (int i = 0; i < rank(); ++i) order[static_cast<std::size_t>(i)] = i;
  std::swap(order[static_cast<std::size_t>(normal_axis(a, rank(), "transpose"))],
            order[static_cast<std::size_t>(normal_axis(b, rank(), "transpose"))]);
  return permute(std::move(order));
}

Tensor Tensor::permute(std::vector<int> order) const { return weft::permute(*this, std::move(order)); }

Tensor Tensor::squeeze(int axis) const {
  const int a = normal_axis(axis, rank(), "squeeze");
  if (dim(a) != 1) fail<ShapeError>("squeeze", "axis ", axis, " of ", shape(), " has size ", dim(a), ", not 1");
  std::vector<std::int64_t> dims = shape().dims();
  dims.erase(dims.begin() + a);
  return reshape(Shape(std::move(dims)));
}

Tensor Tensor::unsqueeze(int axis) const {
  std::vector<std::int64_t> dims = shape().dims();
  dims.insert(dims.begin() + normal_axis(axis, rank() + 1, "unsqueeze"), 1);
  return reshape(Shape(std::move(dims)));
}

Tensor Tensor::slice(int axis, std::int64_t begin, std::int64_t end, std::int64_t step) const {
  const int a = normal_axis(axis, rank(), "slice");
  const std::int64_t size = dim(a);
  const std::int64_t from = begin < 0 ? begin + size : begin, to = end < 0 ? end + size : end;
  if (from < 0 || to > size || from > to || step < 1)
    fail<ShapeError>("slice", "[", begin, ", ", end, ") in steps of ", step, " does not lie in axis ", axis, " of ",
                     shape());
  ir::Ints low(static_cast<std::size_t>(rank()), 0), high = shape().dims(), steps(static_cast<std::size_t>(rank()), 1);
  low[static_cast<std::size_t>(a)] = from;
  high[static_cast<std::size_t>(a)] = to;
  steps[static_cast<std::size_t>(a)] = step;
  return detail::apply1("slice", {*this}, {{"begin", low}, {"end", high}, {"step", steps}});
}

Tensor Tensor::column(std::int64_t j) const {
  const std::int64_t size = dim(-1), at = j < 0 ? j + size : j;
  if (at < 0 || at >= size) fail<ShapeError>("column", "column ", j, " is outside ", shape());
  return slice(-1, at, at + 1).squeeze(-1);
}
Tensor Tensor::operator[](std::int64_t i) const {
  if (rank() == 0) fail<ShapeError>("index", "a tensor without axes has no row ", i);
  const std::int64_t size = dim(0), at = i < 0 ? i + size : i;
  if (at < 0 || at >= size) fail<ShapeError>("index", "row ", i, " is outside ", shape());
  return slice(0, at, at + 1).squeeze(0);
}
Tensor Tensor::operator[](const Range& rows) const {
  if (rank() == 0) fail<ShapeError>("index", "a tensor without axes has no rows");
  return slice(0, rows.begin, rows.end.value_or(dim(0)), rows.step);
}
Tensor Tensor::sum(std::vector<int> axes, bool keep) const { return weft::sum(*this, std::move(axes), keep); }
Tensor Tensor::mean(std::vector<int> axes, bool keep) const { return weft::mean(*this, std::move(axes), keep); }
Tensor Tensor::max(std::vector<int> axes, bool keep) const { return weft::max(*this, std::move(axes), keep); }
Tensor Tensor::min(std::vector<int> axes, bool keep) const { return weft::min(*this, std::move(axes), keep); }
Tensor Tensor::argmax(int axis, bool keep) const { return weft::argmax(*this, axis, keep); }

std::ostream& operator<<(std::ostream& out, const Tensor& x) { return out << x.text(); }

Tensor& Tensor::operator+=(const Tensor& other) { return *this = *this + other; }
Tensor& Tensor::operator-=(const Tensor& other) { return *this = *this - other; }
Tensor& Tensor::operator*=(const Tensor& other) { return *this = *this * other; }
Tensor& Tensor::operator/=(const Tensor& other) { return *this = *this / other; }

}  // namespace weft
