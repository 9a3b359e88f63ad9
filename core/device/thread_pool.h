// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <type_traits>

namespace weft {

namespace detail {
void run_chunks(std::int64_t chunks, void (*call)(void*, std::int64_t), void* body);
}

// Calls body(0) ... body(chunks - 1), each once, on the threads of the pool, and returns when all are done. Which
// thread takes which chunk changes from run to run, so cut the work by shape alone and never let chunks share an
// accumulator: results are then the same bits for any number of threads. A call from inside a body runs on the spot
// (unless its body is the only chunk). The first exception is rethrown.
template <class Body>
void parallel_chunks(std::int64_t chunks, Body&& body) {
  if (chunks == 1) {
    body(std::int64_t{0});
    return;
  }
  using Plain = std::remove_reference_t<Body>;
  detail::run_chunks(
      chunks, [](void* b, std::int64_t i) { (*static_cast<Plain*>(b))(i); },
      const_cast<void*>(static_cast<const void*>(&body)));
}

// Cuts [0, n) into pieces of `grain` and calls body(begin, end) for each.
template <class Body>
void parallel_for(std::int64_t n, std::int64_t grain, Body&& body) {
  if (n <= 0) return;
  parallel_chunks((n + grain - 1) / grain, [&](std::int64_t chunk) {
    const std::int64_t begin = chunk * grain;
    body(begin, begin + grain < n ? begin + grain : n);
  });
}

// Denormal results and operands count as zero in this thread while it lives (x86: FTZ and DAZ). run_chunks() passes the
// caller's setting on to the workers.
class [[nodiscard]] FlushDenormals {
 public:
  FlushDenormals();
  ~FlushDenormals();
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  unsigned before_;
};

}  // namespace weft
