// SPDX-License-Identifier: Apache-2.0
#include "optim/optimizer/skip_notice.h"

#include <cstdint>
#include <string>

#include "weft/log.h"
#include "weft/ops.h"

namespace weft::detail {
namespace {

// Updates left out before the log says so without a name, because a sealed program is not traced again.
constexpr std::int64_t kNameless = 4;

Watch::Next tell(const std::vector<std::string>& paths, std::int64_t number) {
  if (number < 0 && number > -kNameless) return Watch::Next::kLookCloser;
  std::string what = "its gradients or its loss are not finite";
  if (number == 1) what = "the loss is not finite";
  if (number > 1) what = "the gradient of " + paths[static_cast<std::size_t>(number - 2)] + " is not finite";
  log(LogLevel::kWarning, "optimizer: an update is left out, because " + what +
                              "; such an update changes nothing, and skipped() counts all of them");
  return Watch::Next::kEnd;
}

}  // namespace

// x - x is 0 exactly where x is finite, and NaN elsewhere; one NaN is enough for the sum.
Tensor all_finite(const Tensor& x) { return equal((x - x).sum(), 0); }

SkipNotice::SkipNotice(const Parameters& parameters, Device device) {
  const DeviceScope on(device);
  number_ = Variable(Tensor::scalar<std::int64_t>(0));
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < parameters.size(); ++i) paths.push_back(parameters.name(i));
  watch_.emplace(number_, [paths](std::int64_t number) { return tell(paths, number); });
}

void SkipNotice::note(const Tensor& left_out, const Tensor& finite_loss, const std::vector<Tensor>& gradients) const {
  const Tensor before = number_.value();
  Tensor now = minimum(before, 0) - 1;
  if (!gradients.empty()) {
    // From the last to the first, so that the first one stands.
    for (std::size_t i = gradients.size(); i-- > 0;) {
      if (!gradients[i].defined()) continue;
      const auto ordinal = static_cast<std::int64_t>(i) + 2;
      now = where(all_finite(gradients[i]), now, full_like(now, ordinal));
    }
    now = where(finite_loss, now, ones_like(now));
  }
  number_.assign(where(left_out, now, before));
}

}  // namespace weft::detail
