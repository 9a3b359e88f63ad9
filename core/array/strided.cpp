// SPDX-License-Identifier: Apache-2.0
#include "core/array/strided.h"

#include <cstring>

namespace weft {

namespace {

template <std::size_t kBytes>
void gather_axis(std::byte*& to, const std::byte* from, const StridedMemory& memory, std::size_t axis) {
  if (axis == memory.dims.size()) {
    std::memcpy(to, from, kBytes);
    to += kBytes;
    return;
  }
  const std::int64_t step = memory.strides[axis] * static_cast<std::int64_t>(kBytes);
  if (axis + 1 < memory.dims.size()) {
    for (std::int64_t i = 0; i < memory.dims[axis]; ++i) gather_axis<kBytes>(to, from + i * step, memory, axis + 1);
    return;
  }
  for (std::int64_t i = 0; i < memory.dims[axis]; ++i) std::memcpy(to + i * kBytes, from + i * step, kBytes);
  to += memory.dims[axis] * static_cast<std::int64_t>(kBytes);
}

}  // namespace

ByteRange StridedMemory::range() const {
  ByteRange range{0, static_cast<std::int64_t>(element_bytes)};
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    if (dims[axis] == 0) return {};
    const std::int64_t reach = (dims[axis] - 1) * strides[axis] * static_cast<std::int64_t>(element_bytes);
    (reach < 0 ? range.begin : range.end) += reach;
  }
  return range;
}

void gather_strided(void* to, const StridedMemory& from) {
  if (from.range().bytes() == 0) return;
  auto* out = static_cast<std::byte*>(to);
  switch (from.element_bytes) {
    case 1:
      return gather_axis<1>(out, from.data, from, 0);
    case 2:
      return gather_axis<2>(out, from.data, from, 0);
    case 4:
      return gather_axis<4>(out, from.data, from, 0);
    default:
      return gather_axis<8>(out, from.data, from, 0);
  }
}

}  // namespace weft
