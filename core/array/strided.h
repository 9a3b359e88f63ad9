// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace weft {

// Bytes relative to the first element of an array; `begin` is negative where strides are.
struct ByteRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::size_t bytes() const { return static_cast<std::size_t>(end - begin); }
};

// Host memory with a stride per axis, in elements.
struct StridedMemory {
  const std::byte* data;  // the first element
  const std::vector<std::int64_t>& dims;
  const std::vector<std::int64_t>& strides;
  std::size_t element_bytes;

  // The bytes that the elements cover; empty without elements.
  ByteRange range() const;
};

// Writes the elements to `to` in row-major order, without gaps.
void gather_strided(void* to, const StridedMemory& from);

}  // namespace weft
