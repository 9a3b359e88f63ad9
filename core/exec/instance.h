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
#include "core/exec/executable.h"
#include "core/exec/poison.h"

namespace weft::exec {

// One runnable copy of an executable: the addresses that its calls work on. A run is one walk over a flat list of
// prepared calls, and on CUDA from the second run at the same addresses on one launch of a recording of them. Arguments
// and results that come round in a few places are read and written there: each combination has a recording. Nothing is
// looked up in a call and, in a steady state, nothing is allocated but the memory of what is returned.
class Instance {
 public:
  // Activations lie in an arena of `arenas`; instances that share a pool share the memory.
  explicit Instance(std::shared_ptr<const Executable> executable,
                    std::shared_ptr<ArenaPool> arenas = ArenaPool::shared());
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  // inputs: a dense array per graph input, on the device; an argument may also lie on the host. targets: per graph
  // output the memory that it goes to, a variable's or the user's; an undefined array for a returned one, which gets
  // fresh memory. Gives one array per output. Reads see the variables as they were before the run, whatever is
  // assigned. Not concurrent with itself.
  std::vector<Array> run(std::span<const Array> inputs, std::span<const Array> targets, const Stream& stream);

  // Seconds that each of the executable's steps takes, the shortest of several runs, with a look at the clock after
  // each of them. The runs assign nothing but `targets`, and what is written in place.
  std::vector<double> profile(std::span<const Array> inputs, std::span<const Array> targets, const Stream& stream);

  const Executable& executable() const { return *executable_; }
  const std::shared_ptr<const Executable>& shared_executable() const { return executable_; }

 private:
  // The views point into the arena and the inputs, and are set anew when one of those has moved.
  struct Bound {
    std::vector<View> inputs, outputs;
    Call call;  // made once, so that a run copies and allocates nothing
  };
  // A recording, or none yet, and the addresses that it is for.
  struct Replay {
    std::vector<void*> addresses;
    Recording recording;
  };
  void bind(const std::vector<void*>& inputs, std::span<const Array> targets, std::byte* arena);
  void set_views();
  void find_movable();
  void* address(ir::Value value) const;
  void walk(const Stream& stream, PoisonGuard* poison);
  // What the walk leaves to do inside the arena and the variables; the same from run to run, so recorded with it.
  void settle(const Stream& stream);
  // The memory of every output: its target, or new.
  std::vector<Array> outputs(std::span<const Array> targets, const Stream& stream) const;
  // Has the walk write results that get new memory there instead of into the arena.
  void aim(std::span<const Array> outputs, std::span<const Array> targets);
  // Copies what the walk has left in the arena.
  void hand_over(std::span<const Array> outputs, std::span<const Array> targets, const Stream& stream) const;
  bool may_record(const Stream& stream) const;
  // The recording for the addresses of this run, made if they have been met before; else null.
  const Recording* recording_for(std::span<const Array> outputs, std::span<const Array> targets);
  void list_addresses(std::span<const Array> outputs, std::span<const Array> targets);
  Recording record();

  std::shared_ptr<const Executable> executable_;
  std::shared_ptr<ArenaPool> arenas_;
  Arguments arguments_;
  std::vector<Bound> calls_;  // one per step
  bool views_set_ = false;
  std::byte* arena_ = nullptr;
  std::vector<void*> bound_;    // the inputs
  std::vector<void*> targets_;  // the variables that are assigned; null for other outputs
  // Per output the views of its place in the arena, where all that lies there may go to the result's memory instead; on
  // CUDA of large ones, since the small ones that a loop collects never lie where a recording wrote the last one.
  std::vector<std::vector<View*>> movable_;
  bool recordable_;
  std::vector<void*> addresses_;  // of this run
  std::vector<Replay> replays_;   // the last one was used last
};

}  // namespace weft::exec
