// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

#include "weft/tensor.h"

namespace weft::detail {

// Dtypes of images that a transform takes.
enum class ImageTypes { kAny, kU8 };

// An image (height, width, channels) in host memory, for reading. Errors carry `op`: ValueError for an undefined
// tensor, ShapeError for other shapes and images without a pixel, DTypeError for other types.
class ImageView {
 public:
  ImageView(const char* op, const Tensor& image, ImageTypes types);

  std::int64_t height() const { return tensor_.dim(0); }
  std::int64_t width() const { return tensor_.dim(1); }
  std::int64_t channels() const { return tensor_.dim(2); }
  DType dtype() const { return tensor_.dtype(); }
  std::size_t pixel_bytes() const { return pixel_bytes_; }
  const Tensor& tensor() const { return tensor_; }
  const std::byte* at(std::int64_t y, std::int64_t x) const {
    return data_ + static_cast<std::size_t>(y * width() + x) * pixel_bytes_;
  }
  const std::uint8_t* values() const { return reinterpret_cast<const std::uint8_t*>(data_); }

 private:
  Tensor tensor_;
  std::size_t pixel_bytes_;
  const std::byte* data_;
};

// An image that is being made, values unset.
class NewImage {
 public:
  NewImage(std::int64_t height, std::int64_t width, std::int64_t channels, DType dtype);
  std::byte* bytes() { return memory_.get(); }
  template <class T>
  T* values() {
    return reinterpret_cast<T*>(memory_.get());
  }
  std::size_t size() const { return static_cast<std::size_t>(spec_.bytes()); }
  Tensor tensor() const;

 private:
  TensorSpec spec_;
  std::shared_ptr<std::byte> memory_;
};

}  // namespace weft::detail
