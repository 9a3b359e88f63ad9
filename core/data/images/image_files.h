// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace weft::detail {

// Files of images, sorted by class and name.
struct ImageFiles {
  std::vector<std::filesystem::path> paths;
  std::vector<std::int64_t> labels;  // of the files
};

// Names of the folders in a folder, sorted by their bytes; hidden ones are left out. FormatError where there is none.
std::vector<std::string> class_folders(const std::filesystem::path& folder);

// The images in the folders of these classes, which may be more than the folder has. FormatError for a folder of
// another class, and for one without images; a warning counts files of other kinds.
ImageFiles image_files(const std::filesystem::path& folder, const std::vector<std::string>& classes);

// The given files, in their order.
ImageFiles some_of(const ImageFiles& files, const std::vector<std::int64_t>& rows);

}  // namespace weft::detail
