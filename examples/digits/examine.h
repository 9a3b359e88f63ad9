// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "weft/tensor.h"

constexpr std::size_t kClasses = 10;

// A row that the model got wrong.
struct Mistake {
  std::size_t row = 0;
  std::size_t truth = 0, predicted = 0;
  double confidence = 0;  // the probability given to `predicted`
};

struct Examination {
  double accuracy = 0;
  std::array<std::array<int, kClasses>, kClasses> confusion{};  // [truth][predicted]
  std::vector<Mistake> mistakes;                                // the most confident first
};

// Compares logits (n, 10) with labels i64 (n).
Examination examine(const weft::Tensor& logits, const weft::Tensor& labels);

// The confusion matrix as lines of text.
std::string confusion_text(const Examination& examination);
