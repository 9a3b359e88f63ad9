// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/scalar/math.h"

// Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2,
// 3", 2011). A draw is a pure function of seed, call number, ordinal of the draw in its program and element index.
// Every device, and every way of sharing out the elements, gives the same bits.
namespace weft {

struct PhiloxBlock {
  unsigned word[4];
  // word[i] by selects, because an index known only at run time would send a GPU's registers to memory.
  WEFT_HD unsigned pick(int i) const {
    const unsigned low = (i & 1) != 0 ? word[1] : word[0], high = (i & 1) != 0 ? word[3] : word[2];
    return (i & 2) != 0 ? high : low;
  }
};

WEFT_HD inline PhiloxBlock philox4x32(PhiloxBlock counter, unsigned key0, unsigned key1) {
  for (int round = 0; round < 10; ++round) {
    const unsigned long long a = 0xD2511F53ull * counter.word[0];
    const unsigned long long b = 0xCD9E8D57ull * counter.word[2];
    counter = {{static_cast<unsigned>(b >> 32) ^ counter.word[1] ^ key0, static_cast<unsigned>(b),
                static_cast<unsigned>(a >> 32) ^ counter.word[3] ^ key1, static_cast<unsigned>(a)}};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return counter;
}

// Key of one draw of a program: all that a draw depends on but the element.
struct DrawKey {
  unsigned key0, key1, call, ordinal;
};

// state: {seed, call number} of the generator.
WEFT_HD inline DrawKey draw_key(const long long* state, long long ordinal) {
  const auto seed = static_cast<unsigned long long>(state[0]);
  const auto call = static_cast<unsigned long long>(state[1]);
  return {static_cast<unsigned>(seed), static_cast<unsigned>(seed >> 32) ^ static_cast<unsigned>(call >> 32),
          static_cast<unsigned>(call), static_cast<unsigned>(ordinal)};
}

// Four words for the elements that share a block.
WEFT_HD inline PhiloxBlock draw_block(const DrawKey& key, long long block) {
  return philox4x32({{static_cast<unsigned>(block), static_cast<unsigned>(static_cast<unsigned long long>(block) >> 32),
                      key.ordinal, key.call}},
                    key.key0, key.key1);
}

// A word as a float in [0, 1): 24 bits, so that no rounding reaches 1.
WEFT_HD inline float unit_float(unsigned word) { return static_cast<float>(word >> 8) * 5.9604644775390625e-8f; }
// Two words as a double in [0, 1): 53 bits.
WEFT_HD inline double unit_double(unsigned low, unsigned high) {
  const unsigned long long bits = (static_cast<unsigned long long>(high) << 32 | low) >> 11;
  return static_cast<double>(bits) * 1.1102230246251565e-16;
}

// Number of neighboring elements that share a block of uniform or normal draws. A float takes one word of the block, or
// two for a normal; a double takes twice that.
template <class T>
inline constexpr int uniforms_per_block = sizeof(T) == 4 ? 4 : 2;
template <class T>
inline constexpr int normals_per_block = uniforms_per_block<T> / 2;

// Uniform in [0, 1): the number-th of its block.
WEFT_HD inline float uniform_of(const PhiloxBlock& block, int number, float) { return unit_float(block.pick(number)); }
WEFT_HD inline double uniform_of(const PhiloxBlock& block, int number, double) {
  return unit_double(block.pick(2 * number), block.pick(2 * number + 1));
}

// Standard normal by Box and Muller (1958); u1 lies in (0, 1], so the logarithm is finite.
WEFT_HD inline float normal_of_words(unsigned first, unsigned second) {
  const float u1 = unit_float(first) + 5.9604644775390625e-8f;
  const float turn = 6.283185307179586f * unit_float(second);
#if defined(__CUDA_ARCH__)
  return math::sqrt(-2.0f * math::log(u1)) * math::cos(turn);
#else
  return math::sqrt(-2.0f * math::log(u1)) * math::f32::cos_within(turn);
#endif
}
WEFT_HD inline float normal_of(const PhiloxBlock& block, int number, float) {
  return normal_of_words(block.pick(2 * number), block.pick(2 * number + 1));
}
WEFT_HD inline double normal_of(const PhiloxBlock& block, int, double) {
  const double u1 = unit_double(block.word[0], block.word[1]) + 1.1102230246251565e-16;
  const double u2 = unit_double(block.word[2], block.word[3]);
  return math::sqrt(-2.0 * math::log(u1)) * math::cos(6.283185307179586 * u2);
}

}  // namespace weft
