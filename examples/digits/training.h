// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "weft/compile.h"
#include "weft/dataset.h"
#include "weft/loader.h"
#include "weft/optimizer.h"
#include "weft/sequential.h"

struct Metrics {
  double loss = 0, accuracy = 0;
};

struct Epoch {
  int number = 0;
  Metrics training{}, validation{};
  double seconds = 0, samples_per_second = 0;  // of the training alone
};

// The training loop: one compiled program per batch shape does forward, backward and update; the sums of loss and hits
// stay on the device and are read once per epoch.
class Training {
 public:
  // Draws the model's values on `device`, keyed by `seed`.
  Training(weft::Sequential& model, const weft::Schedule& lr, weft::Device device, std::uint64_t seed);
  Training(const Training&) = delete;
  Training& operator=(const Training&) = delete;

  // Where the memory of a step goes, for batches of this size.
  std::string memory_plan(std::int64_t batch_size, std::int64_t pixels);
  // One pass; `on_batch` hears how many rows are done. DataError when the loss is not finite: the update that would
  // have spread it was skipped.
  Metrics run_epoch(weft::Loader& loader, const std::function<void(std::int64_t rows)>& on_batch);
  // In eval mode, whatever the model's mode is.
  Metrics evaluate(const weft::Dataset& data);
  weft::Tensor predict(const weft::Tensor& images);

 private:
  void count(const weft::Tensor& loss, const weft::Tensor& logits, const weft::Tensor& labels);
  Metrics read_sums(std::int64_t rows);

  weft::Sequential& model_;
  weft::Device device_;
  weft::Variable sums_;  // f32(2): loss times rows, hits
  weft::Optimizer optimizer_;
  weft::Compiled<void(weft::Tensor, weft::Tensor)> step_, check_;
  weft::Compiled<weft::Tensor(weft::Tensor)> forward_;
};
