// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <cstdint>

#include "weft/kernel_call.h"

namespace weft::kernels {

// Reports a bad value and its position from a CPU kernel, from any of its threads: the first report stays.
inline void raise_data_error(DataFault* fault, std::int32_t code, std::int64_t value, std::int64_t at) {
  std::int32_t none = 0;
  if (!std::atomic_ref(fault->code).compare_exchange_strong(none, code)) return;
  fault->value = value;
  fault->at = at;
}

}  // namespace weft::kernels
