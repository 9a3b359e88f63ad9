// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <utility>

#include "core/base/check.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/metrics.h"
#include "weft/ops.h"

namespace weft::metrics {
namespace {

// A weight for each row of a batch: 1, but 0 for class labels that are no class.
Tensor default_weight(const Tensor& output, const Tensor& target) {
  const bool labels = !is_floating(target.dtype()) && output.rank() == target.rank() + 1;
  if (labels) return logical_and(target >= 0, target < output.dim(-1)).to(DType::kF32).flatten();
  return ones({target.rank() == 0 ? 1 : target.dim(0)});
}

}  // namespace

Metric mean(std::string name, std::function<Tensor(Tensor, Tensor)> f) {
  if (!f) fail<ValueError>("mean", "the function of the metric \"", name, "\" is empty");
  const std::string op = name;
  return {std::move(name),
          [f = std::move(f), op](const Tensor& output, const Tensor& target, const Tensor& given) {
            const Tensor weight = given.defined() ? given : default_weight(output, target);
            const Tensor values = f(output, target).to(DType::kF64);
            const std::int64_t n = weight.numel();
            if (values.rank() < 1 || (n > 0 && values.numel() % n != 0))
              fail<ShapeError>(op, "the metric's values are ", values.shape(), ", the rows ", n,
                               "; it must give a value per row or element");
            const Tensor rows = n == 0 ? zeros({0}, DType::kF64) : values.reshape({n, -1}).mean({1});
            const Tensor w = weight.reshape({n}).to(DType::kF64);
            // Selected, because a row that does not count may have a value that is not finite.
            return std::vector<Tensor>{where(equal(w, 0), 0, rows * w).sum(), w.sum()};
          },
          [](const std::vector<Tensor>& all) { return all[0].item<double>() / all[1].item<double>(); }};
}

Running::Running(Metric metric) : metric_(std::move(metric)) {
  if (!metric_.batch || !metric_.result)
    fail<ValueError>("metric", "\"", metric_.name, "\" has no function `batch` or `result`");
}

void Running::add(const Tensor& output, const Tensor& target, const Tensor& weight) {
  const DeviceScope on(output.device());
  add(metric_.batch(output, target, weight));
}

void Running::add(const std::vector<Tensor>& parts) {
  if (metric_.keeps_rows || parts_.empty()) {
    parts_.push_back(parts);
    if (!metric_.keeps_rows)
      for (Tensor& part : parts_[0]) part = part.to(DType::kF64);
    return;
  }
  for (std::size_t i = 0; i < parts.size(); ++i) parts_[0][i] = parts_[0][i] + parts[i].to(DType::kF64);
}

double Running::result() const {
  if (parts_.empty()) return std::numeric_limits<double>::quiet_NaN();
  if (!metric_.keeps_rows) return metric_.result(parts_[0]);
  std::vector<Tensor> columns;
  for (std::size_t i = 0; i < parts_[0].size(); ++i) {
    std::vector<Tensor> column;
    for (const std::vector<Tensor>& batch : parts_) column.push_back(batch[i]);
    columns.push_back(concat(column));
  }
  return metric_.result(columns);
}

void Running::reset() { parts_.clear(); }

}  // namespace weft::metrics
