// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

namespace weft::testing {

// While it lives, a user who may not do everything, also where the test runs as one who may.
class Unprivileged {
 public:
  Unprivileged() : changed_(::geteuid() == 0 && ::seteuid(kNobody) == 0) {}
  ~Unprivileged() {
    if (changed_ && ::seteuid(0) != 0) ADD_FAILURE() << "the user cannot be changed back";
  }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;
  // False where another user cannot be taken on.
  bool works() const { return ::geteuid() != 0; }

 private:
  static constexpr uid_t kNobody = 65534;
  bool changed_;
};

}  // namespace weft::testing
