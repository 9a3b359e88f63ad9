// SPDX-License-Identifier: Apache-2.0
// Programs on CUDA devices run as one launch of a recording. Every test also runs on the CPU, where only the values
// count.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/device/backend.h"
#include "core/exec/instance.h"
#include "core/ops/op.h"
#include "tests/support/every_device.h"
#include "weft/log.h"
#ifdef WEFT_CUDA_EMULATED
#include "emulator.h"
#endif

namespace weft::testing {
using namespace exec;
namespace {

using Values = std::vector<float>;

class ReplayOn : public EveryDevice {
 protected:
  Array on(Device where, const Values& values) const {
    return Array::from_host(values.data(), {{static_cast<std::int64_t>(values.size())}, DType::kF32},
                            Stream::current(where));
  }
  Array array(const Values& values) const { return on(device(), values); }
  static Values values(const Array& a) {
    Values out(static_cast<std::size_t>(a.shape().numel()));
    a.copy_to_host(out.data());
    return out;
  }
  std::shared_ptr<const Executable> build(const ir::Graph& graph) const {
    return std::make_shared<const Executable>(graph, BuildOptions{.device = device()});
  }
  std::vector<Array> run(Instance& program, const std::vector<Array>& inputs, std::vector<Array> targets = {}) const {
    targets.resize(program.executable().graph().outputs.size());
    return program.run(inputs, targets, Stream::current(device()));
  }
  // Launches of a run: graphs, and kernels outside of graphs. Zeros on the CPU.
  std::pair<int, int> launches([[maybe_unused]] const std::function<void()>& run) const {
#ifdef WEFT_CUDA_EMULATED
    const auto before = emulator::counters();
    run();
    const auto after = emulator::counters();
    return {static_cast<int>(after.graph_launches - before.graph_launches),
            static_cast<int>(after.kernel_launches - before.kernel_launches)};
#else
    run();
    return {};
#endif
  }
  std::pair<int, int> on_cuda(int graphs, int kernels) const {
#ifdef WEFT_CUDA_EMULATED
    if (device().is_cuda()) return {graphs, kernels};
#endif
    static_cast<void>(graphs), static_cast<void>(kernels);
    return {};
  }
  void run_from_the_host() const;
};

// y = exp(x) + v over n elements, in two calls.
ir::Graph sum_of_exp(std::int64_t n) {
  ir::Graph graph;
  ops::Builder build(graph);
  const ir::Value x = graph.add_input({{n}, DType::kF32}, ir::InputKind::kArgument, "x");
  const ir::Value v = graph.add_input({{n}, DType::kF32}, ir::InputKind::kVariable, "v");
  const ir::Value e = build.emit("exp", {x});
  graph.outputs.push_back(
      {build.emit("cumsum", {build.emit("add", {e, v})}, {{"axis", std::int64_t{0}}, {"reverse", false}}), ""});
  return graph;
}

void ReplayOn::run_from_the_host() const {
  Instance program(build(sum_of_exp(3)));
  const Array v = array({1, 2, 3});
  std::vector<Array> results;
  const auto given = [](std::size_t i) { return i % 3 == 0 ? 0.0f : -200.0f; };  // not the rhythm of the two places
  for (std::size_t i = 0; i < 7; ++i) {
    Array x = on(Device::cpu(), {0, 0, given(i)});
    const auto counted = launches([&] { results.push_back(run(program, {x, v})[0]); });
    // The program has taken it: the memory is the caller's again.
    static_cast<float*>(x.data())[0] = 7;
    if (i > 1) {
      EXPECT_EQ(counted, on_cuda(1, 0));
    }
  }
  for (std::size_t i = 0; i < results.size(); ++i)
    EXPECT_EQ(values(results[i]), (Values{2, 5, given(i) == 0 ? 9.0f : 8.0f}));
}

TEST_P(ReplayOn, TheSecondRunAtTheSameAddressesIsOneLaunch) {
  Instance program(build(sum_of_exp(3)));
  const Array x = array({0, 0, 0}), v = array({1, 2, 3});
  std::vector<Values> seen;
  const auto once = [&] { seen.push_back(values(run(program, {x, v})[0])); };
  EXPECT_EQ(launches(once), on_cuda(0, static_cast<int>(program.executable().prepared_calls().size())));
  EXPECT_EQ(launches(once), on_cuda(1, 0));
  EXPECT_EQ(launches(once), on_cuda(1, 0));
  EXPECT_EQ(seen, std::vector<Values>(3, Values{2, 5, 9}));
}

// Each is read where it lies, by a recording of its own.
TEST_P(ReplayOn, ArgumentsThatComeRoundAreReadWhereTheyLie) {
  Instance program(build(sum_of_exp(3)));
  const Array v = array({1, 2, 3});
  const std::vector<Array> xs{array({0, 0, 0}), array({0, -200, 0}), array({-200, 0, 0}), array({0, 0, -200})};
  const std::vector<Values> want{{2, 5, 9}, {2, 4, 8}, {1, 4, 8}, {2, 5, 8}};
  for (int round = 0; round < 3; ++round)
    for (std::size_t i = 0; i < xs.size(); ++i) {
      Values seen;
      const auto counted = launches([&] { seen = values(run(program, {xs[i], v})[0]); });
      EXPECT_EQ(seen, want[i]);
      if (round > 0) {
        EXPECT_EQ(counted, on_cuda(1, 0));
      }
    }
}

TEST_P(ReplayOn, ArgumentsThatNeverComeBackAreCopiedToOnePlace) {
  Instance program(build(sum_of_exp(3)));
  const Array v = array({1, 2, 3});
  std::vector<Array> xs;
  for (int i = 0; i < 24; ++i) {
    xs.push_back(array({0, i % 2 == 0 ? 0.0f : -200.0f, 0}));
    Values seen;
    const auto counted = launches([&] { seen = values(run(program, {xs.back(), v})[0]); });
    EXPECT_EQ(seen, i % 2 == 0 ? (Values{2, 5, 9}) : (Values{2, 4, 8}));
    if (i > 18) {
      EXPECT_EQ(counted, on_cuda(1, 0)) << "run " << i;
    }
  }
}

// A result that is large is computed where it is returned, by a walk as by a recording.
TEST_P(ReplayOn, LargeResultsAreNotCopied) {
  for (const std::int64_t n : {std::int64_t{3}, std::int64_t{32} << 10}) {
    Instance program(build(sum_of_exp(n)));
    const auto size = static_cast<std::size_t>(n);
    const Array x = array(Values(size, 0)), v = array(Values(size, 1));
    std::vector<Array> results;
    for (int i = 0; i < 4; ++i) {
#ifdef WEFT_CUDA_EMULATED
      const auto before = emulator::counters().copies;
#endif
      results.push_back(run(program, {x, v})[0]);
#ifdef WEFT_CUDA_EMULATED
      EXPECT_EQ(emulator::counters().copies - before, device().is_cuda() && n == 3 ? 1 : 0);
#endif
    }
    for (const Array& result : results) EXPECT_EQ(values(result).back(), 2.0f * static_cast<float>(n));
  }
}

TEST_P(ReplayOn, ArgumentsMayComeFromTheHost) {
  if (device().is_cpu()) GTEST_SKIP() << "there the host is the device";
#ifdef WEFT_CUDA_EMULATED
  // In other orders of the streams than the one of the calls: a missing wait between the copies and the work shows.
  for (const std::uint64_t seed : {0u, 1u, 2u, 3u, 4u, 5u}) {
    emulator::set_thread_order_seed(seed);
    run_from_the_host();
  }
  emulator::set_thread_order_seed(0);
#else
  run_from_the_host();
#endif
}

TEST_P(ReplayOn, VariablesThatMoveAreFoundAgain) {
  Instance program(build(sum_of_exp(2)));
  const Array x = array({0, 0}), v = array({1, 1}), w = array({5, 5});
  for (const Array& at : {v, v, v, w, w, w, v, v}) {
    const float first = values(at)[0] + 1;
    EXPECT_EQ(values(run(program, {x, at})[0]), (Values{first, 2 * first}));
  }
}

// The programs share an arena; the second one needs a larger one.
TEST_P(ReplayOn, AGrowingArenaIsFoundAgain) {
  Instance small(build(sum_of_exp(2))), large(build(sum_of_exp(3000)));
  const Array x = array({0, 0}), v = array({1, 2});
  const Array wide = array(Values(3000, 0)), none = array(Values(3000, 0));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(values(run(small, {x, v})[0]), (Values{2, 5}));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(values(run(large, {wide, none})[0])[2999], 3000);
    EXPECT_EQ(values(run(small, {x, v})[0]), (Values{2, 5}));
  }
  const auto again = [&] { run(small, {x, v}); };
  EXPECT_EQ(launches(again), on_cuda(1, 0));
}

TEST_P(ReplayOn, ResultsKeepTheirValuesAndVariablesAdvance) {
  ir::Graph graph;
  ops::Builder builder(graph);
  const ir::Value v = graph.add_input({{2}, DType::kF32}, ir::InputKind::kVariable, "v");
  const ir::Value w = graph.add_input({{2}, DType::kF32}, ir::InputKind::kVariable, "w");
  graph.outputs.push_back({w, ""});
  graph.outputs.push_back({builder.emit("add", {v, w}), "w"});  // Fibonacci
  graph.outputs.push_back({w, "v"});
  Instance program(build(graph));
  const Array a = array({0, 1}), b = array({1, 1});
  std::vector<Array> results;
  for (int i = 0; i < 6; ++i) results.push_back(run(program, {a, b}, {Array(), b, a})[0]);
  EXPECT_EQ(values(results[0]), (Values{1, 1}));
  EXPECT_EQ(values(results[2]), (Values{2, 3}));
  EXPECT_EQ(values(results[5]), (Values{8, 13}));
  EXPECT_EQ(values(a), (Values{8, 13}));
  EXPECT_EQ(values(b), (Values{13, 21}));
}

TEST_P(ReplayOn, TheUsersOwnRecordingHoldsTheCalls) {
  if (device().is_cpu()) GTEST_SKIP() << "nothing is recorded there";
  Instance program(build(sum_of_exp(3)));
  const Array x = array({0, 0, 0}), v = array({1, 2, 3});
  const std::vector<Array> target{array({0, 0, 0})};
  const Stream own = Stream::create(device());
  for (int warm = 0; warm < 3; ++warm) program.run(std::vector{x, v}, target, own);
  zero_bytes(target[0].data(), 12, own);
  cuda_backend::begin_capture(device().index(), own.handle());
  program.run(std::vector{x, v}, target, own);
  const auto graph = cuda_backend::end_capture(device().index(), own.handle());
  own.synchronize();
  EXPECT_EQ(values(target[0]), (Values{0, 0, 0}));
  cuda_backend::launch_graph(device().index(), graph.get(), own.handle());
  own.synchronize();
  EXPECT_EQ(values(target[0]), (Values{2, 5, 9}));
}

// A user's op on `device` that may refuse to be recorded in two ways.
enum class Refusal : std::uint8_t { kSaysSo, kWaits };

ir::Graph refusing(Device device, const std::string& name, Refusal refusal, int* calls) {
  ops::OpDef def;
  def.facts = ops::opaque_facts();
  def.name = name;
  def.infer = [](std::span<const TensorSpec> in, const ir::Attributes&) {
    return std::vector<TensorSpec>(in.begin(), in.end());
  };
  ops::register_op(std::move(def));
  register_kernel(name, device.kind(), [=](const KernelRequest&) {
    PreparedKernel kernel;
    kernel.recordable = refusal != Refusal::kSaysSo;
    kernel.run = [=](const Call& call) {
      const Stream stream = Stream::wrap(device, call.stream);
      if (refusal == Refusal::kWaits) stream.synchronize();
      ++*calls;
      copy_bytes(call.outputs[0].data, device, call.inputs[0].data, device, 8, stream);
    };
    return kernel;
  });
  ir::Graph graph;
  ops::Builder build(graph);
  const ir::Value x = graph.add_input({{2}, DType::kF32}, ir::InputKind::kArgument, "x");
  graph.outputs.push_back({build.emit("exp", {build.emit(name, {x})}), ""});
  return graph;
}

TEST_P(ReplayOn, WhatCannotBeRecordedRunsCallByCall) {
  for (const Refusal refusal : {Refusal::kSaysSo, Refusal::kWaits}) {
    const std::string name = "test::refuses_" + std::to_string(static_cast<int>(refusal)) + "_on_" + device().name();
    int calls = 0;
    std::vector<std::string> lines;
    const LogCallback before = set_log_callback([&](LogLevel, std::string_view text) { lines.emplace_back(text); });
    Instance program(build(refusing(device(), name, refusal, &calls)));
    const Array x = array({0, -200});
    for (int i = 0; i < 5; ++i) EXPECT_EQ(values(run(program, {x})[0]), (Values{1, 0}));
    set_log_callback(before);
    EXPECT_EQ(calls, 5);
    ASSERT_EQ(lines.size(), device().is_cuda() ? 1u : 0u);
    if (device().is_cuda()) {
      EXPECT_NE(lines[0].find("is not replayed as one CUDA graph"), std::string::npos) << lines[0];
      EXPECT_NE(lines[0].find(refusal == Refusal::kSaysSo ? name : "cudaStreamSynchronize"), std::string::npos)
          << lines[0];
    }
  }
}

WEFT_ON_EVERY_DEVICE(ReplayOn);

}  // namespace
}  // namespace weft::testing
