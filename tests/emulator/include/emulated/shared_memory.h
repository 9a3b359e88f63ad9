// SPDX-License-Identifier: Apache-2.0
#pragma once

// Shared memory of the running block: one heap allocation of exact size per declaration, all bytes 0xFF when the block
// starts, so that ASan sees an overrun and a float read before it was written is NaN.
#include <cstddef>
#include <type_traits>

namespace weft::emulator {

// The block's array for the declaration whose address is `site`; every thread of the block gets the same one.
void* shared_array(const void* site, std::size_t bytes, std::size_t alignment, const char* name);

// The launch's dynamic shared memory, config.dynamicSmemBytes long and aligned to 16.
void* dynamic_shared();

template <class T, std::size_t kCount>
T (&typed_shared_array(const void* site, const char* name))
[kCount] {
  static_assert(std::is_trivially_copyable_v<T>, "shared memory is raw memory");
  return *static_cast<T(*)[kCount]>(shared_array(site, sizeof(T[kCount]), alignof(T), name));
}

}  // namespace weft::emulator
