// SPDX-License-Identifier: Apache-2.0
#include "core/data/images/image_files.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <system_error>

#include "core/base/check.h"
#include "core/io/extension.h"
#include "core/io/printable.h"
#include "weft/error.h"
#include "weft/log.h"

namespace weft::detail {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOp = "images";

// Sorted by name; hidden entries are left out.
std::vector<fs::directory_entry> entries_of(const fs::path& folder) {
  std::vector<fs::directory_entry> entries;
  try {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder))
      if (!entry.path().filename().native().starts_with('.')) entries.push_back(entry);
  } catch (const fs::filesystem_error& e) {
    fail_at<FormatError>(kOp, folder.string(), "the folder cannot be read: ", e.code().message());
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.path().native() < b.path().native(); });
  return entries;
}

bool is_folder(const fs::directory_entry& entry) {
  std::error_code ignored;
  return entry.is_directory(ignored);
}

bool is_image(const fs::path& path) {
  constexpr std::array<std::string_view, 5> kExtensions{".png", ".jpg", ".jpeg", ".jpe", ".jfif"};
  return std::find(kExtensions.begin(), kExtensions.end(), extension_of(path)) != kExtensions.end();
}

}  // namespace

std::vector<std::string> class_folders(const fs::path& folder) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : entries_of(folder))
    if (is_folder(entry)) names.push_back(entry.path().filename().string());
  if (names.empty())
    fail_at<FormatError>(kOp, folder.string(), "there is no folder in it; there must be one for each class");
  return names;
}

ImageFiles image_files(const fs::path& folder, const std::vector<std::string>& classes) {
  ImageFiles files;
  std::size_t others = 0;
  std::string first_other;
  for (const std::string& name : class_folders(folder)) {
    const auto found = std::find(classes.begin(), classes.end(), name);
    if (found == classes.end())
      fail_at<FormatError>(kOp, (folder / name).string(), "there is no such class to train on");
    const std::size_t before = files.paths.size();
    for (const fs::directory_entry& entry : entries_of(folder / name)) {
      if (is_image(entry.path()) && !is_folder(entry)) {
        files.paths.push_back(entry.path());
      } else if (others++ == 0) {
        first_other = entry.path().string();
      }
    }
    if (files.paths.size() == before)
      fail_at<FormatError>(kOp, (folder / name).string(),
                           "the class has no PNG or JPEG file; put some there or remove the folder");
    files.labels.resize(files.paths.size(), std::distance(classes.begin(), found));
  }
  if (others > 0)
    log(LogLevel::kWarning,
        cat("[images] ", folder.string(), ": ", others,
            " entries of classes are no PNG or JPEG files and left out, the first is ", printable(first_other, 200)));
  return files;
}

ImageFiles some_of(const ImageFiles& files, const std::vector<std::int64_t>& rows) {
  ImageFiles out;
  for (const std::int64_t row : rows) {
    out.paths.push_back(files.paths[static_cast<std::size_t>(row)]);
    out.labels.push_back(files.labels[static_cast<std::size_t>(row)]);
  }
  return out;
}

}  // namespace weft::detail
