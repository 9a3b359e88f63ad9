// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/io/host_memory.h"
#include "weft/dataset.h"
#include "weft/error.h"

namespace weft::data {

Tensor class_weights(const Tensor& labels) {
  constexpr double kMost = 1 << 24;  // classes
  std::vector<double> counts;
  const std::vector<double> values = labels.to(DType::kF64).to_vector<double>();
  if (values.empty()) fail_at<ValueError>("class_weights", "", "there are no labels");
  for (const double label : values) {
    if (!(label >= 0 && label < kMost) || label != std::floor(label))
      fail_at<ValueError>("class_weights", "", "a label is ", label, "; labels are 0, 1, ... below 2^24");
    const auto place = static_cast<std::size_t>(label);
    if (place >= counts.size()) counts.resize(place + 1);
    counts[place] += 1;
  }
  std::vector<float> weights;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) fail_at<ValueError>("class_weights", "", "class ", i, " has no rows, so it has no weight");
    weights.push_back(
        static_cast<float>(static_cast<double>(values.size()) / (static_cast<double>(counts.size()) * counts[i])));
  }
  const auto classes = static_cast<std::int64_t>(weights.size());
  return detail::host_tensor(std::move(weights), {classes});
}

}  // namespace weft::data
