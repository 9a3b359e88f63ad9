// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/program/interpreter.h"

// Uniform and normal draws for neighboring elements, many Philox blocks side by side; like tile_machine.h for files
// built for one instruction set. The bits are those of core/scalar/philox.h.
namespace weft::kernels {
namespace {

constexpr int kBlocks = 32;

struct Blocks {
  alignas(64) unsigned word[4][kBlocks];
};

// philox4x32() for kBlocks neighboring blocks.
inline void draw_blocks(const DrawKey& key, long long first, Blocks& b) {
  for (int j = 0; j < kBlocks; ++j) {
    const auto block = static_cast<unsigned long long>(first + j);
    b.word[0][j] = static_cast<unsigned>(block);
    b.word[1][j] = static_cast<unsigned>(block >> 32);
    b.word[2][j] = key.ordinal;
    b.word[3][j] = key.call;
  }
  unsigned key0 = key.key0, key1 = key.key1;
  for (int round = 0; round < 10; ++round) {
    for (int j = 0; j < kBlocks; ++j) {
      const unsigned long long a = 0xD2511F53ull * b.word[0][j];
      const unsigned long long c = 0xCD9E8D57ull * b.word[2][j];
      const unsigned second = b.word[1][j], fourth = b.word[3][j];
      b.word[0][j] = static_cast<unsigned>(c >> 32) ^ second ^ key0;
      b.word[1][j] = static_cast<unsigned>(c);
      b.word[2][j] = static_cast<unsigned>(a >> 32) ^ fourth ^ key1;
      b.word[3][j] = static_cast<unsigned>(a);
    }
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

// The uniform draws of elements [first, first + n).
inline void draw_uniform_row(const DrawKey& key, long long first, int n, Storage storage, float* to) {
  constexpr int kShare = uniforms_per_block<float>, kChunk = kBlocks * kShare;
  Blocks blocks;
  alignas(64) float values[kChunk];
  for (int i = -static_cast<int>(first % kShare); i < n; i += kChunk) {
    draw_blocks(key, (first + i) / kShare, blocks);
    for (int j = 0; j < kBlocks; ++j)
      for (int k = 0; k < kShare; ++k)
        values[kShare * j + k] = interpreter::kept_below(unit_float(blocks.word[k][j]), storage);
    const int begin = i < 0 ? -i : 0, end = n - i < kChunk ? n - i : kChunk;
    for (int k = begin; k < end; ++k) to[i + k] = values[k];
  }
}

// A standard normal as its storage type holds it.
inline float stored_normal(float x, Storage storage) {
  if (storage == Storage::kBF16) return interpreter::fitted<Storage::kBF16>(x);
  if (storage == Storage::kF16) return interpreter::fitted<Storage::kF16>(x);
  return x;
}

// The normal draws of elements [first, first + n).
inline void draw_normal_row(const DrawKey& key, long long first, int n, Storage storage, float* to) {
  constexpr int kShare = normals_per_block<float>, kChunk = kBlocks * kShare;
  Blocks blocks;
  alignas(64) float values[kChunk], normals[kShare][kBlocks];
  for (int i = -static_cast<int>(first % kShare); i < n; i += kChunk) {
    draw_blocks(key, (first + i) / kShare, blocks);
    for (int k = 0; k < kShare; ++k) {
      WEFT_LANES
      for (int j = 0; j < kBlocks; ++j)
        normals[k][j] = normal_of_words(blocks.word[2 * k][j], blocks.word[2 * k + 1][j]);
    }
    for (int j = 0; j < kBlocks; ++j)
      for (int k = 0; k < kShare; ++k) values[kShare * j + k] = stored_normal(normals[k][j], storage);
    const int begin = i < 0 ? -i : 0, end = n - i < kChunk ? n - i : kChunk;
    for (int k = begin; k < end; ++k) to[i + k] = values[k];
  }
}

}  // namespace
}  // namespace weft::kernels
