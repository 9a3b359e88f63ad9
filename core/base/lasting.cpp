// SPDX-License-Identifier: Apache-2.0
#include "core/base/lasting.h"

#include <vector>

namespace weft::detail {
namespace {

struct Ending {
  void (*f)(void*);
  void* argument;
};

thread_local bool over = false;

// The one thread_local object with a destructor. Calls in it may add further endings.
struct Endings {
  std::vector<Ending> rows;
  ~Endings() {
    while (!rows.empty()) {
      const Ending last = rows.back();
      rows.pop_back();
      last.f(last.argument);
    }
    over = true;
  }
};

thread_local Endings endings;

}  // namespace

void at_thread_end(void (*f)(void*), void* argument) {
  if (!over) endings.rows.push_back({f, argument});
}

}  // namespace weft::detail
