// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "core/array/array.h"
#include "core/device/recording.h"
#include "core/exec/arena_pool.h"
#include "core/exec/arguments.h"
#include "core/exec/data_fault.h"
#include "core/exec/executable.h"
#include "core/exec/poison.h"

namespace weft::exec {

// One runnable copy of an executable: the addresses that its calls work on. A run walks over the prepared calls. On
// CUDA the second and later runs at the same addresses launch a recording of that walk; each set of addresses has its
// own. A steady run allocates nothing but the memory of what is returned.
class Instance {
 public:
  // Activations lie in an arena of `arenas`; instances that share a pool share the memory.
  explicit Instance(std::shared_ptr<const Executable> executable,
                    std::shared_ptr<ArenaPool> arenas = ArenaPool::shared());
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  // Runs the program and gives one array per output. `inputs`: a dense array per graph input, on the device; an
  // argument may also be on the host. `targets`: per graph output the memory that it goes to, a variable's or the
  // user's; an undefined array asks for new memory. Variables are read as they were before the run. Runs of an instance
  // must not overlap.
  std::vector<Array> run(std::span<const Array> inputs, std::span<const Array> targets, const Stream& stream);

  // The faults of the latest run, which its results and the variables that it assigned shall carry. Ask once per run.
  // On the CPU they are this run's alone, on CUDA those that any run of the instance may still report.
  [[nodiscard]] Faults take_faults(const Stream& stream) { return fault_.take(stream); }

  // Seconds of each prepared call, the shortest of several runs with a clock between calls. The runs assign only those
  // variables that the plan writes in place.
  std::vector<double> profile(std::span<const Array> inputs, std::span<const Array> targets, const Stream& stream);

  const Executable& executable() const { return *executable_; }
  const std::shared_ptr<const Executable>& shared_executable() const { return executable_; }

 private:
  // The operands of one prepared call. Views point into the arena and the inputs, and are set again when those move.
  struct Bound {
    std::vector<View> inputs, outputs;
    Call call;  // made once, so that a run copies and allocates nothing
  };
  // A recording and the addresses that it is for. Empty until those addresses come a second time.
  struct Replay {
    std::vector<void*> addresses;
    Recording recording;
  };
  void bind(const std::vector<void*>& inputs, std::span<const Array> targets, std::byte* arena);
  void set_views();
  void find_movable();
  void* address(ir::Value value) const;
  void walk(const Stream& stream, PoisonGuard* poison);
  // Copies assigned values to those variables that the walk could not write. Part of the recording, because every run
  // copies the same addresses.
  void settle(const Stream& stream);
  // The memory of every output: its target, or new.
  std::vector<Array> outputs(std::span<const Array> targets, const Stream& stream) const;
  // Points the walk at the new memory of results, which saves a copy out of the arena.
  void aim(std::span<const Array> outputs, std::span<const Array> targets);
  // Copies the results that the walk has left in the arena to their memory.
  void hand_over(std::span<const Array> outputs, std::span<const Array> targets, const Stream& stream) const;
  bool may_record(const Stream& stream) const;
  // The recording for this run's addresses, made at their second run; null at the first.
  const Recording* recording_for(std::span<const Array> outputs, std::span<const Array> targets);
  void list_addresses(std::span<const Array> outputs, std::span<const Array> targets);
  Recording record();

  std::shared_ptr<const Executable> executable_;
  std::shared_ptr<ArenaPool> arenas_;
  Arguments arguments_;
  std::vector<Bound> calls_;  // one per prepared call
  bool views_set_ = false;
  std::byte* arena_ = nullptr;
  std::vector<void*> bound_;    // the inputs
  std::vector<void*> targets_;  // the variables that are assigned; null for other outputs
  // Per output the views that may point at the result's new memory instead of the arena. On CUDA only for large
  // results, because small results that a loop keeps have new addresses in each run, which no recording knows.
  std::vector<std::vector<View*>> movable_;
  FaultPlace fault_;
  bool recordable_;
  std::vector<void*> addresses_;  // addresses of this run
  std::vector<Replay> replays_;   // the most recently used last
};

}  // namespace weft::exec
