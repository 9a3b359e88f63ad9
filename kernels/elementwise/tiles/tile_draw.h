// SPDX-License-Identifier: Apache-2.0
#pragma once
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "core/program/interpreter.h"

// Uniform and normal draws for neighboring elements, many Philox blocks side by side; like tile_machine.h for files
// built for one instruction set. The bits are those of core/scalar/philox.h.
namespace weft::kernels {
namespace {

constexpr int kBlocks = 32;

struct Blocks {
  alignas(64) unsigned word[4][kBlocks];
};

// Words of every second block in the low halves of 64-bit lanes, as many as a register of the instruction set holds;
// the upper halves mean nothing. The processor multiplies just the low halves, so that no word is moved between lanes.
#if defined(__AVX512F__)
constexpr int kWide = 8;
#elif defined(__AVX2__)
constexpr int kWide = 4;
#else
constexpr int kWide = 2;
#endif
using Wide = unsigned long long __attribute__((vector_size(8 * kWide)));
#if defined(__AVX512F__)
constexpr Wide kEven = {0, 2, 4, 6, 8, 10, 12, 14};
#elif defined(__AVX2__)
constexpr Wide kEven = {0, 2, 4, 6};
#else
constexpr Wide kEven = {0, 2};
#endif

inline Wide product_of_low_halves(Wide a, Wide b) {
#if defined(__AVX512F__)
  // Masked by all lanes, because GCC 12 warns of an uninitialized value within _mm512_mul_epu32().
  return reinterpret_cast<Wide>(
      _mm512_maskz_mul_epu32(0xFF, reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
#elif defined(__AVX2__)
  return reinterpret_cast<Wide>(_mm256_mul_epu32(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
#elif defined(__SSE2__)
  return reinterpret_cast<Wide>(_mm_mul_epu32(reinterpret_cast<__m128i>(a), reinterpret_cast<__m128i>(b)));
#else
  return (a & 0xFFFFFFFFull) * (b & 0xFFFFFFFFull);
#endif
}

struct WideBlocks {
  Wide word[4];

  WideBlocks(const DrawKey& key, long long first) {
    word[0] = kEven + static_cast<unsigned long long>(first);
    word[1] = word[0] >> 32;
    word[2] = Wide{} + key.ordinal;
    word[3] = Wide{} + key.call;
  }
  void round(const Wide& key0, const Wide& key1) {
    const Wide a = product_of_low_halves(word[0], Wide{} + 0xD2511F53ull);
    const Wide c = product_of_low_halves(word[2], Wide{} + 0xCD9E8D57ull);
    word[0] = (c >> 32) ^ word[1] ^ key0;
    word[1] = c;
    word[2] = (a >> 32) ^ word[3] ^ key1;
    word[3] = a;
  }
};

// philox4x32() for kBlocks neighboring blocks.
inline void draw_blocks(const DrawKey& key, long long first, Blocks& b) {
  for (int j = 0; j < kBlocks; j += 2 * kWide) {
    WideBlocks even(key, first + j), odd(key, first + j + 1);
    Wide key0 = Wide{} + key.key0, key1 = Wide{} + key.key1;
    for (int round = 0; round < 10; ++round) {
      even.round(key0, key1);
      odd.round(key0, key1);
      key0 += 0x9E3779B9ull;
      key1 += 0xBB67AE85ull;
    }
    for (int word = 0; word < 4; ++word) {
      const Wide both = (even.word[word] & 0xFFFFFFFFull) | (odd.word[word] << 32);
      __builtin_memcpy(b.word[word] + j, &both, sizeof(both));
    }
  }
}

// The number-th uniform draw of block j, as its storage type holds it.
inline void put_uniform(const Blocks& b, int j, int number, Storage storage, float& to) {
  to = interpreter::kept_below(unit_float(b.word[number][j]), storage);
}
inline void put_uniform(const Blocks& b, int j, int number, Storage /*storage*/, double& to) {
  to = unit_double(b.word[2 * number][j], b.word[2 * number + 1][j]);
}

// The uniform draws of elements [first, first + n).
template <class T>
void draw_uniform_row(const DrawKey& key, long long first, int n, Storage storage, T* to) {
  constexpr int kShare = uniforms_per_block<T>, kChunk = kBlocks * kShare;
  Blocks blocks;
  alignas(64) T values[kChunk];
  for (int i = -static_cast<int>(first % kShare); i < n; i += kChunk) {
    draw_blocks(key, (first + i) / kShare, blocks);
    for (int j = 0; j < kBlocks; ++j)
      for (int k = 0; k < kShare; ++k) put_uniform(blocks, j, k, storage, values[kShare * j + k]);
    const int begin = i < 0 ? -i : 0, end = n - i < kChunk ? n - i : kChunk;
    for (int k = begin; k < end; ++k) to[i + k] = values[k];
  }
}

// A standard normal as its storage type holds it.
template <class T>
T stored_normal(T x, Storage storage) {
  if (storage == Storage::kBF16) return static_cast<T>(interpreter::fitted<Storage::kBF16>(x));
  if (storage == Storage::kF16) return static_cast<T>(interpreter::fitted<Storage::kF16>(x));
  return x;
}

// The number-th normal draws of all blocks. The loop of doubles calls the C library for each cosine.
inline void put_normals(const Blocks& b, int number, float* to) {
  WEFT_LANES
  for (int j = 0; j < kBlocks; ++j) to[j] = normal_of_words(b.word[2 * number][j], b.word[2 * number + 1][j]);
}
inline void put_normals(const Blocks& b, int /*number*/, double* to) {
  for (int j = 0; j < kBlocks; ++j)
    to[j] = normal_of(PhiloxBlock{{b.word[0][j], b.word[1][j], b.word[2][j], b.word[3][j]}}, 0, double{});
}

// The normal draws of elements [first, first + n).
template <class T>
void draw_normal_row(const DrawKey& key, long long first, int n, Storage storage, T* to) {
  constexpr int kShare = normals_per_block<T>, kChunk = kBlocks * kShare;
  Blocks blocks;
  alignas(64) T values[kChunk], normals[kShare][kBlocks];
  for (int i = -static_cast<int>(first % kShare); i < n; i += kChunk) {
    draw_blocks(key, (first + i) / kShare, blocks);
    for (int k = 0; k < kShare; ++k) put_normals(blocks, k, normals[k]);
    for (int j = 0; j < kBlocks; ++j)
      for (int k = 0; k < kShare; ++k) values[kShare * j + k] = stored_normal(normals[k][j], storage);
    const int begin = i < 0 ? -i : 0, end = n - i < kChunk ? n - i : kChunk;
    for (int k = begin; k < end; ++k) to[i + k] = values[k];
  }
}

}  // namespace
}  // namespace weft::kernels
