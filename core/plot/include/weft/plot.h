// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "weft/detail/export.h"
#include "weft/tensor.h"

namespace weft WEFT_EXPORT {
namespace plot {

// One curve of a figure: y over x. Values that are not finite leave a gap.
struct Line {
  std::string name;         // stands in the legend
  std::vector<double> y;    // values
  std::vector<double> x{};  // places; empty: 1, 2, 3, ...
};

// Texts around a figure, and its scales.
struct Axes {
  std::string title{};  // above the figure
  std::string x{};      // below the horizontal axis
  std::string y{};      // beside the vertical axis
  bool log_x = false;   // logarithmic; values up to 0 are left out
  bool log_y = false;   // logarithmic; values up to 0 are left out
};

// Each function below replaces one file, complete or not at all, in the format of its extension: .svg, or .png with two
// pixels per unit. Figures with axes are 640 x 400 units. A figure without values says "no values" in its middle.
// Values beyond +-4e307, on a logarithmic axis beyond 1e-300 ... 1e300, stand at the border. Equal figures have equal
// bytes. ValueError for another extension, FormatError for a file that cannot be written, TraceError while tracing.

// Curves over their places. A value between two gaps is a dot. Curves of more values than pixels keep the lowest and
// the highest value of each column. ValueError for a line whose places are not as many as its values.
void lines(const std::vector<Line>& lines, const std::filesystem::path& file, const Axes& axes = {});
// Points (n, 2) in the colors of their labels (n), i64, i32 or u8, of any value. Points that are not finite are left
// out, and counted below the figure. ShapeError and DTypeError for others.
void scatter(const Tensor& points, const Tensor& labels, const std::filesystem::path& file, const Axes& axes = {});
// scatter() on the regions of the plane that a classifier tells apart. `predict` is called once; it takes a grid, f32
// (38400, 2) on the device of the points, to classes (38400), i64, i32 or u8: argmax(model(x), -1).
void decision_boundary(const std::function<Tensor(const Tensor&)>& predict, const Tensor& points, const Tensor& labels,
                       const std::filesystem::path& file, const Axes& axes = {});
// Counts of the values, of any shape and dtype, in bins of equal width; on a logarithmic axis, of equal ratio. bins 0:
// at most 100, each 2 IQR / n^(1/3) wide (D. Freedman and P. Diaconis, 1981), or log2(n) + 1 where the quartiles are
// equal. Values that are not finite are left out, and counted below the figure.
void histogram(const Tensor& values, const std::filesystem::path& file, int bins = 0, const Axes& axes = {});
// Counts or shares (c, c) whose rows are true classes and whose columns are predicted ones, as metrics give them. Names
// are those of the classes; none: 0, 1, ... ShapeError for others, ValueError for one below 0.
void confusion_matrix(const Tensor& counts, const std::filesystem::path& file,
                      const std::vector<std::string>& names = {}, const Axes& axes = {});
// Images (n, h, w) or (n, h, w, 1 | 3 | 4) side by side: gray, RGB, or RGB and opacity on white; u8, or floats in [0,
// 1]. Floats beyond are taken to the nearer bound; NaN is vermilion. columns 0: as many as fit into 640 units.
// ShapeError and DTypeError for others, ValueError for more than a figure holds.
void images(const Tensor& images, const std::filesystem::path& file, int columns = 0, const Axes& axes = {});

}  // namespace plot
}  // namespace weft
