// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "weft/detail/export.h"
#include "weft/per_axis.h"
#include "weft/tensor.h"

// Images in other sizes, channels last: x (n, spatial..., c), with one to three spatial axes. Errors are those of
// weft/ops.h; besides, ValueError for sizes and factors that are not positive.
namespace weft WEFT_EXPORT {

// Values between elements. s is the place of a result's element j among the elements of x: (j + 0.5) / scale - 0.5, or
// j (size - 1) / (new size - 1) with align_corners. Beyond the border all elements are the one at the border.
enum class ResizeMode {
  kNearest,       // element floor(j / scale), as PyTorch
  kNearestExact,  // element floor((j + 0.5) / scale), as most image libraries
  kLinear,        // between 2 elements, along 2 axes 4, along 3 axes 8: linear, bilinear, trilinear
  kCubic,         // between 4 elements, along 2 axes 16: Keys' cubic with a = -0.75
  kArea,          // the mean of elements floor(j / scale) up to ceil((j + 1) / scale), where scale is that of the sizes
};
// The new sizes, or the factors that give them.
struct ResizeOptions {
  PerAxis size = {};               // spatial sizes of the result
  std::vector<double> scale = {};  // the result has floor(size * scale) elements; one of size and scale is given
  ResizeMode mode = ResizeMode::kNearest;  // values between elements
  bool align_corners = false;  // the first and the last elements of x and of the result coincide; kLinear and kCubic
};
// Images of another size: (n, spatial..., c) -> (n, size..., c), as torch.nn.functional.interpolate without
// antialiasing. Floating dtypes, of which 16-bit ones are computed in f32; kNearest and kNearestExact take all dtypes.
[[nodiscard]] Tensor resize(const Tensor& x, const ResizeOptions& options);

// Elements beyond the border.
enum class PaddingMode {
  kReflect,    // those on the other side of the border element: 2 1 | 0 1 2 | 1 0
  kReplicate,  // the border element: 0 0 | 0 1 2 | 2 2
  kCircular,   // those at the other end: 1 2 | 0 1 2 | 0 1
};
// x with low[i] elements before and high[i] behind each axis; -> size + low + high. All dtypes. ShapeError for more
// padding than there are other elements (kReflect) or elements (kCircular), or of an axis without elements.
[[nodiscard]] Tensor pad(const Tensor& x, const std::vector<std::int64_t>& low, const std::vector<std::int64_t>& high,
                         PaddingMode mode);

// Channels as pixels: (n, h, w, c r r) -> (n, h r, w r, c). Channel (k r + i) r + j, in PyTorch's order,
// becomes channel k in row i and column j of r x r pixels. All dtypes; ShapeError unless r r divides the channels.
[[nodiscard]] Tensor pixel_shuffle(const Tensor& x, std::int64_t r);
// The inverse: (n, h r, w r, c) -> (n, h, w, c r r). ShapeError unless r divides height and width.
[[nodiscard]] Tensor pixel_unshuffle(const Tensor& x, std::int64_t r);

// Windows of unfold() and fold().
struct UnfoldOptions {
  PerAxis window;         // elements
  PerAxis stride = {};    // distance of neighboring windows; none: 1
  PerAxis padding = {};   // zeros before and behind the image; none: 0
  PerAxis dilation = {};  // distance of neighboring elements of a window; none: 1
};
// The elements of every window: (n, spatial..., c) -> (n, windows..., window..., c). torch.nn.functional.unfold has the
// axes in the order (n, c window..., windows...). All dtypes.
[[nodiscard]] Tensor unfold(const Tensor& x, const UnfoldOptions& options);
// Images of spatial sizes `size` with the elements of all windows added up where unfold() of the same options takes
// them from: (n, windows..., window..., c) -> (n, size..., c). All dtypes but bool.
[[nodiscard]] Tensor fold(const Tensor& x, const PerAxis& size, const UnfoldOptions& options);

}  // namespace weft
