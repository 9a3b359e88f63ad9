// SPDX-License-Identifier: Apache-2.0
// Compile time: training steps of many nodes, and the CPU seconds that each phase of compiling them takes. One JSON
// object per line. Usage: bench_compile PROGRAM SIZE..., for example: bench_compile lstm 50 100 200 400
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "bench/long_programs.h"
#include "core/api/trace/tracer.h"
#include "core/exec/instance.h"
#include "core/ir/prune.h"
#include "core/ops/memory.h"
#include "core/passes/optimize.h"
#include "core/plan/plan.h"
#include "weft/weft.h"

namespace weft::bench {
namespace {

double user_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec) + 1e-6 * static_cast<double>(used.ru_utime.tv_usec);
}

// User CPU seconds from one call to the next.
class Laps {
 public:
  double lap() {
    const double now = user_seconds();
    return now - std::exchange(last_, now);
  }

 private:
  double last_ = user_seconds();
};

plan::Options planning_of(const exec::Executable& executable) {
  plan::Options out;
  out.workspace.resize(executable.graph().nodes.size());
  for (const auto& step : executable.prepared_calls())
    out.workspace[step.node] = static_cast<std::int64_t>(step.kernel.workspace);
  out.alias = ops::alias_offset;
  out.parts = ops::part_offsets;
  out.in_place = ops::may_run_in_place;
  return out;
}

// The phases one by one.
void print_phases(const Training& training, Optimizer& optimizer) {
  Laps laps;
  detail::Tracer tracer(Device::cpu());
  std::vector<Tensor> arguments;
  for (const TensorSpec& spec : training.arguments) arguments.push_back(tracer.add_argument(spec, "x"));
  const Tensor loss = training.loss(arguments);
  const double traced = laps.lap();
  const std::size_t forward = tracer.graph().nodes.size();
  const Gradients found = gradients(loss, training.parameters);
  const double differentiated = laps.lap();
  optimizer.apply(found);
  const detail::Trace trace = tracer.finish({loss}, std::nullopt);
  const double updated = laps.lap();
  const ir::Graph graph = passes::optimize(ir::prune(trace.graph));
  const double passed = laps.lap();
  const auto executable = std::make_shared<const exec::Executable>(trace.graph, exec::BuildOptions{Device::cpu()});
  const double built = laps.lap();
  const plan::Plan plan = plan::make_plan(executable->graph(), planning_of(*executable));
  const double planned = laps.lap();
  const exec::Instance instance(executable);
  const double bound = laps.lap();
  std::printf("\"forward_nodes\": %zu, \"nodes\": %zu, \"kernels\": %zu, \"arena_bytes\": %lld, ", forward,
              trace.graph.nodes.size(), executable->prepared_calls().size(), static_cast<long long>(plan.arena_bytes));
  std::printf(
      "\"trace_s\": %.3f, \"autodiff_s\": %.3f, \"update_s\": %.3f, \"passes_s\": %.3f, \"plan_s\": %.3f, "
      "\"kernels_s\": %.3f, \"instance_s\": %.3f, ",
      traced, differentiated, updated, passed, planned, built - passed - planned, bound);
}

// Times of compile(), of the first run, and of one more run.
void print_whole(const Training& training, Optimizer& optimizer) {
  std::vector<Tensor> arguments;
  for (const TensorSpec& spec : training.arguments) arguments.push_back(zeros(spec.shape, spec.dtype));
  std::size_t nodes = 0;
  auto step = compile([&](Tensor x, Tensor y) {
    Tensor loss = training.loss({x, y});
    optimizer.apply(gradients(loss, training.parameters));
    nodes = detail::Tracer::current()->graph().nodes.size();
    return loss;
  });
  if (arguments.size() < 2) arguments.push_back(zeros({}));
  Laps laps;
  step.prepare(arguments[0], arguments[1]);
  const double compiled = laps.lap();
  static_cast<void>(step(arguments[0], arguments[1]).item());
  const double first = laps.lap();
  static_cast<void>(step(arguments[0], arguments[1]).item());
  std::printf("\"compile_s\": %.3f, \"first_run_s\": %.3f, \"second_run_s\": %.3f, \"nodes_per_s\": %.0f}\n", compiled,
              first, laps.lap(), static_cast<double>(nodes) / compiled);
}

int run(int argc, char** argv) {
  const auto named = [&](const LongProgram& program) { return argc > 2 && program.name == argv[1]; };
  const auto program = std::ranges::find_if(long_programs(), named);
  if (program == long_programs().end()) {
    std::fprintf(stderr, "usage: bench_compile PROGRAM SIZE..., with PROGRAM one of");
    for (const LongProgram& known : long_programs()) std::fprintf(stderr, " %s", known.name.c_str());
    std::fprintf(stderr, "\n");
    return 2;
  }
  for (int i = 2; i < argc; ++i) {
    const std::int64_t size = std::atoll(argv[i]);
    const Training training = program->make(size);
    Optimizer optimizer(training.parameters, Adam{.lr = 1e-3});
    std::printf("{\"program\": \"%s\", \"size\": %lld, ", argv[1], static_cast<long long>(size));
    print_phases(training, optimizer);
    print_whole(training, optimizer);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace weft::bench

int main(int argc, char** argv) {
  try {
    const weft::DeviceScope scope(weft::Device::cpu());
    return weft::bench::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_compile: %s\n", error.what());
    return 1;
  }
}
