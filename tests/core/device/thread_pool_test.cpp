// SPDX-License-Identifier: Apache-2.0
#include "core/device/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <limits>
#include <stdexcept>
#include <thread>
#include <vector>

#include "weft/device.h"
#include "weft/error.h"

namespace weft::testing {
namespace {

// Restores the number of threads, which is a setting of the whole process.
class ThreadPool : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override { set_num_threads(GetParam()); }
  void TearDown() override { set_num_threads(before_); }
  const int before_ = num_threads();
};

INSTANTIATE_TEST_SUITE_P(Threads, ThreadPool, ::testing::Values(1, 2, 3, 8));

TEST_P(ThreadPool, RunsEveryChunkOnce) {
  for (const std::int64_t chunks : {0, 1, 2, 7, 1000}) {
    std::vector<int> count(static_cast<std::size_t>(chunks), 0);
    parallel_chunks(chunks, [&](std::int64_t i) { ++count[static_cast<std::size_t>(i)]; });
    for (const int n : count) ASSERT_EQ(n, 1);
  }
}

TEST_P(ThreadPool, ForCoversTheRangeInPiecesOfTheGrain) {
  std::vector<int> count(1001, 0);
  std::atomic<int> calls{0};
  parallel_for(1001, 100, [&](std::int64_t begin, std::int64_t end) {
    ++calls;
    EXPECT_EQ(begin % 100, 0);
    for (std::int64_t i = begin; i < end; ++i) ++count[static_cast<std::size_t>(i)];
  });
  EXPECT_EQ(calls, 11);
  EXPECT_EQ(count, std::vector<int>(1001, 1));
  parallel_for(0, 100, [&](std::int64_t, std::int64_t) { ADD_FAILURE() << "nothing to do"; });
}

TEST_P(ThreadPool, ManyShortJobsInARow) {
  std::int64_t total = 0;
  for (int job = 0; job < 5000; ++job) {
    std::int64_t part[4] = {};
    parallel_chunks(4, [&](std::int64_t i) { part[i] = i + job; });
    total += part[0] + part[1] + part[2] + part[3];
  }
  EXPECT_EQ(total, 5000 * 6 + 4 * (4999LL * 5000 / 2));
}

TEST_P(ThreadPool, NestedCallsRunOnTheSpot) {
  std::vector<int> count(64, 0);
  parallel_chunks(8, [&](std::int64_t outer) {
    const auto thread = std::this_thread::get_id();
    parallel_chunks(8, [&](std::int64_t inner) {
      EXPECT_EQ(std::this_thread::get_id(), thread);
      ++count[static_cast<std::size_t>(outer * 8 + inner)];
    });
  });
  EXPECT_EQ(count, std::vector<int>(64, 1));
}

// Also where the outer body runs on the spot itself, since another caller had the workers, and they are free again.
TEST_P(ThreadPool, NestedCallsStayWhenTheWorkersComeFree) {
  std::atomic<bool> taken{false}, over{false};
  std::jthread first([&] {
    parallel_chunks(2, [&](std::int64_t) {
      taken = true;
      while (!over) std::this_thread::yield();
    });
  });
  while (!taken) std::this_thread::yield();
  parallel_chunks(2, [&](std::int64_t) {
    over = true;
    if (first.joinable()) first.join();
    const auto thread = std::this_thread::get_id();
    parallel_chunks(20, [&](std::int64_t) {
      EXPECT_EQ(std::this_thread::get_id(), thread);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));  // long enough for a worker to come
    });
  });
}

TEST_P(ThreadPool, RethrowsAndKeepsWorking) {
  for (int round = 0; round < 20; ++round) {
    try {
      parallel_chunks(100, [](std::int64_t i) {
        if (i == 37) throw std::runtime_error("chunk 37");
      });
      FAIL() << "must throw";
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ(e.what(), "chunk 37");
    }
    std::atomic<int> ran{0};
    parallel_chunks(10, [&](std::int64_t) { ++ran; });
    EXPECT_EQ(ran, 10);
  }
}

TEST_P(ThreadPool, TwoCallersAtOnceBothGetTheirWorkDone) {
  const auto caller = [] {
    for (int job = 0; job < 500; ++job) {
      std::vector<int> count(32, 0);
      parallel_chunks(32, [&](std::int64_t i) { ++count[static_cast<std::size_t>(i)]; });
      ASSERT_EQ(count, std::vector<int>(32, 1));
    }
  };
  std::jthread other(caller);
  caller();
}

TEST_P(ThreadPool, WorkersFlushDenormalsExactlyWhenTheCallerDoes) {
  volatile float tiny = std::numeric_limits<float>::denorm_min();
  const auto flushed = [&] {
    std::atomic<int> zeros{0};
    parallel_chunks(64, [&](std::int64_t) {
      const volatile float doubled = tiny * 2.0f;
      if (doubled == 0.0f) ++zeros;
      std::this_thread::yield();
    });
    return zeros.load();
  };
  EXPECT_EQ(flushed(), 0);
  {
    const FlushDenormals flush;
    EXPECT_EQ(flushed(), 64);
  }
  EXPECT_EQ(flushed(), 0);
}

TEST(ThreadPoolSize, RejectsNonsenseAndCallsFromInside) {
  const int before = num_threads();
  EXPECT_THROW(set_num_threads(0), ValueError);
  EXPECT_THROW(parallel_chunks(2, [](std::int64_t) { set_num_threads(3); }), ValueError);
  EXPECT_EQ(num_threads(), before);
  set_num_threads(5);
  EXPECT_EQ(num_threads(), 5);
  set_num_threads(before);
}

TEST(ThreadPoolSize, AllThreadsTakePart) {
  const int before = num_threads();
  set_num_threads(4);
  // Each chunk waits until all four are running, which only four different threads can make happen.
  std::atomic<int> running{0};
  parallel_chunks(4, [&](std::int64_t) {
    ++running;
    while (running < 4) std::this_thread::yield();
  });
  EXPECT_EQ(running, 4);
  set_num_threads(before);
}

}  // namespace
}  // namespace weft::testing
