// SPDX-License-Identifier: Apache-2.0
// Public globals that all threads share: each is safe to use from any thread, or refuses (docs/threads.md).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <functional>
#include <latch>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "weft/compile.h"
#include "weft/custom_op.h"
#include "weft/detail/flag.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/log.h"
#include "weft/ops.h"
#include "weft/random.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;

// Runs f(0) and f(1) in two threads, on the CPU.
void in_two_threads(const std::function<void(int)>& f) {
  std::latch both(2);
  const auto body = [&](int i) {
    const DeviceScope on(Device::cpu());
    both.arrive_and_wait();
    f(i);
  };
  std::thread other(body, 1);
  body(0);
  other.join();
}

std::size_t equal_numbers(const std::vector<float> (&drawn)[2]) {
  std::set<float> all(drawn[0].begin(), drawn[0].end());
  std::size_t equal = drawn[0].size() - all.size();
  for (const float x : drawn[1]) equal += !all.insert(x).second;
  return equal;
}

constexpr int kDraws = 2000;
// By chance about one pair of 4,000 draws of 24 bits is equal.
constexpr std::size_t kByChance = 12;

TEST(Threads, DrawDifferentNumbersFromOneGenerator) {
  std::vector<float> drawn[2];
  in_two_threads([&](int i) {
    for (int n = 0; n < kDraws; ++n) drawn[i].push_back(uniform({1}).item());
  });
  EXPECT_LT(equal_numbers(drawn), kByChance);
}

TEST(Threads, ProgramsDrawDifferentNumbersFromOneGenerator) {
  std::vector<float> drawn[2];
  in_two_threads([&](int i) {
    auto f = compile([] { return uniform({1}); });
    for (int n = 0; n < kDraws; ++n) drawn[i].push_back((n % 2 ? f() : uniform({1})).item());
  });
  EXPECT_LT(equal_numbers(drawn), kByChance);
}

// One draw after the other is what it was with one thread.
TEST(Threads, DrawsInOrderAreTheGeneratorsOwn) {
  const DeviceScope on(Device::cpu());
  Generator a(3), b(3);
  auto f = compile([] { return uniform({2}); });
  std::vector<std::vector<float>> first, second;
  for (auto* at : {&first, &second}) {
    const GeneratorScope draws(at == &first ? a : b);
    auto g = compile([] { return uniform({2}); });
    for (int n = 0; n < 3; ++n) at->push_back(g().to_vector());
    at->push_back(uniform({2}).to_vector());
  }
  EXPECT_EQ(first, second);
  EXPECT_EQ(a.state().value().to_vector<std::int64_t>(), (std::vector<std::int64_t>{3, 4}));
}

TEST(Threads, SeedsAndNewVariablesMayMeet) {
  in_two_threads([](int i) {
    for (int n = 0; n < 500; ++n) {
      if (i == 0) seed(static_cast<std::uint64_t>(n));
      const Variable v({2}, {[](const Shape& shape, DType dtype) { return uniform(shape, 0.0, 1.0, dtype); }});
      EXPECT_EQ(v.value().numel(), 2);
    }
  });
}

// An op that stays in its kernel until somebody opens the gate.
struct Gate {
  std::latch entered{1}, open{1};
};
Op<> waiting(const std::string& name, Gate& gate) {
  return Op<>(OpRule<>{.name = name,
                       .shape = [](std::span<const TensorSpec> in, const NoAttributes&) { return std::vector{in[0]}; },
                       .cpu =
                           [&gate](const Call& call, const NoAttributes&) {
                             static_cast<float*>(call.outputs[0].data)[0] = 1;
                             gate.entered.count_down();
                             gate.open.wait();
                           },
                       .rows_apart = true});
}

std::string refusal(const std::function<void()>& f) {
  try {
    f();
  } catch (const TraceError& e) {
    return e.what();
  }
  return "it was accepted";
}

TEST(Threads, AProgramRefusesASecondCall) {
  const DeviceScope on(Device::cpu());
  Gate gate;
  const Op<> op = waiting("test::program_gate", gate);
  auto f = compile([&](Tensor x) { return op({x}); }, {.name = "gated"});
  const Tensor x = zeros({1});
  f.prepare(x);
  std::thread first([&] { EXPECT_EQ(f(x).item(), 1); });
  gate.entered.wait();
  const std::string second = refusal([&] { f(x); }), preparing = refusal([&] { f.prepare(zeros({1})); });
  gate.open.count_down();
  first.join();
  EXPECT_THAT(second, HasSubstr("program 'gated' is called while another call of it is under way"));
  EXPECT_THAT(second, HasSubstr("session()"));
  EXPECT_THAT(preparing, HasSubstr("under way"));
  EXPECT_EQ(f(x).item(), 1);
}

TEST(Threads, ASessionRefusesASecondCallAndOthersDoNotMind) {
  const DeviceScope on(Device::cpu());
  Gate gate;
  const Op<> op = waiting("test::session_gate", gate);
  auto f = compile([&](Tensor x) { return op({x}); }, {.name = "gated"});
  const Tensor x = zeros({1});
  f.prepare(x);
  f.seal();
  auto a = f.session();
  std::thread first([&] { EXPECT_EQ(a(x).item(), 1); });
  gate.entered.wait();
  const std::string second = refusal([&] { a(x); });
  gate.open.count_down();
  first.join();
  EXPECT_THAT(second, HasSubstr("a session of program 'gated' is called while another call of it is under way"));
  EXPECT_EQ(a(x).item(), 1);
}

// A call that throws ends, too.
TEST(Threads, AFailedCallLeavesTheProgramFree) {
  auto f = compile([](Tensor x) { return x.reshape({2}); });
  EXPECT_THROW(f(zeros({3})), ShapeError);
  EXPECT_EQ(f(zeros({2})).numel(), 2);
}

TEST(Threads, ProgramsOfTwoThreadsGiveTheirOwnResults) {
  std::atomic<int> wrong{0};
  in_two_threads([&](int i) {
    const auto mine = static_cast<float>(i + 1);
    auto f = compile([mine](Tensor x) { return (x * static_cast<double>(mine)).sum(); });
    for (int n = 0; n < 500; ++n) wrong += f(full({1000}, mine)).item() != 1000 * mine * mine;
  });
  EXPECT_EQ(wrong, 0);
}

TEST(Threads, FlagsMayTurnWhileProgramsRun) {
  const Flag flag(false);
  std::atomic<int> wrong{0};
  in_two_threads([&](int i) {
    auto f = compile([&](Tensor x) { return flag.get() ? x + 1.0 : x - 1.0; });
    for (int n = 0; n < 500; ++n) {
      if (i == 0) flag.set(n % 2 == 0);
      if (i == 1) wrong += std::abs(f(zeros({1})).item()) != 1;
    }
  });
  EXPECT_EQ(wrong, 0);
}

TEST(Threads, OpsMayBeRegisteredWhileOthersRun) {
  std::atomic<int> wrong{0};
  in_two_threads([&](int i) {
    for (int n = 0; n < 200; ++n) {
      if (i == 1) {
        wrong += (full({2}, 1.0) + 1.0).sum().item() != 4;
        continue;
      }
      const Op<> op(OpRule<>{
          .name = "test::meanwhile_" + std::to_string(n),
          .shape = [](std::span<const TensorSpec> in, const NoAttributes&) { return std::vector{in[0]}; },
          .cpu = [](const Call& call, const NoAttributes&) { static_cast<float*>(call.outputs[0].data)[0] = 5; }});
      wrong += op({zeros({1})}).item() != 5;
    }
  });
  EXPECT_EQ(wrong, 0);
}

TEST(Threads, TheNumberOfThreadsMayChangeWhileOthersCompute) {
  const int before = num_threads();
  std::atomic<int> wrong{0};
  in_two_threads([&](int i) {
    for (int n = 0; n < 100; ++n) {
      if (i == 0) set_num_threads(1 + n % 3);
      wrong += full({1 << 16}, 1.0).sum().item() != 1 << 16;
    }
  });
  set_num_threads(before);
  EXPECT_EQ(wrong, 0);
}

TEST(Threads, ALogCallbackMayLogAndSetAnother) {
  std::vector<std::string> first, second;
  const LogCallback before = set_log_callback({});
  set_log_callback([&, owned = std::string("of the first")](LogLevel, std::string_view text) {
    log(LogLevel::kInfo, "a message of the callback, on standard error");
    set_log_callback([&](LogLevel, std::string_view later) { second.emplace_back(later); });
    first.push_back(std::string(text) + " " + owned);
  });
  log(LogLevel::kInfo, "one");
  log(LogLevel::kInfo, "two");
  set_log_callback(before);
  EXPECT_EQ(first, std::vector<std::string>{"one of the first"});
  EXPECT_EQ(second, std::vector<std::string>{"two"});
}

// After set_log_callback() what the old callback refers to may go.
TEST(Threads, AReplacedLogCallbackIsCalledNoMore) {
  const LogCallback before = set_log_callback({});
  std::atomic<bool> done{false};
  std::atomic<int> late{0};
  std::thread logging([&] {
    while (!done) log(LogLevel::kInfo, "again");
  });
  for (int n = 0; n < 200; ++n) {
    std::atomic<bool> alive{true};
    set_log_callback([&](LogLevel, std::string_view) { late += !alive; });
    set_log_callback({});
    alive = false;
  }
  done = true;
  logging.join();
  set_log_callback(before);
  EXPECT_EQ(late, 0);
}

}  // namespace
}  // namespace weft::testing
