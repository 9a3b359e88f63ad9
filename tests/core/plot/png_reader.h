// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstddef>
#include <filesystem>
#include <vector>

namespace weft::testing {

using Rgb = std::array<int, 3>;

// A picture as libpng decodes it.
struct Picture {
  std::size_t width = 0, height = 0;
  std::vector<unsigned char> rgb{};
  Rgb at(std::size_t x, std::size_t y) const;
  // Number of pixels of this color.
  std::size_t count(Rgb color) const;
};

// Fails the test for a file that libpng refuses.
Picture read_png(const std::filesystem::path& path);

}  // namespace weft::testing
