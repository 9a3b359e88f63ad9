// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "weft/detail/export.h"

namespace weft WEFT_EXPORT {
namespace detail {

// OutOfMemory for `bytes` of host memory; 0: a number that is not known. An empty path stands for the layer path.
[[noreturn]] void out_of_host_memory(const char* op, const std::string& path, std::size_t bytes);

// Gives f(). Containers whose size follows a user's data are filled in such an f, because what they throw is no
// weft::Error: OutOfMemory takes its place and names op, path and bytes.
template <class F>
std::invoke_result_t<F> allocating(const char* op, std::size_t bytes, F f, const std::string& path = {}) {
  try {
    return f();
  } catch (const std::bad_alloc&) {
  } catch (const std::length_error&) {
  }
  out_of_host_memory(op, path, bytes);
}

}  // namespace detail
}  // namespace weft
