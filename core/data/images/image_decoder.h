// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>

#include "core/data/images/image_files.h"
#include "weft/image.h"
#include "weft/image_transforms.h"

namespace weft::detail {

// Decodes files by their index, on several threads at once. With `skip_broken` one that cannot be read gives its place
// to the next one of its class, round and round.
class ImageDecoder {
 public:
  ImageDecoder(ImageFiles files, const ImageOptions& options, std::optional<data::Resize> resize, bool skip_broken);
  // FormatError for a file that cannot be read, or for a class without one that can.
  Tensor image(std::int64_t index) const;

 private:
  Tensor decoded(std::size_t index) const;
  const ImageFiles files_;
  const ImageOptions options_;
  const std::optional<data::Resize> resize_;
  const bool skip_broken_;
  mutable std::mutex mutex_;  // of the following
  mutable std::set<std::size_t> broken_;
};

}  // namespace weft::detail
