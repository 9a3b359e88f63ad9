// SPDX-License-Identifier: Apache-2.0
#pragma once

// Controls for tests: schedules, planned failures, counters, and which kernels ran.
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "emulated/errors.h"

namespace weft::emulator {

// 0: threads, blocks and streams run in natural order. Otherwise the order of the threads of a block, of the blocks of
// a grid, of independent graph nodes and of independent streams is permuted by the seed.
void set_thread_order_seed(std::uint64_t seed);

// The n-th device allocation from now (1 is the next) fails once with cudaErrorMemoryAllocation.
void fail_allocation(std::uint64_t n);

// Size of the device memory: allocations beyond it fail, and cudaMemGetInfo reports it. 0 restores the default, 16 GiB.
void set_memory_limit(std::size_t bytes);

// Number of devices that cudaGetDeviceCount sees; with 0 every other call returns cudaErrorNoDevice. Default 1.
void set_device_count(int count);

// The call_number-th runtime call from now (1 is the next) does nothing and returns `error`. A context error
// (cudaErrorIllegalAddress and up, the 7xx codes) stays, as on the device, until reset().
void inject_error(std::uint64_t call_number, cudaError_t error);

struct Counters {
  std::uint64_t api_calls = 0;
  std::uint64_t kernel_launches = 0;  // cudaLaunchKernelEx, captured ones left out
  std::uint64_t kernels_run = 0;      // grids executed, by launch or by graph
  std::uint64_t graph_launches = 0;
  std::uint64_t device_allocations = 0;
  std::uint64_t host_allocations = 0;
  std::uint64_t synchronizations = 0;  // stream, event and device; copies that block the host
  std::uint64_t copies = 0;            // cudaMemcpy*, captured ones left out
  std::size_t live_allocations = 0;    // device allocations not freed yet
  std::size_t live_bytes = 0;
  std::map<std::string, std::uint64_t> runs_by_kernel;  // demangled name → grids executed
};

// Counts since the start or the last reset(); live_* are always current.
Counters counters();

// Demangled names of all kernels that ran in this process; reset() keeps them.
std::set<std::string> launched_kernels();

// Demangled names of all functions in this program whose name ends in "_kernel" (weft's naming rule) and that a launch
// could run: template instantiations count one by one. Read from the symbol tables, so not in a stripped program.
std::set<std::string> known_kernels();

// The explanation of the last failed launch (divergent barrier, lane that never came, ...); empty if there was none.
std::string last_report();

// Forgets errors, reports, planned failures, counters, limits and the seed, and drops queued work. Memory, streams and
// events stay.
void reset();

}  // namespace weft::emulator
