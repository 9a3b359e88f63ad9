// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/io/host_values.h"
#include "core/plot/figure_file.h"
#include "core/plot/font.h"
#include "core/plot/frame.h"
#include "core/plot/number_text.h"
#include "core/plot/palette.h"
#include "weft/plot.h"

namespace weft {
namespace {

using detail::Anchor;
using detail::Color;
using detail::Text;

constexpr std::size_t kMostClasses = 2048, kMostCells = 40;  // per side; cells of more classes are pixels
constexpr double kNameSize = 11, kAxisSize = 12, kTitleSize = 14;
constexpr double kMostName = 110;  // length of a class's name

struct Matrix {
  std::vector<double> counts;
  std::vector<std::string> names;
  std::size_t classes;
  bool whole;  // true: counts, not shares
  double most;
};

Matrix matrix_of(const std::string& op, const Tensor& counts, const std::vector<std::string>& names) {
  detail::check_known(op, "counts", counts);
  if (counts.rank() != 2 || counts.dim(0) != counts.dim(1))
    fail<ShapeError>(op, "counts is ", counts.shape(), "; it must be (c, c), a row for each true class");
  Matrix out{detail::numbers_of(op, "counts", counts), {}, static_cast<std::size_t>(counts.dim(0)), true, 0};
  if (out.classes > kMostClasses)
    fail<ShapeError>(op, "counts is ", counts.shape(), "; at most ", kMostClasses, " classes can be told apart");
  if (!names.empty() && names.size() != out.classes)
    fail<ValueError>(op, names.size(), " names for ", out.classes, " classes; give one each, or none");
  for (std::size_t i = 0; i < out.counts.size(); ++i) {
    const double count = out.counts[i];
    if (!std::isfinite(count) || count < 0)
      fail<ValueError>(op, "counts[", i / out.classes, ", ", i % out.classes, "] is ", count,
                       "; it must be finite and at least 0");
    out.whole = out.whole && count == std::floor(count);
    out.most = std::max(out.most, count);
  }
  for (std::size_t i = 0; i < out.classes; ++i)
    out.names.push_back(names.empty() ? std::to_string(i)
                                      : detail::shortened(detail::clean(names[i]), kNameSize, kMostName));
  return out;
}

// A single mistake must be seen beside a full diagonal: the root lifts small counts.
double shade_of(const Matrix& matrix, std::size_t i) {
  return matrix.most > 0 ? std::sqrt(matrix.counts[i] / matrix.most) : 0;
}

Color color_of(const Matrix& matrix, std::size_t i) {
  const bool right = i / matrix.classes == i % matrix.classes;
  const double shade = shade_of(matrix, i);
  return shade > 0 ? detail::tint(detail::color_of(right ? 0 : 1), 0.08 + 0.92 * shade) : Color{244, 246, 248};
}

std::string count_text(const Matrix& matrix, std::size_t i) {
  const double count = matrix.counts[i];
  if (count == 0) return "";
  if (count >= 1e6) {
    const int power = static_cast<int>(std::floor(std::log10(count)));
    return detail::fixed_text(count / std::pow(10.0, power), 1) + "e" + std::to_string(power);
  }
  return detail::fixed_text(count, matrix.whole ? 0 : 2);
}

// Squares with their counts.
void add_cells(const Matrix& matrix, detail::Point corner, double cell, detail::Scene& scene) {
  for (std::size_t i = 0; i < matrix.counts.size(); ++i) {
    const std::size_t row = i / matrix.classes, column = i % matrix.classes;
    const double x = corner.x + static_cast<double>(column) * cell, y = corner.y + static_cast<double>(row) * cell;
    scene.marks.push_back(detail::Rectangle{{x + 0.5, y + 0.5}, cell - 1, cell - 1, color_of(matrix, i)});
    const std::string text = count_text(matrix, i);
    const double size = std::min(12.0, 12 * (cell - 4) / std::max(1.0, detail::width_of(text, 12)));
    if (text.empty() || size < 6) continue;
    scene.marks.push_back(Text{{x + cell / 2, y + cell / 2 + 0.36 * size},
                               text,
                               size,
                               shade_of(matrix, i) > 0.6 ? detail::kWhite : detail::kInk,
                               Anchor::kMiddle});
  }
}

// A pixel for each cell.
detail::Raster raster_of(const Matrix& matrix, detail::Point corner, double cell) {
  detail::Pixels pixels(matrix.classes, matrix.classes);
  for (std::size_t i = 0; i < matrix.counts.size(); ++i) {
    detail::set(pixels, i % matrix.classes, i / matrix.classes, color_of(matrix, i));
  }
  const double side = cell * static_cast<double>(matrix.classes);
  return {corner, side, side, std::move(pixels)};
}

detail::Scene scene_of(const Matrix& matrix, const plot::Axes& axes) {
  const auto classes = static_cast<double>(matrix.classes);
  const double cell = matrix.classes <= kMostCells ? std::clamp(440 / std::max(classes, 1.0), 16.0, 96.0)
                                                   : std::max(640 / classes, 1.0);
  const double side = std::max(classes * cell, 120.0);
  double longest = 0;
  for (const std::string& name : matrix.names) longest = std::max(longest, detail::width_of(name, kNameSize));
  const bool upright = longest > cell - 4;  // names of columns do not fit side by side
  const detail::Point corner{40 + longest, axes.title.empty() ? 16.0 : 44.0};
  const double names = upright ? longest + 8 : 18;  // height of the columns' names
  detail::Scene scene{.width = std::ceil(corner.x + side + 24),
                      .height = std::ceil(corner.y + side + names + 28),
                      .title = detail::clean(axes.title)};
  const auto add = [&](detail::Mark mark) { scene.marks.push_back(std::move(mark)); };
  if (matrix.classes > kMostCells) {
    add(raster_of(matrix, corner, cell));
  } else if (matrix.classes > 0) {
    add_cells(matrix, corner, cell, scene);
  } else {
    add(Text{{corner.x + side / 2, corner.y + side / 2}, "no classes", kTitleSize, detail::kSoft, Anchor::kMiddle});
  }
  const auto stride = static_cast<std::size_t>(std::ceil(14 / cell));  // names closer than a line would overlap
  for (std::size_t i = 0; i < matrix.classes; i += stride) {
    const double middle = (static_cast<double>(i) + 0.5) * cell;
    add(Text{{corner.x - 6, corner.y + middle + 4}, matrix.names[i], kNameSize, detail::kSoft, Anchor::kEnd});
    if (upright) {
      add(Text{
          {corner.x + middle + 4, corner.y + side + 6}, matrix.names[i], kNameSize, detail::kSoft, Anchor::kEnd, true});
    } else {
      add(Text{{corner.x + middle, corner.y + side + 15}, matrix.names[i], kNameSize, detail::kSoft, Anchor::kMiddle});
    }
  }
  const auto name = [](const std::string& text, const char* otherwise, double size, double length) {
    return detail::shortened(text.empty() ? otherwise : detail::clean(text), size, length);
  };
  add(Text{{corner.x + side / 2, scene.height - 10},
           name(axes.x, "predicted", kAxisSize, side),
           kAxisSize,
           detail::kInk,
           Anchor::kMiddle});
  add(Text{{20, corner.y + side / 2},
           name(axes.y, "true", kAxisSize, side),
           kAxisSize,
           detail::kInk,
           Anchor::kMiddle,
           true});
  if (!axes.title.empty())
    add(Text{{scene.width / 2, 26},
             name(axes.title, "", kTitleSize, scene.width - 16),
             kTitleSize,
             detail::kInk,
             Anchor::kMiddle});
  return scene;
}

}  // namespace

void plot::confusion_matrix(const Tensor& counts, const std::filesystem::path& file,
                            const std::vector<std::string>& names, const Axes& axes) {
  const detail::FigureFile to("plot::confusion_matrix", file);
  to.write(scene_of(matrix_of(to.op(), counts, names), axes));
}

}  // namespace weft
