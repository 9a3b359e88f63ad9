// SPDX-License-Identifier: Apache-2.0
#include "emulator.h"
#include "tests/emulator/src/runtime.h"
#include "tests/emulator/src/symbols.h"

namespace weft::emulator {
namespace {

// Applies `change` to the runtime under its lock.
template <class Change>
void change_runtime(Change&& change) {
  Runtime& runtime = Runtime::instance();
  const Lock lock(runtime.mutex);
  change(runtime);
}

}  // namespace

void set_thread_order_seed(std::uint64_t seed) {
  change_runtime([&](Runtime& runtime) {
    runtime.seed = seed;
    runtime.schedules = 0;
  });
}

void fail_allocation(std::uint64_t n) {
  change_runtime([&](Runtime& runtime) { runtime.allocations_until_failure = n; });
}

void set_memory_limit(std::size_t bytes) {
  change_runtime([&](Runtime& runtime) { runtime.memory_limit = bytes; });
}

void set_device_count(int count) {
  change_runtime([&](Runtime& runtime) { runtime.device_count = count; });
}

void inject_error(std::uint64_t call_number, cudaError_t error) {
  change_runtime([&](Runtime& runtime) {
    runtime.calls_until_error = call_number;
    runtime.planned_error = error;
  });
}

Counters counters() {
  Counters copy;
  change_runtime([&](Runtime& runtime) {
    copy = runtime.counted;
    for (const auto& [kernel, runs] : runtime.runs_by_address) copy.runs_by_kernel[symbol_name(kernel)] += runs;
  });
  return copy;
}

std::set<std::string> launched_kernels() {
  std::set<std::string> names;
  change_runtime([&](Runtime& runtime) {
    for (const auto& [kernel, runs] : runtime.ever_run) names.insert(symbol_name(kernel));
  });
  return names;
}

std::set<std::string> known_kernels() { return functions_ending_in("_kernel"); }

std::string last_report() {
  std::string text;
  change_runtime([&](Runtime& runtime) { text = runtime.report; });
  return text;
}

void reset() {
  change_runtime([](Runtime& runtime) {
    runtime.drop_work();
    Counters kept;
    kept.live_allocations = runtime.counted.live_allocations;
    kept.live_bytes = runtime.counted.live_bytes;
    runtime.counted = kept;
    runtime.runs_by_address.clear();
    runtime.dynamic_shared_limits.clear();
    runtime.seed = runtime.schedules = 0;
    runtime.allocations_until_failure = runtime.calls_until_error = 0;
    runtime.memory_limit = 0;
    runtime.device_count = 1;
    runtime.sticky = cudaSuccess;
    runtime.report.clear();
  });
  thread_state().last_error = cudaSuccess;
}

}  // namespace weft::emulator
