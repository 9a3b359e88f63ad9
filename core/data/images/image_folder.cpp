// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <optional>
#include <system_error>
#include <utility>

#include "core/base/check.h"
#include "core/data/images/image_decoder.h"
#include "core/data/images/image_files.h"
#include "core/data/permutation.h"
#include "core/io/host_memory.h"
#include "weft/dataset.h"
#include "weft/error.h"
#include "weft/images.h"

namespace weft::data {
namespace {

namespace fs = std::filesystem;
using detail::ImageFiles;

constexpr const char* kOp = "images";

std::optional<Resize> resize_of(ImageSize size) {
  return size.height != 0 || size.width != 0 ? std::optional(Resize(size)) : std::nullopt;
}

void check_options(const ImageFolderOptions& options) {
  if (options.channels != 1 && options.channels != 3 && options.channels != 4)
    fail_at<ValueError>(kOp, "", "channels is ", options.channels, "; it must be 1, 3 or 4");
  if (options.max_pixels < 1)
    fail_at<ValueError>(kOp, "", "max_pixels is ", options.max_pixels, "; it must be positive");
  if (!(options.share >= 0 && options.share <= 1))
    fail_at<ValueError>(kOp, "", "share is ", options.share, "; it must lie in [0, 1]");
  static_cast<void>(resize_of(options.size));
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

// The folder of the images held out; empty for a folder that is not split.
fs::path test_folder(const fs::path& folder, const ImageFolderOptions& options) {
  const auto refuse = [&](const auto&... text) { fail_at<FormatError>(kOp, folder.string(), text...); };
  if (!options.test.empty()) {
    if (!is_folder(folder / options.test)) refuse("there is no folder ", options.test, " in it");
    if (!is_folder(folder / "train")) refuse("there is no folder train in it, beside ", options.test);
    return folder / options.test;
  }
  if (!is_folder(folder / "train")) return {};
  const bool test = is_folder(folder / "test"), val = is_folder(folder / "val");
  if (test && val) refuse("there are the folders test and val in it; name the one to test on by `test`");
  return test ? folder / "test" : val ? folder / "val" : fs::path();
}

Images images_of(ImageFiles files, const std::vector<std::string>& classes, const ImageFolderOptions& options) {
  const auto n = static_cast<std::int64_t>(files.paths.size());
  std::vector<std::int64_t> indices(files.paths.size());
  std::iota(indices.begin(), indices.end(), 0);
  const Dataset rows({detail::host_tensor(std::move(indices), {n}), detail::host_tensor(files.labels, {n})});
  const auto decoder = std::make_shared<const detail::ImageDecoder>(
      std::move(files), ImageOptions{.channels = options.channels, .max_pixels = options.max_pixels},
      resize_of(options.size), options.skip_broken);
  return Images(rows, classes, options.seed).map([decoder](const Tensor& index) {
    return decoder->image(index.item<std::int64_t>());
  });
}

}  // namespace

ImageSplit images(const fs::path& folder, const ImageFolderOptions& options) {
  check_options(options);
  const fs::path test = test_folder(folder, options);
  if (!test.empty()) {
    const std::vector<std::string> classes = detail::class_folders(folder / "train");
    return {images_of(detail::image_files(folder / "train", classes), classes, options),
            images_of(detail::image_files(test, classes), classes, options)};
  }
  const std::vector<std::string> classes = detail::class_folders(folder);
  const ImageFiles files = detail::image_files(folder, classes);
  const auto n = static_cast<std::int64_t>(files.paths.size());
  std::vector<std::int64_t> order = detail::permutation(n, options.split_seed, 0);
  const auto cut = order.begin() + std::llround(options.share * static_cast<double>(n));
  // In the order of the files, so that the files of a class stay side by side.
  std::sort(order.begin(), cut);
  std::sort(cut, order.end());
  return {images_of(detail::some_of(files, {order.begin(), cut}), classes, options),
          images_of(detail::some_of(files, {cut, order.end()}), classes, options)};
}

}  // namespace weft::data
