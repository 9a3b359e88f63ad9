// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/device/block.h"
#include "weft/shape.h"

namespace weft {

// A concrete tensor: memory, shape, strides (in elements) and dtype. Copying shares the memory.
class Array {
 public:
  Array() = default;
  // Dense row-major memory with unset values.
  static Array empty(TensorSpec spec, const Stream& stream);
  static Array zeros(TensorSpec spec, const Stream& stream);
  // A dense copy of host memory.
  static Array from_host(const void* data, TensorSpec spec, const Stream& stream);
  // Memory that someone else holds. Strides are in elements; empty strides stand for dense row-major memory.
  static Array wrap(std::shared_ptr<Block> buffer, std::int64_t offset_bytes, TensorSpec spec,
                    std::vector<std::int64_t> strides = {});

  bool defined() const { return buffer_ != nullptr; }
  const TensorSpec& spec() const { return spec_; }
  const Shape& shape() const { return spec_.shape; }
  DType dtype() const { return spec_.dtype; }
  Device device() const;
  const std::vector<std::int64_t>& strides() const { return strides_; }
  const std::shared_ptr<Block>& buffer() const { return buffer_; }
  // The first element.
  void* data() const;
  // Row-major without gaps.
  bool dense() const;

  // Views, which share the memory. The caller has normalized the axes.
  Array reshape(Shape shape) const;  // only for a dense array
  Array permute(const std::vector<int>& order) const;
  Array slice(int axis, std::int64_t begin, std::int64_t end, std::int64_t step) const;

  // A dense array of these values: a copy, or this array if its elements are dense already.
  Array contiguous(const Stream& stream) const;
  // A dense copy on `device`, in the order of both devices' streams; this array if it is dense and on `device` already.
  Array to(Device device) const;
  // Copies the values, dense, into host memory and waits for the copy.
  void copy_to_host(void* host) const;

 private:
  std::shared_ptr<Block> buffer_;
  std::int64_t offset_ = 0;  // bytes
  TensorSpec spec_;
  std::vector<std::int64_t> strides_;
};

// Text as NumPy writes it: nested brackets, aligned columns. In arrays of more than 1000 elements axes longer than 6
// are shortened by "...".
std::string text_of(const Array& array);

// Converts n elements on the host, with the rules of the `cast` op.
void convert_host(void* to, DType to_dtype, const void* from, DType from_dtype, std::int64_t n);

}  // namespace weft
