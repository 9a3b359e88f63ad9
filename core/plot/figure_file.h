// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>

#include "core/plot/scene.h"

namespace weft::detail {

// A file for one figure, SVG or PNG by its extension. ValueError with `op` for another extension, before any work.
class FigureFile {
 public:
  FigureFile(std::string op, std::filesystem::path path);
  const std::string& op() const { return op_; }
  // Puts the figure in the file's place. FormatError where the file cannot be written.
  void write(const Scene& scene) const;

 private:
  std::string op_;
  std::filesystem::path path_;
  bool is_png_;
};

}  // namespace weft::detail
