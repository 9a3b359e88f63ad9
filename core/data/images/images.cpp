// SPDX-License-Identifier: Apache-2.0
#include "weft/images.h"

#include <utility>

#include "core/base/check.h"
#include "weft/error.h"
#include "weft/random.h"

namespace weft::data {

Images::Images(Source rows, std::vector<std::string> class_names, std::optional<std::uint64_t> seed)
    : rows_(std::move(rows)), class_names_(std::move(class_names)), seed_(seed ? *seed : draw_seed()) {
  make_source();
}

Images Images::map(std::function<Tensor(Tensor)> transform) const {
  if (!transform) fail_at<ValueError>("images", "", "there is no transform; give one");
  Images out = *this;
  out.transforms_.push_back(std::move(transform));
  out.make_source();
  return out;
}

Images Images::threads(int threads) const {
  if (threads < 1) fail_at<ValueError>("images", "", "threads are ", threads, "; there must be one at least");
  Images out = *this;
  out.threads_ = threads;
  out.make_source();
  return out;
}

void Images::make_source() {
  // Rows in memory stay what they are, because a loader reads them best.
  if (transforms_.empty() && (rows_.dataset() || threads_ == 1)) {
    source_ = rows_;
    return;
  }
  const auto transformed = [transforms = transforms_](std::vector<Tensor> row) {
    for (const auto& transform : transforms) row[0] = transform(std::move(row[0]));
    return row;
  };
  source_ = data::map(rows_, transformed, {.threads = threads_, .seed = seed_});
}

}  // namespace weft::data
