// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>

#include "examine.h"
#include "options.h"
#include "weft/device.h"
#include "weft/trainer.h"

// A run and its outcome.
struct Run {
  Options options;
  std::string data;  // "digits: 1,438 rows to train on, 359 to test"
  weft::Device device;
  std::string summary;
  std::string memory;     // the plan of the training step
  weft::Profile profile;  // the step's kernels, with --explain
  weft::History history;
  Examination test;
};

// Creates a directory and those above it; FormatError when that cannot be.
void make_directory(const std::filesystem::path& path);
// Per-epoch figures, seed, versions, device and test accuracy as JSON.
std::string history_json(const Run& run);
