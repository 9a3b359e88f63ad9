// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "weft/detail/export.h"
#include "weft/image_transforms.h"
#include "weft/source.h"

namespace weft WEFT_EXPORT {
namespace data {

// Images with their classes, and transforms of them: a Source of columns u8 (n, h, w, channels) and i64 (n). Batches
// stay u8 on their way to the device, unless a transform makes floats. Nothing changes Images; copying is cheap.
class Images {
 public:
  Images() = default;  // no rows
  // Rows whose column 0 is an image, or becomes one by the first transform, and the names of their classes, which may
  // be none. `seed` is that of the draws in transforms; empty: draw_seed(), so that weft::seed() decides all.
  explicit Images(Source rows, std::vector<std::string> class_names = {}, std::optional<std::uint64_t> seed = {});

  // Number of images.
  std::int64_t size() const { return source_.size(); }
  // Number of classes.
  std::int64_t classes() const { return static_cast<std::int64_t>(class_names_.size()); }
  // Names of the classes, by their indices.
  const std::vector<std::string>& class_names() const { return class_names_; }

  // The rows with `transform` of each image, behind the transforms of earlier calls. A transform takes an image
  // without an axis of rows, on the threads of a loader. Draws in a transform are keyed by (seed, epoch, row). Sizes
  // may differ from image to image until the last transform. ValueError for an empty function.
  [[nodiscard]] Images map(std::function<Tensor(Tensor)> transform) const;
  // The rows, read by so many threads of a loader, on which no value depends. ValueError unless positive.
  [[nodiscard]] Images threads(int threads) const;

  // The rows for a Loader or a Trainer.
  operator Source() const { return source_; }

 private:
  void make_source();

  Source rows_, source_;  // as they are given, and with all transforms
  std::vector<std::function<Tensor(Tensor)>> transforms_;
  std::vector<std::string> class_names_;
  std::uint64_t seed_ = 0;
  int threads_ = 1;
};

// Images to train on, and images held out.
struct ImageSplit {
  Images train, test;  // no image in both
};

// Settings of images().
struct ImageFolderOptions {
  ImageSize size{};                       // each image is resized to it, as by Resize; {}: as its file is
  int channels = 3;                       // as in ImageOptions
  std::int64_t max_pixels = 100'000'000;  // as in ImageOptions
  std::string test{};                     // folder of the images held out; "": "test" or "val", whichever is there
  double share = 0.8;                     // of the images to train on, in a folder without train/
  std::uint64_t split_seed = 0;           // of that share; weft::seed() changes no split
  bool skip_broken = false;               // a file that cannot be read gives its place to the next one of its class
  std::optional<std::uint64_t> seed{};    // of draws in transforms; empty: draw_seed()
};

// Images of PNG and JPEG files, a folder for each class, classes sorted by the bytes of their names. A folder with
// train/ and test/ or val/ inside is split by these folders, another one by `share`. Files are those that end in .png,
// .jpg, .jpeg, .jpe or .jfif, in either case; a warning counts others. Files are decoded when a batch asks for them, on
// the threads of a loader. FormatError with the path for a folder without classes, a class without images, and a class
// of test/ that train/ lacks; ValueError for options outside of their domain. A file that cannot be read is a DataError
// that names row and file; with skip_broken a warning names each such file once.
[[nodiscard]] ImageSplit images(const std::filesystem::path& folder, const ImageFolderOptions& options = {});

// CIFAR-10, and CIFAR-100 by its fine classes, from the folder of the binary files or the folder around that: u8 (n,
// 32, 32, 3) in memory. FormatError when a file is missing or is not what it should be. Source: Krizhevsky 2009,
// https://www.cs.toronto.edu/~kriz/cifar.html.
[[nodiscard]] ImageSplit cifar10(const std::filesystem::path& folder);
[[nodiscard]] ImageSplit cifar100(const std::filesystem::path& folder);

}  // namespace data
}  // namespace weft
