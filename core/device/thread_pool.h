// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <type_traits>

namespace weft {

namespace detail {
void run_chunks(std::int64_t chunks, void (*call)(void*, std::int64_t), void* body);
}

// Calls body(0) ... body(chunks - 1), each once, on the threads of the pool, and returns when all are done. Any thread
// may take any chunk. Results have the same bits for any number of threads if the shape alone cuts the work and no
// chunks share an accumulator. A call from inside a body runs on that body's thread, unless the body is the only chunk.
// The first exception is rethrown.
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

// Makes denormal results and operands zero in this thread (x86: FTZ and DAZ), for the scope's lifetime. run_chunks()
// passes the caller's setting on to the workers.
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
