// SPDX-License-Identifier: Apache-2.0
#include "weft/synthetic.h"

#include <numbers>

#include "core/base/check.h"
#include "weft/array.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/ops.h"
#include "weft/random.h"

namespace weft::data {
namespace {

// 0, 1, ..., classes - 1, 0, 1, ...
Tensor labels_of(const char* op, std::int64_t rows, std::int64_t classes) {
  if (rows < 0) fail<ValueError>(op, rows, " rows; there must be 0 or more");
  if (classes < 1) fail<ValueError>(op, classes, " classes; there must be at least one");
  const std::int64_t rounds = (rows + classes - 1) / classes;
  return tile(arange(classes), {rounds}).slice(0, 0, rows);
}

// Points at an angle and a radius, (rows) each, and noise around them.
Tensor on_circles(const Tensor& angle, const Tensor& radius, double noise) {
  const Tensor exact = stack({radius * cos(angle), radius * sin(angle)}, 1).to(DType::kF32);
  return exact + noise * randn(exact.shape());
}

}  // namespace

Points blobs(const BlobOptions& options) {
  const Tensor labels = labels_of("blobs", options.rows, options.centers);
  if (options.features < 1) fail<ValueError>("blobs", options.features, " features; there must be at least one");
  const Tensor centers = uniform({options.centers, options.features}, -options.box, options.box);
  return {take(centers, labels) + options.spread * randn({options.rows, options.features}), labels};
}

Points spirals(const SpiralOptions& options) {
  const Tensor labels = labels_of("spirals", options.rows, options.arms);
  const Tensor along = uniform({options.rows}, 0.0, 1.0, DType::kF64);
  // Evenly by length, which grows with the radius.
  const Tensor radius = sqrt(along);
  const Tensor angle =
      2 * std::numbers::pi * (options.turns * radius + labels.to(DType::kF64) / static_cast<double>(options.arms));
  return {on_circles(angle, radius, options.noise), labels};
}

Points ring(const RingOptions& options) {
  const Tensor labels = labels_of("ring", options.rows, options.modes);
  const Tensor angle = 2 * std::numbers::pi * labels.to(DType::kF64) / static_cast<double>(options.modes);
  return {on_circles(angle, full_like(angle, options.radius), options.spread), labels};
}

}  // namespace weft::data
