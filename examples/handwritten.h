// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdio>
#include <filesystem>

#include "weft/weft.h"

// True if the folder has a file of such a name.
inline bool holds(const std::filesystem::path& folder, const char* begin) {
  if (!std::filesystem::is_directory(folder)) return false;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().filename().string().starts_with(begin)) return true;
  return false;
}

// Handwritten digits f32 (n, 28, 28, 1) in [0, 1] and i64 (n). From a folder of MNIST's files: all of them, or four
// fifths of the test files to train on where there are no others. Without a folder: the built-in digits, resized.
inline weft::Split handwritten(const std::filesystem::path& folder) {
  weft::Split split;
  if (folder.empty()) {
    const weft::DeviceScope cpu(weft::Device::cpu());
    const auto large = [](const weft::Dataset& small) {
      const weft::Tensor pixels = small.column(0).reshape({small.size(), 8, 8, 1});
      return weft::Dataset({weft::resize(pixels, {.size = 28, .mode = weft::ResizeMode::kLinear}), small.column(1)});
    };
    const weft::Split digits = weft::data::digits();
    split = {large(digits.train), large(digits.test)};
  } else if (holds(folder, "t10k-images") && !holds(folder, "train-images")) {
    split = weft::data::mnist(folder, false).split(0.8);
  } else {
    split = {weft::data::mnist(folder, true), weft::data::mnist(folder, false)};
  }
  std::printf("%lld images to train on, %lld to test\n", static_cast<long long>(split.train.size()),
              static_cast<long long>(split.test.size()));
  return split;
}
