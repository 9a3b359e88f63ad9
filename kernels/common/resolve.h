// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/device/cpu/machine.h"

// WEFT_RESOLVE(loops, ...) calls resolve(loops, ...) of the namespace that is built for cpu::isa(): baseline, avx2 or
// avx512, which stand where the macro is used. A macro, because a namespace cannot be an argument of a template.
#if defined(__x86_64__)
#define WEFT_RESOLVE(...)                                                         \
  (::weft::cpu::isa() == ::weft::cpu::Isa::kAvx512 ? avx512::resolve(__VA_ARGS__) \
   : ::weft::cpu::isa() == ::weft::cpu::Isa::kAvx2 ? avx2::resolve(__VA_ARGS__)   \
                                                   : baseline::resolve(__VA_ARGS__))
#else
#define WEFT_RESOLVE(...) baseline::resolve(__VA_ARGS__)
#endif
