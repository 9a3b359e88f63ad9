// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "bench/roof.h"
#include "weft/device.h"

namespace weft::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Body = std::function<void(std::size_t)>;

// Seconds that `rounds` calls take when every thread makes them at the same time.
double together(int rounds, const Body& body) {
  const auto threads = static_cast<std::size_t>(num_threads());
  std::atomic<std::size_t> ready{0};
  std::vector<double> seconds(threads);
  const auto work = [&](std::size_t thread) {
    body(thread);  // warms up
    ready.fetch_add(1);
    while (ready.load() < threads) std::this_thread::yield();
    const Clock::time_point start = Clock::now();
    for (int i = 0; i < rounds; ++i) body(thread);
    seconds[thread] = std::chrono::duration<double>(Clock::now() - start).count();
  };
  std::vector<std::jthread> others;
  for (std::size_t thread = 1; thread < threads; ++thread) others.emplace_back(work, thread);
  work(0);
  others.clear();
  return *std::max_element(seconds.begin(), seconds.end());
}

void copy_non_temporal(std::byte* to, const std::byte* from, std::size_t bytes) {
#if defined(__x86_64__)
  for (std::size_t i = 0; i < bytes; i += 64) {
    for (std::size_t j = i; j < i + 64; j += 16)
      _mm_stream_si128(reinterpret_cast<__m128i*>(to + j), _mm_load_si128(reinterpret_cast<const __m128i*>(from + j)));
  }
  _mm_sfence();
#else
  std::memcpy(to, from, bytes);
#endif
}

struct Free {
  void operator()(std::byte* pointer) const { std::free(pointer); }
};
using Buffer = std::unique_ptr<std::byte, Free>;

Buffer touched(std::size_t bytes) {
  Buffer buffer(static_cast<std::byte*>(std::aligned_alloc(4096, bytes)));
  std::memset(buffer.get(), 1, bytes);
  return buffer;
}

}  // namespace

double best_rate(double units, const Body& body) {
  constexpr double kSeconds = 0.02;
  constexpr int kTries = 7;
  int rounds = 1;
  while (together(rounds, body) < kSeconds / 2 && rounds < (1 << 28)) rounds *= 2;
  double best = 0;
  for (int i = 0; i < kTries; ++i) best = std::max(best, units * rounds / together(rounds, body));
  return best;
}

CopyRoof copy_roof(std::size_t footprint) {
  const auto threads = static_cast<std::size_t>(num_threads());
  // Whole pages per thread and buffer.
  const std::size_t share = std::max<std::size_t>(footprint / 2 / threads / 4096, 1) * 4096;
  std::vector<Buffer> from, to;
  for (std::size_t i = 0; i < threads; ++i) {
    from.push_back(touched(share));
    to.push_back(touched(share));
  }
  const double moved = 2.0 * static_cast<double>(share * threads);
  return {
      best_rate(moved, [&](std::size_t thread) { std::memcpy(to[thread].get(), from[thread].get(), share); }),
      best_rate(moved, [&](std::size_t thread) { copy_non_temporal(to[thread].get(), from[thread].get(), share); })};
}

}  // namespace weft::bench
