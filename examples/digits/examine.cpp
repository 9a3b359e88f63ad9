// SPDX-License-Identifier: Apache-2.0
#include "examine.h"

#include <algorithm>
#include <iomanip>
#include <sstream>

#include "weft/ops.h"

Examination examine(const weft::Tensor& logits, const weft::Tensor& labels) {
  const std::vector<float> probabilities = weft::softmax(logits).to_vector();
  const std::vector<std::int64_t> truth = labels.to_vector<std::int64_t>();
  Examination result;
  for (std::size_t row = 0; row < truth.size(); ++row) {
    const float* p = probabilities.data() + row * kClasses;
    const auto best = static_cast<std::size_t>(std::max_element(p, p + kClasses) - p);
    const auto wanted = static_cast<std::size_t>(truth[row]);
    ++result.confusion.at(wanted).at(best);
    if (best != wanted) result.mistakes.push_back({row, wanted, best, p[best]});
  }
  const auto by_confidence = [](const Mistake& a, const Mistake& b) { return a.confidence > b.confidence; };
  std::stable_sort(result.mistakes.begin(), result.mistakes.end(), by_confidence);
  result.accuracy = 1 - static_cast<double>(result.mistakes.size()) / static_cast<double>(truth.size());
  return result;
}

std::string confusion_text(const Examination& examination) {
  std::ostringstream out;
  out << "truth \\ predicted";
  for (std::size_t c = 0; c < kClasses; ++c) out << std::setw(5) << c;
  out << '\n';
  for (std::size_t t = 0; t < kClasses; ++t) {
    out << std::setw(17) << t;
    for (const int count : examination.confusion[t]) out << std::setw(5) << (count ? std::to_string(count) : ".");
    out << '\n';
  }
  return out.str();
}
