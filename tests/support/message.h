// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <utility>

#include "weft/error.h"

namespace weft::testing {

// The text of the error of this type that f throws; anything else escapes.
template <class E = Error, class F>
std::string message_of(F&& f) {
  try {
    std::forward<F>(f)();
  } catch (const E& e) {
    return e.what();
  }
  return "nothing was thrown";
}

}  // namespace weft::testing
