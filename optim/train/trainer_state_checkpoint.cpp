// SPDX-License-Identifier: Apache-2.0
// Saving and resuming a trainer: its model, optimizer, random numbers and counts, and the run of fit() at hand.
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "optim/train/checkpoint_file.h"
#include "optim/train/epoch_files.h"
#include "optim/train/fit.h"
#include "optim/train/trainer_state.h"

namespace weft::detail {
namespace {

constexpr std::string_view kRun = "run/";

// Counts are from 0, and a place within an update must be one that this trainer can reach.
void check_count(const Tensor& value, std::int64_t most, const char* what, const std::filesystem::path& path) {
  const auto given = value.item<std::int64_t>();
  if (given < 0 || given > most)
    fail_at<ValueError>("resume", path.string(), "it was saved after ", given, " ", what,
                        ", this trainer can go on after 0 to ", most);
}

std::vector<Saved> entries_of(Counts& counts, int accumulate) {
  constexpr std::int64_t kMostEpochs = 2147483646;
  Saved epochs = saved_number(
      "epochs", [&counts] { return counts.epochs; }, [&counts](std::int64_t value) { counts.epochs = value; });
  epochs.check = [](const Tensor& value, const auto& path) { check_count(value, kMostEpochs, "epochs", path); };
  Saved waiting = saved_number(
      "waiting", [&counts] { return counts.waiting; }, [&counts](std::int64_t value) { counts.waiting = value; });
  waiting.check = [accumulate](const Tensor& value, const auto& path) {
    check_count(value, accumulate - 1, "batches of an update", path);
  };
  waiting.absent = [&counts] { counts.waiting = 0; };
  return {std::move(epochs), std::move(waiting)};
}

// The run in the values of a file; none if it was saved between two calls of fit().
std::optional<RunPlace> run_of(const TrainerState& state, const NamedTensors& values,
                               const std::filesystem::path& path) {
  if (values.empty()) return std::nullopt;
  RunPlace out = place_of(values, path);
  for (const auto& [name, variable] : state.figures()) {
    const auto given = out.figures.find(name);
    // Counts of rows were integers before rows had weights.
    if (given != out.figures.end() && given->second.dtype() == DType::kI64 && variable.dtype() == DType::kF64)
      given->second = given->second.to(DType::kF64);
    if (given == out.figures.end() || given->second.shape() != variable.shape() ||
        given->second.dtype() != variable.dtype())
      fail_at<FormatError>("resume", path.string(), "the run has no figure '", name, "' of ",
                           TensorSpec{variable.shape(), variable.dtype()}, "; the file was not written by a trainer");
  }
  return out;
}

}  // namespace

std::vector<Saved> TrainerState::entries() {
  std::vector<Saved> random = saved(generator);
  random[0].check = [seed = options.seed](const Tensor& value, const std::filesystem::path& path) {
    const auto given = static_cast<std::uint64_t>(value.to_vector<std::int64_t>()[0]);
    if (seed && given != *seed)
      fail_at<ValueError>("resume", path.string(), "it was saved with seed ", given, ", the trainer has seed ", *seed,
                          "; give it the seed of the file, or none");
  };
  std::vector<Saved> out;
  add_entries(out, 0, saved(parts.model.get("trainer")));
  add_entries(out, 1, saved(optimizer));
  add_entries(out, 2, std::move(random));
  add_entries(out, 3, entries_of(counts, options.accumulate));
  return out;
}

void TrainerState::save(const std::filesystem::path& path) {
  std::optional<RunPlace> run = fit ? fit->place() : std::nullopt;
  if (!run) run = resumed;
  write_checkpoint(path, entries(), kRun, run ? values_of(*run) : NamedTensors{});
}

std::optional<int> TrainerState::resume(const std::filesystem::path& path) {
  if (fit) fail<ValueError>("resume", "a callback calls resume() of its own trainer; let the run end first");
  const std::optional<std::filesystem::path> file = latest_checkpoint(path);
  if (!file) return std::nullopt;
  const std::vector<Saved> all = entries();
  const std::optional<CheckpointValues> values = read_checkpoint(*file, all, kRun);
  if (!values) return std::nullopt;
  std::optional<RunPlace> run = run_of(*this, values->open, *file);
  restore(all, *values);
  resumed = std::move(run);
  return static_cast<int>(counts.epochs) + 1;
}

}  // namespace weft::detail
