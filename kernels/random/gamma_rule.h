// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/exec/kernel.h"
#include "core/scalar/math.h"
#include "core/scalar/philox.h"

// Logarithms of Gamma(k, 1) draws by the squeeze of Marsaglia and Tsang (2000): a draw is tried until it is taken, and
// each try of an element has Philox blocks of its own. For k < 1 a draw of k + 1 times u^(1/k).
namespace weft::kernels {

// The numbers of one try: a normal one, and two uniform ones in (0, 1].
template <class T>
struct GammaTry {
  T normal, height, power;
};
// Tries of one element are 2^40 blocks apart, so that they meet no other element's.
WEFT_HD inline PhiloxBlock block_of_try(const DrawKey& key, std::int64_t element, std::int64_t number) {
  return draw_block(key, element + number * (std::int64_t{1} << 40));
}
WEFT_HD inline GammaTry<float> gamma_try(const DrawKey& key, std::int64_t element, std::int64_t number, float) {
  const PhiloxBlock block = block_of_try(key, element, number);
  constexpr float kStep = 5.9604644775390625e-8f;
  return {normal_of(block, 0, float{}), unit_float(block.word[2]) + kStep, unit_float(block.word[3]) + kStep};
}
WEFT_HD inline GammaTry<double> gamma_try(const DrawKey& key, std::int64_t element, std::int64_t number, double) {
  const PhiloxBlock first = block_of_try(key, element, 2 * number), second = block_of_try(key, element, 2 * number + 1);
  constexpr double kStep = 1.1102230246251565e-16;
  return {normal_of(first, 0, double{}), unit_double(second.word[0], second.word[1]) + kStep,
          unit_double(second.word[2], second.word[3]) + kStep};
}

struct GammaRule {
  double k = 1;
  std::int64_t ordinal = 0, elements = 0;

  template <class T>
  WEFT_HD T draw(const DrawKey& key, std::int64_t element) const {
    const double d = (k < 1 ? k + 1 : k) - 1.0 / 3;
    const T depth = static_cast<T>(d), slope = static_cast<T>(1 / math::sqrt(9 * d)),
            log_depth = static_cast<T>(math::log(d));
    // A try is taken in more than 95 of 100 cases, so that the last one is never reached.
    for (std::int64_t number = 0; number < (1 << 20); ++number) {
      const GammaTry<T> t = gamma_try(key, element, number, T{});
      const T root = 1 + slope * t.normal;
      if (!(root > 0)) continue;
      const T v = root * root * root, log_v = 3 * math::log(root), square = t.normal * t.normal;
      const bool below = t.height < 1 - static_cast<T>(0.0331) * square * square;
      if (!below && !(math::log(t.height) < square / 2 + depth * (1 - v + log_v))) continue;
      const T draw = log_depth + log_v;
      return k < 1 ? static_cast<T>(static_cast<double>(draw) + static_cast<double>(math::log(t.power)) / k) : draw;
    }
    return log_depth;
  }
};

inline GammaRule gamma_rule(const exec::KernelRequest& request) {
  return {request.attributes.real("k"), request.attributes.integer("ordinal"), request.outputs[0].shape.numel()};
}

}  // namespace weft::kernels
