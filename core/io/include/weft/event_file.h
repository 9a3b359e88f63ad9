// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "weft/detail/export.h"
#include "weft/tensor.h"

namespace weft WEFT_EXPORT {

// Writes an event file for TensorBoard, as torch.utils.tensorboard.SummaryWriter does: `tensorboard --logdir DIRECTORY`
// shows it while it grows. Values have a tag ("loss/training"), which "/" groups, and a step. Each call adds one whole
// record at once; a call that fails adds nothing. Threads may share a writer.
class EventWriter {
 public:
  // Begins a new file in the directory, which is made where it is missing. With `purge_step` TensorBoard discards what
  // earlier files of the directory have for that step and later ones: a resumed run writes them again. FormatError
  // where the file cannot be made.
  explicit EventWriter(const std::filesystem::path& directory, std::optional<std::int64_t> purge_step = {});
  ~EventWriter();
  EventWriter(EventWriter&&) noexcept;
  EventWriter& operator=(EventWriter&&) noexcept;

  // One number, kept as f32; NaN is shown as such.
  void scalar(const std::string& tag, std::int64_t step, double value);
  // Counts of a tensor's values in 64 bins of equal width, any shape and dtype; those that are not finite are left out.
  // ValueError if none is finite.
  void histogram(const std::string& tag, std::int64_t step, const Tensor& values);
  // One image (h, w) or (h, w, channels), as plot::images() takes many, as PNG.
  void image(const std::string& tag, std::int64_t step, const Tensor& image);
  // Waits until all records are on the disk, so that they outlive a crash of the machine.
  void flush();
  // "DIRECTORY/events.out.tfevents.SECONDS.HOST.PROCESS.NUMBER"
  const std::filesystem::path& path() const;

 private:
  struct State;
  // ValueError if the writer was moved from.
  State& state() const;
  std::unique_ptr<State> state_;
};

}  // namespace weft
