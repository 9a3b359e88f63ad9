// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Stores past the caches; like tile_machine.h for files built for one instruction set.
namespace weft::kernels {
namespace {

// Copies bytes so that whole cache lines of the target are neither read nor kept; stream_fence() makes them visible to
// other threads.
inline void stream_copy(void* target, const void* source, std::int64_t bytes) {
  auto* to = static_cast<unsigned char*>(target);
  const auto* from = static_cast<const unsigned char*>(source);
  std::int64_t i = 0;
#if defined(__x86_64__)
  const auto past = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(to) % 64);
  const std::int64_t head = past == 0 ? 0 : 64 - past;
  for (; i < head && i < bytes; ++i) to[i] = from[i];
  for (; i + 64 <= bytes; i += 64) {
#if defined(__AVX512F__)
    _mm512_stream_si512(reinterpret_cast<__m512i*>(to + i), _mm512_loadu_si512(from + i));
#elif defined(__AVX__)
    for (int k = 0; k < 64; k += 32)
      _mm256_stream_si256(reinterpret_cast<__m256i*>(to + i + k),
                          _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + i + k)));
#else
    for (int k = 0; k < 64; k += 16)
      _mm_stream_si128(reinterpret_cast<__m128i*>(to + i + k),
                       _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i + k)));
#endif
  }
#endif
  for (; i < bytes; ++i) to[i] = from[i];
}

inline void stream_fence() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

}  // namespace
}  // namespace weft::kernels
