// SPDX-License-Identifier: Apache-2.0
#include "core/array/array.h"

#include <cstddef>
#include <cstring>
#include <utility>

#include "core/array/strided.h"
#include "core/base/check.h"
#include "weft/detail/host_allocation.h"

namespace weft {

Array Array::empty(TensorSpec spec, const Stream& stream) {
  auto buffer = Block::allocate(static_cast<std::size_t>(spec.bytes()), stream);
  return wrap(std::move(buffer), 0, std::move(spec));
}

Array Array::zeros(TensorSpec spec, const Stream& stream) {
  Array array = empty(std::move(spec), stream);
  zero_bytes(array.data(), array.buffer_->bytes(), stream);
  return array;
}

Array Array::from_host(const void* data, TensorSpec spec, const Stream& stream) {
  Array array = empty(std::move(spec), stream);
  copy_bytes(array.data(), stream.device(), data, Device::cpu(), array.buffer_->bytes(), stream);
  return array;
}

Array Array::wrap(std::shared_ptr<Block> buffer, std::int64_t offset_bytes, TensorSpec spec,
                  std::vector<std::int64_t> strides) {
  Array array;
  array.buffer_ = std::move(buffer);
  array.offset_ = offset_bytes;
  array.strides_ = strides.empty() ? row_major_strides(spec.shape) : std::move(strides);
  array.spec_ = std::move(spec);
  return array;
}

Device Array::device() const { return buffer_ ? buffer_->device() : Device(); }

void* Array::data() const {
  if (buffer_ == nullptr || buffer_->data() == nullptr) return nullptr;
  return static_cast<std::byte*>(buffer_->data()) + offset_;
}

bool Array::dense() const {
  if (shape().numel() == 0) return true;
  std::int64_t expected = 1;
  for (std::size_t axis = strides_.size(); axis-- > 0;) {
    const std::int64_t size = shape().dims()[axis];
    if (size != 1 && strides_[axis] != expected) return false;
    expected *= size;
  }
  return true;
}

Array Array::reshape(Shape shape) const {
  if (shape.numel() != spec_.shape.numel())
    fail<ShapeError>("reshape", "given ", spec_.shape, " of ", spec_.shape.numel(), " elements, the new shape ", shape,
                     " has ", shape.numel());
  return wrap(buffer_, offset_, {std::move(shape), spec_.dtype});
}

Array Array::permute(const std::vector<int>& order) const {
  std::vector<std::int64_t> dims;
  Array view = *this;
  view.strides_.clear();
  for (const int axis : order) {
    dims.push_back(spec_.shape[axis]);
    view.strides_.push_back(strides_[static_cast<std::size_t>(axis)]);
  }
  view.spec_.shape = Shape(std::move(dims));
  return view;
}

Array Array::slice(int axis, std::int64_t begin, std::int64_t end, std::int64_t step) const {
  const auto at = static_cast<std::size_t>(axis);
  std::vector<std::int64_t> dims = spec_.shape.dims();
  dims[at] = end > begin ? (end - begin + step - 1) / step : 0;
  Array view = *this;
  view.spec_.shape = Shape(std::move(dims));
  view.offset_ += begin * strides_[at] * static_cast<std::int64_t>(size_of(spec_.dtype));
  view.strides_[at] *= step;
  return view;
}

Array Array::contiguous(const Stream& stream) const {
  if (dense()) return *this;
  const StridedMemory source{static_cast<const std::byte*>(data()), spec_.shape.dims(), strides_, size_of(spec_.dtype)};
  Array packed = empty(spec_, stream);
  if (device().is_cpu()) {
    gather_strided(packed.data(), source);
    return packed;
  }
  // Goes through the host, which is slow but rare: strided device memory comes only from other libraries and from
  // views.
  const ByteRange range = source.range();
  const auto host = [](std::size_t bytes) {
    return detail::allocating("read", bytes, [bytes] { return std::vector<std::byte>(bytes); });
  };
  std::vector<std::byte> span = host(range.bytes());
  copy_bytes(span.data(), Device::cpu(), source.data + range.begin, device(), span.size(), stream);
  stream.synchronize();
  std::vector<std::byte> dense_copy = host(static_cast<std::size_t>(spec_.bytes()));
  gather_strided(dense_copy.data(), {span.data() - range.begin, source.dims, source.strides, source.element_bytes});
  copy_bytes(packed.data(), device(), dense_copy.data(), Device::cpu(), dense_copy.size(), stream);
  return packed;
}

Array Array::to(Device target) const {
  const Stream from_stream = Stream::current(device());
  if (target == device()) return contiguous(from_stream);
  const Array source = contiguous(from_stream);
  const Stream to_stream = Stream::current(target);
  Array copy = empty(spec_, to_stream);
  // The copy runs on the source's stream, so that the source may be released right after. The streams wait for each
  // other, because earlier work of the target's stream may use the new memory and later work needs the values.
  const Stream& stream = device().is_cuda() ? from_stream : to_stream;
  if (target.is_cuda()) stream.wait(to_stream);
  copy_bytes(copy.data(), target, source.data(), device(), static_cast<std::size_t>(spec_.bytes()), stream);
  to_stream.wait(stream);
  return copy;
}

void Array::copy_to_host(void* host) const {
  const Stream stream = Stream::current(device());
  const Array source = contiguous(stream);
  copy_bytes(host, Device::cpu(), source.data(), device(), static_cast<std::size_t>(spec_.bytes()), stream);
  stream.synchronize();
}

}  // namespace weft
