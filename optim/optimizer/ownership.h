// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "weft/variable.h"

namespace weft::detail {

// The mark of one optimizer on its variables, so that other optimizers do not warn of them. Example: a GAN's generator
// loss also reaches the parameters of the discriminator.
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
