// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "weft/export.h"
#include "weft/trainer.h"

namespace weft WEFT_EXPORT {

// Where fit() is, between two batches.
struct BatchEvent {
  Trainer& trainer;
  int epoch, epochs;            // epoch from 1
  std::int64_t batch, batches;  // batch from 1
  std::int64_t rows;            // trained in this epoch so far
  double seconds;               // since the epoch began
  // Loss and accuracy of the epoch so far. Reading waits for the device: not for every batch.
  std::function<Metrics()> metrics;
};

// Hears of training. What it throws ends fit().
class Callback {
 public:
  virtual ~Callback();
  virtual void on_begin(Trainer& trainer, int epochs);
  virtual void on_batch(const BatchEvent& event);
  virtual void on_epoch(Trainer& trainer, const Epoch& epoch);
  virtual void on_end(Trainer& trainer);
};

// A bar with loss, accuracy, samples per second and the time left where standard output is a terminal, and one line per
// epoch.
std::shared_ptr<Callback> progress();
// Stops when the validation loss (training loss without validation rows) has not fallen by more than min_delta for
// `patience` epochs, and gives the model the weights of its best epoch.
std::shared_ptr<Callback> early_stopping(int patience, double min_delta = 0);
// Writes the model after every epoch as epoch-<n>.safetensors, keeping the latest `keep`, and the best one as
// best.safetensors. FormatError when the directory cannot be written, before training begins.
std::shared_ptr<Callback> checkpoint(std::filesystem::path directory, int keep = 3);
// Writes the figures of all epochs so far as JSON, after every epoch.
std::shared_ptr<Callback> history_file(std::filesystem::path path);

}  // namespace WEFT_EXPORT
