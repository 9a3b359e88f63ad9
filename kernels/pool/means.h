// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "kernels/pool/shape.h"

namespace weft::kernels {

// The divisors of the means over an image's windows.
inline std::vector<double> divisors_of(const PoolShape& s) {
  std::vector<double> divisors;
  for (std::int64_t w = 0; w < s.windows_of_image(); ++w) divisors.push_back(s.divisor_of(w));
  return divisors;
}
// The shares of an image's windows in their means.
template <class A>
std::vector<A> shares_of(const PoolShape& s) {
  std::vector<A> shares;
  for (const double divisor : divisors_of(s)) shares.push_back(static_cast<A>(1 / divisor));
  return shares;
}

}  // namespace weft::kernels
