// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/api/trace/tracer.h"
#include "core/exec/instance.h"
#include "weft/compile.h"

namespace weft::detail {

struct ArgumentKey {
  TensorSpec spec;                   // of a tensor
  std::optional<std::string> value;  // of a Static; not set for a tensor
  bool is_tensor() const { return !value; }
  bool operator==(const ArgumentKey&) const = default;
};

// The key of a call, which finds its trace.
struct Request {
  std::vector<ArgumentKey> key;
  std::optional<Device> device;
  // The rows that are given, and those of their bucket. Both 0 without buckets.
  std::int64_t rows = 0, bucket = 0;

  bool padded() const { return rows != bucket; }
};

// A finished trace: the key that it was made for, the arrays and variables that it binds, and the program.
struct Traced {
  std::vector<ArgumentKey> arguments;
  std::optional<Device> given;
  Trace trace;
  std::unique_ptr<exec::Instance> program;
  std::vector<Array> states;  // per generator that it draws from: a copy of the state, which each run takes for itself
  std::vector<Array> inputs;  // once sealed: the captures and the variables' memory, undefined for arguments
  std::uint64_t used = 0;     // ordinal of the latest call that found it

  bool flags_hold() const {
    return std::all_of(trace.guards.begin(), trace.guards.end(),
                       [](const auto& g) { return g.first->load() == g.second; });
  }
  bool wishes_hold() const {
    return std::all_of(trace.wishes.begin(), trace.wishes.end(),
                       [](const auto& w) { return w.first->load() == w.second; });
  }
  bool fits(const Request& request) const { return arguments == request.key && flags_hold(); }
};

// Refuses a second call of a program or session while one is under way.
class [[nodiscard]] Turn {
 public:
  Turn(std::atomic_flag& busy, const char* what, const std::string& name);
  ~Turn() { busy_.clear(std::memory_order_release); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  std::atomic_flag& busy_;
};

class ProgramCache {
 public:
  explicit ProgramCache(CompileOptions options) : options_(std::move(options)) {}

  // Held during each call, because a program's calls must not overlap.
  Turn turn() const { return {busy_, "program", options_.name}; }
  // The key of a call; with buckets its rows are rounded up to a bucket.
  Request request(const std::vector<Argument>& arguments) const;
  Traced& find(const Request& request, const TracedBody& body);
  std::vector<Tensor> run(Traced& traced, const Request& request, const std::vector<Argument>& arguments);
  void prepare(const std::vector<Argument>& arguments, const TracedBody& body);
  // Forbids new traces and fixes the memory of the variables.
  void seal();
  bool sealed() const { return sealed_; }
  // The trace of a sealed program for a request from any device; throws where there is none.
  const Traced& known(const Request& request) const;
  // Throws if runs at the same time are not safe: the program is not sealed, or assigns variables.
  void check_sessions() const;
  const Traced& latest(const char* what) const;
  MemoryReport memory_plan() const;
  Profile profile() const;
  // The most rows that need at most `memory` bytes. `whole` counts variables that are allocated already, too.
  std::int64_t largest_batch(std::int64_t memory, const Request& request, const TracedBody& body, bool whole) const;
  const CompileOptions& options() const { return options_; }
  std::size_t made() const { return made_; }

 private:
  struct Built {
    Trace trace;  // without its graph
    std::shared_ptr<const exec::Executable> executable;
  };
  Trace traced(const Request& request, const TracedBody& body) const;
  void expect_rows_apart(const ir::Graph& graph, Request request, const TracedBody& body) const;
  Built build(const Request& request, const TracedBody& body) const;
  std::unique_ptr<Traced> trace(const Request& request, const TracedBody& body);
  void evict();
  [[noreturn]] void too_many(const std::vector<ArgumentKey>& key) const;
  [[noreturn]] void unknown(const Request& request) const;

  CompileOptions options_;
  std::vector<std::unique_ptr<Traced>> traces_;  // the latest comes last
  std::size_t made_ = 0;                         // traces, evicted ones included
  std::uint64_t calls_ = 0;
  bool sealed_ = false;
  mutable std::atomic_flag busy_;
};

// Puts a call's arguments into the undefined places of `inputs`, padded with rows of zeros up to the bucket.
void fill_arguments(std::vector<Array>& inputs, const Request& request, const std::vector<Argument>& arguments,
                    Device device, const Stream& stream);
// Adds the faults of a call's inputs: arguments, captures and variables.
void add_faults(exec::Faults& to, const Trace& trace, const std::vector<Argument>& arguments);
// The result without rows of padding.
Array asked_rows(const Array& result, const Request& request);

}  // namespace weft::detail
