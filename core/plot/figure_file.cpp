// SPDX-License-Identifier: Apache-2.0
#include "core/plot/figure_file.h"

#include <utility>

#include "core/base/check.h"
#include "core/io/extension.h"
#include "core/io/file_writer.h"
#include "core/io/png.h"
#include "core/io/printable.h"
#include "core/plot/canvas.h"
#include "core/plot/svg.h"

namespace weft::detail {

FigureFile::FigureFile(std::string op, std::filesystem::path path) : op_(std::move(op)), path_(std::move(path)) {
  const std::string extension = extension_of(path_);
  is_png_ = extension == ".png";
  if (!is_png_ && extension != ".svg")
    fail_at<ValueError>(op_, printable(path_.string(), 200), "a figure is written as .svg or .png, not as \"",
                        printable(extension), "\"");
}

void FigureFile::write(const Scene& scene) const {
  constexpr int kPixels = 2;  // per unit of the scene, for screens of high density
  const std::string bytes = is_png_ ? png_bytes(draw(scene, kPixels), op_) : svg_text(scene);
  FileWriter file(path_, op_);
  file.write(bytes.data(), bytes.size());
  file.commit();
}

}  // namespace weft::detail
