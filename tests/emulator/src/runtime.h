// SPDX-License-Identifier: Apache-2.0
#pragma once

// The state behind the API, all of it under one lock. Work on streams is queued and runs when somebody waits for it.
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "emulated/driver_types.h"
#include "emulator.h"
#include "tests/emulator/src/block.h"
#include "tests/emulator/src/shared_memory.h"

namespace weft::emulator {
struct Capture;
using Lock = std::unique_lock<std::mutex>;
}  // namespace weft::emulator

// A stream counts what was put on it and what is done, so "up to here" is a number.
struct CUstream_st {
  struct Point {
    std::shared_ptr<CUstream_st> stream;
    std::uint64_t count = 0;
    bool reached() const { return stream == nullptr || stream->completed >= count; }
  };
  struct Operation {
    std::function<void(weft::emulator::Lock&)> run;
    std::vector<Point> after;
    std::uint64_t issued = 0;
  };

  int device = 0;
  bool blocking = true;  // ordered with the legacy default stream
  bool legacy = false;
  bool busy = false;  // its front operation is running
  std::deque<Operation> queue;
  std::uint64_t submitted = 0;
  std::uint64_t completed = 0;
  std::shared_ptr<weft::emulator::Capture> capture;
  std::vector<std::size_t> frontier;  // while capturing: the nodes that the next one follows

  bool pending() const { return completed < submitted; }
};

struct CUevent_st {
  bool timed = true;
  CUstream_st::Point point;
  std::shared_ptr<std::chrono::steady_clock::time_point> time;  // set when the record runs
  std::shared_ptr<weft::emulator::Capture> capture;             // recorded in this capture, after these nodes
  std::vector<std::size_t> frontier;
};

struct CUgraphNode_st {
  cudaGraphNodeType type = cudaGraphNodeTypeEmpty;
  std::function<void(weft::emulator::Lock&)> run;
  std::vector<std::size_t> after;
};

struct CUgraph_st {
  std::vector<std::shared_ptr<CUgraphNode_st>> nodes;
};

struct CUgraphExec_st {
  std::vector<std::shared_ptr<CUgraphNode_st>> nodes;
};

namespace weft::emulator {

using Stream = CUstream_st;
using StreamPointer = std::shared_ptr<CUstream_st>;

struct Capture {
  std::uint64_t id = 0;
  cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal;
  std::thread::id thread;
  Stream* origin = nullptr;
  bool valid = true;
  bool ended = false;
  std::vector<std::shared_ptr<CUgraphNode_st>> nodes;
  std::vector<StreamPointer> streams;  // the origin and those that joined
};

enum class Place { kPageable, kPinned, kDevice };

struct Allocation {
  std::size_t bytes = 0;
  Place place = Place::kPageable;
  int device = 0;
  bool retired = false;  // cudaFreeAsync is queued
  HeapBytes memory;      // empty for registered host memory
};

class Runtime {
 public:
  static Runtime& instance();

  // Streams.
  StreamPointer find_stream(cudaStream_t handle);
  // Puts work on the stream, or into its capture.
  cudaError_t submit(const StreamPointer& stream, cudaGraphNodeType type, std::function<void(Lock&)> run);
  void enqueue(const StreamPointer& stream, std::function<void(Lock&)> run, std::vector<Stream::Point> after = {});
  void run_until(Lock& lock, const Stream::Point& point);
  void run_all(Lock& lock);
  void run_nodes(Lock& lock, const std::vector<std::shared_ptr<CUgraphNode_st>>& nodes);

  // Capture.
  void invalidate(Capture& capture) { capture.valid = false; }
  std::shared_ptr<Capture> forbidding_capture();
  bool any_blocking_capture(int device);

  // Memory.
  std::map<std::uintptr_t, Allocation>::iterator find_allocation(const void* pointer);
  cudaError_t allocate(void** pointer, std::size_t bytes, Place place, Lock& lock);
  void release(const void* pointer);
  std::size_t total_bytes() const;

  // The context is lost: `error` is returned from now on and queued work is dropped.
  void fail_context(cudaError_t error, std::string report);
  void drop_work();
  std::uint64_t next_schedule_seed();

  std::mutex mutex;
  std::condition_variable progress;
  std::unordered_map<cudaStream_t, StreamPointer> streams;
  std::unordered_map<int, StreamPointer> legacy_streams;
  std::unordered_map<cudaEvent_t, std::shared_ptr<CUevent_st>> events;
  std::unordered_map<cudaGraph_t, std::shared_ptr<CUgraph_st>> graphs;
  std::unordered_map<cudaGraphExec_t, std::shared_ptr<CUgraphExec_st>> executables;
  std::vector<std::shared_ptr<Capture>> captures;
  std::map<std::uintptr_t, Allocation> allocations;
  std::unordered_map<const void*, int> dynamic_shared_limits;
  std::map<const void*, std::uint64_t> runs_by_address;  // since reset()
  std::map<const void*, std::uint64_t> ever_run;
  std::map<cudaMemPoolAttr, std::uint64_t> pool_attributes;
  Counters counted;
  std::uint64_t issued = 0;
  std::uint64_t capture_ids = 0;
  std::uint64_t seed = 0;
  std::uint64_t schedules = 0;
  std::uint64_t allocations_until_failure = 0;
  std::uint64_t calls_until_error = 0;
  cudaError_t planned_error = cudaSuccess;
  std::size_t memory_limit = 0;
  int device_count = 1;
  cudaError_t sticky = cudaSuccess;
  std::string report;

 private:
  void run_front(Lock& lock, const StreamPointer& stream);
  StreamPointer next_pending();
};

// Per host thread, as in CUDA.
struct ThreadState {
  int device = 0;
  cudaError_t last_error = cudaSuccess;
  cudaStreamCaptureMode capture_mode = cudaStreamCaptureModeGlobal;
  bool in_host_function = false;
};
ThreadState& thread_state();

bool is_context_error(cudaError_t error);

}  // namespace weft::emulator
