// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "weft/detail/export.h"
#include "weft/tensor.h"

// Points of known classes for first experiments, drawn like randn() from the generator of the moment.
namespace weft WEFT_EXPORT {
namespace data {

// Points and their classes: `auto [x, t] = blobs();`.
struct Points {
  Tensor x;       // f32 (rows, features)
  Tensor labels;  // i64 (rows): 0, 1, ..., 0, 1, ...
};

// Settings of blobs().
struct BlobOptions {
  std::int64_t rows = 300;    // points of all classes together
  std::int64_t centers = 3;   // classes
  std::int64_t features = 2;  // coordinates of a point
  double spread = 1;          // standard deviation around a center
  double box = 10;            // centers lie in [-box, box] along each axis
};
// Normal clouds around random centers. ValueError unless rows is 0 or more, and centers and features are positive; the
// functions below likewise.
[[nodiscard]] Points blobs(const BlobOptions& options = {});

// Settings of spirals().
struct SpiralOptions {
  std::int64_t rows = 400;  // points of all arms together
  std::int64_t arms = 2;    // classes
  double turns = 1.5;       // of each arm around the origin, where the arm begins; it ends at radius 1
  double noise = 0.02;      // standard deviation around the arm
};
// Arms that wind around one another, which no straight line parts.
[[nodiscard]] Points spirals(const SpiralOptions& options = {});

// Settings of ring().
struct RingOptions {
  std::int64_t rows = 1000;  // points of all modes together
  std::int64_t modes = 8;    // classes
  double radius = 2;         // of the circle of the centers
  double spread = 0.02;      // standard deviation around a center
};
// Normal clouds at equal distances on a circle, on which a generative net shows whether it finds all modes.
[[nodiscard]] Points ring(const RingOptions& options = {});

}  // namespace data
}  // namespace weft
