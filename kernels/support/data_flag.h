// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>

#include "weft/kernel_call.h"

namespace weft::kernels {

// Raises a data error from a CPU kernel; the first one wins.
inline void raise(DataFlag* flag, std::int32_t code, std::int64_t value) {
  if (!flag) return;
  std::int32_t none = 0;
  if (std::atomic_ref<std::int32_t>(flag->code).compare_exchange_strong(none, code)) flag->value = value;
}

}  // namespace weft::kernels
