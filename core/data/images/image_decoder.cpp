// SPDX-License-Identifier: Apache-2.0
#include "core/data/images/image_decoder.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "weft/error.h"
#include "weft/log.h"

namespace weft::detail {

ImageDecoder::ImageDecoder(ImageFiles files, const ImageOptions& options, std::optional<data::Resize> resize,
                           bool skip_broken)
    : files_(std::move(files)), options_(options), resize_(resize), skip_broken_(skip_broken) {}

Tensor ImageDecoder::decoded(std::size_t index) const {
  const Tensor image = read_image(files_.paths[index], options_);
  return resize_ ? (*resize_)(image) : image;
}

Tensor ImageDecoder::image(std::int64_t index) const {
  const auto place = static_cast<std::size_t>(index);
  if (!skip_broken_) return decoded(place);
  const auto [first, last] = std::equal_range(files_.labels.begin(), files_.labels.end(), files_.labels[place]);
  const auto begin = static_cast<std::size_t>(first - files_.labels.begin());
  const auto count = static_cast<std::size_t>(last - first);
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t at = begin + (place - begin + k) % count;
    {
      const std::lock_guard lock(mutex_);
      if (broken_.contains(at)) continue;
    }
    try {
      return decoded(at);
    } catch (const FormatError& e) {
      const std::lock_guard lock(mutex_);
      if (broken_.insert(at).second)
        log(LogLevel::kWarning, cat(e.what(), "; the file is skipped, as ", broken_.size(), " so far"));
    }
  }
  fail_at<FormatError>("images", files_.paths[place].parent_path().string(), "none of the ", count,
                       " files of this class can be read");
}

}  // namespace weft::detail
