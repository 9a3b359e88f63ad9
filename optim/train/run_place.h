// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "optim/train/checkpoint_file.h"
#include "weft/callbacks.h"

namespace weft::detail {

// Calls of callbacks during which a checkpoint can be written. Outside them no run is under way that could go on.
enum class Hook : std::uint8_t { kNone, kBatch, kEpoch };

// State of one callback.
struct CallbackState {
  std::string type;
  NamedTensors values;
};

// The place of a checkpoint in a run of fit(): the run goes on with the callbacks that were not told yet.
struct RunPlace {
  Hook hook = Hook::kNone;
  std::int64_t told = 0;                // callbacks whose hook has begun
  std::int64_t batch = 0, samples = 0;  // of the epoch: finished
  std::int64_t skipped = 0;             // updates that the optimizer had skipped when the epoch began
  double seconds = 0;                   // of the epoch
  bool stop = false;
  // Numbers on which the batches of an epoch depend.
  std::int64_t rows = 0, batch_size = 0;
  bool shuffle = true, drop_last = false;
  std::int64_t sampling = 0;  // digest of the weights and the balance; 0 without them
  History history{};
  NamedTensors figures{};                  // of the epoch, as TrainerState::figures() names them
  std::vector<CallbackState> callbacks{};  // as given in FitOptions
};

// The place as values of a checkpoint file.
NamedTensors values_of(const RunPlace& place);
// The place in the values of a file. FormatError naming the file if a value is missing or is not what it should be.
RunPlace place_of(const NamedTensors& values, const std::filesystem::path& path);

}  // namespace weft::detail
