// SPDX-License-Identifier: Apache-2.0
// Compiling is near linear: twice the nodes are about twice the work, for each pass and for the planner. Work is what
// the compiler's basic blocks add up to, however often and in whatever order they run; no clock is read.
#include <gtest/gtest.h>
#include <pthread.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "bench/long_programs.h"
#include "core/api/trace/tracer.h"
#include "core/exec/executable.h"
#include "core/ir/prune.h"
#include "core/ops/memory.h"
#include "core/passes/cleanup/cse.h"
#include "core/passes/cleanup/simplify.h"
#include "core/passes/fuse/activation_gradients.h"
#include "core/passes/fuse/bias_gradients.h"
#include "core/passes/fuse/epilogues.h"
#include "core/passes/fuse/regions.h"
#include "core/passes/lower/decompose.h"
#include "core/passes/lower/loss_scale.h"
#include "core/passes/lower/mixed_precision.h"
#include "core/plan/plan.h"
#include "tests/work/blocks.h"
#include "weft/weft.h"

namespace {

thread_local std::uint64_t blocks = 0;

}  // namespace

// Called by each basic block of the passes.
extern "C" void __sanitizer_cov_trace_pc();  // NOLINT(bugprone-reserved-identifier)
void __sanitizer_cov_trace_pc() { ++blocks; }

namespace weft::testing {

std::uint64_t executed_blocks() { return blocks; }

namespace {

using bench::Training;
using Work = std::map<std::string, std::uint64_t>;  // basic blocks by what ran them

template <class F>
auto counted(Work& work, const std::string& name, F run) {
  const std::uint64_t before = blocks;
  auto result = run();
  work[name] += blocks - before;
  return result;
}

// A pass over the graph, and what is dead after it taken out, as optimize() does.
ir::Graph pass(Work& work, const std::string& name, ir::Graph (*of)(const ir::Graph&), const ir::Graph& graph) {
  const ir::Graph out = counted(work, name, [&] { return of(graph); });
  return counted(work, "prune", [&] { return ir::prune(out); });
}

ir::Graph trace(Work& work, const Training& training) {
  Optimizer optimizer(training.parameters, Adam{.lr = 1e-3});
  detail::Tracer tracer(Device::cpu());
  std::vector<Tensor> arguments;
  for (const TensorSpec& spec : training.arguments) arguments.push_back(tracer.add_argument(spec, "x"));
  const Tensor loss = training.loss(arguments);
  optimizer.apply(counted(work, "autodiff", [&] { return gradients(loss, training.parameters); }));
  return tracer.finish({loss}, std::nullopt).graph;
}

// Every pass there is, those of a CUDA device and of mixed precision among them.
Work work_of(const Training& training, bool half) {
  Work work;
  ir::Graph graph = pass(work, "prune", ir::prune, trace(work, training));
  if (half)
    graph = pass(
        work, "mixed precision", [](const ir::Graph& g) { return passes::lower_precision(g, DType::kBF16); }, graph);
  graph = pass(work, "expand", passes::expand, graph);
  graph = pass(work, "simplify", passes::simplify, graph);
  graph = pass(work, "common subexpressions", passes::share, graph);
  graph = pass(work, "loss scale", passes::fold_loss_scale, graph);
  graph = pass(work, "decompose", passes::take_apart, graph);
  graph = pass(work, "bias gradients", passes::join_bias_gradients, graph);
  graph = pass(work, "regions", passes::form_regions, graph);
  graph = pass(work, "epilogues", passes::join_epilogues, graph);
  graph = pass(work, "activation gradients", passes::join_activation_gradients, graph);
  plan::Options options;
  options.alias = ops::alias_offset;
  options.parts = ops::part_offsets;
  options.in_place = ops::may_run_in_place;
  counted(work, "plan", [&] { return plan::make_plan(graph, options); });
  return work;
}

struct Sizes {
  std::string program;
  std::int64_t first = 0, last = 0;
  bool half = false;

  friend void PrintTo(const Sizes& sizes, std::ostream* out) { *out << sizes.program; }
};

Training made(const std::string& name, std::int64_t size) {
  for (const bench::LongProgram& program : bench::long_programs())
    if (program.name == name) return program.make(size);
  throw ValueError("made", "", "there is no program " + name);
}

class CompileWork : public ::testing::TestWithParam<Sizes> {};

// 2.2 times the work for twice the size, 10 % of it for logarithms and for trees that are just half full. A pass that
// looks at all pairs of nodes takes four times as long.
TEST_P(CompileWork, IsNearLinear) {
  const DeviceScope on(Device::cpu());
  const Sizes& sizes = GetParam();
  Work small = work_of(made(sizes.program, sizes.first), sizes.half);
  const double limit = std::pow(2.2, std::log2(static_cast<double>(sizes.last) / static_cast<double>(sizes.first)));
  for (const auto& [name, count] : work_of(made(sizes.program, sizes.last), sizes.half))
    EXPECT_LE(static_cast<double>(count), limit * static_cast<double>(small[name]))
        << name << ", " << sizes.program << " of " << sizes.first << " and " << sizes.last << ": " << small[name]
        << " and " << count;
}

INSTANTIATE_TEST_SUITE_P(Long, CompileWork,
                         ::testing::Values(Sizes{"lstm", 25, 100}, Sizes{"lstm", 25, 100, true},
                                           Sizes{"chain", 1250, 10000}, Sizes{"many", 500, 2000},
                                           Sizes{"wide", 1250, 5000}),
                         [](const auto& row) { return row.param.program + (row.param.half ? "_bf16" : ""); });

// No recursion over nodes: a thread with little stack compiles a program of 60,000.
TEST(CompileWork, NeedsNoDeepStack) {
  const auto compile = [](void*) -> void* {
    const DeviceScope on(Device::cpu());
    Work work;
    const exec::Executable executable(trace(work, made("chain", 20000)), {.device = Device::cpu()});
    EXPECT_GT(executable.prepared_calls().size(), 1000u);
    return nullptr;
  };
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, std::size_t{128} << 10), 0);
  pthread_t thread{};
  ASSERT_EQ(pthread_create(&thread, &attributes, compile, nullptr), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

}  // namespace
}  // namespace weft::testing
