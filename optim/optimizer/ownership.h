// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "weft/variable.h"

namespace weft::detail {

// Holds variables on behalf of one optimizer, so that the others know: a GAN's generator loss reaches the
// discriminator, whose own optimizer it leaves them to.
class Ownership {
 public:
  explicit Ownership(const Parameters& parameters);
  ~Ownership();
  Ownership(const Ownership&) = delete;
  Ownership& operator=(const Ownership&) = delete;

  // True if an optimizer of this process holds the variable.
  static bool held(const Variable& variable);

 private:
  std::vector<Variable> variables_;
};

}  // namespace weft::detail
