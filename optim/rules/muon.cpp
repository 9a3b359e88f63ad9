// SPDX-License-Identifier: Apache-2.0
#include "weft/muon.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "optim/rules/decay.h"
#include "weft/elementwise.h"
#include "weft/gradients.h"
#include "weft/ops.h"

namespace weft {

namespace {

Tensor orthogonal(const Muon::Numbers& h, const Tensor& direction) {
  const bool tall = direction.dim(0) > direction.dim(1);
  const Tensor start = tall ? direction.permute({1, 0}) : direction;
  Tensor x = start * (1 / maximum(detail::norm_of({start}), h.eps)).to(start.dtype());
  for (int i = 0; i < h.ns_steps; ++i) {
    const Tensor gram = matmul(x, x, false, true);
    x = h.ns_a * x + matmul(h.ns_b * gram + h.ns_c * matmul(gram, gram), x);
  }
  return tall ? x.permute({1, 0}) : x;
}

double factor(MuonRate rate, const Shape& shape) {
  const auto rows = static_cast<double>(shape[0]), columns = static_cast<double>(shape[1]);
  switch (rate) {
    case MuonRate::kOriginal:
      return std::sqrt(std::max(1.0, rows / columns));
    case MuonRate::kMatchRmsAdamW:
      return 0.2 * std::sqrt(std::max(rows, columns));
    case MuonRate::kSpectralUnclamped:
      break;
  }
  return std::sqrt(rows / columns);
}

}  // namespace

Tensor Muon::update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s) {
  const Tensor before = s.get("momentum"), b = before + (1 - h.momentum) * (g - before);
  s.set("momentum", b);
  const Tensor direction = orthogonal(h, h.nesterov ? g + h.momentum * (b - g) : b);
  return detail::decayed(h, p) - h.lr * factor(h.adjust_lr, p.shape()) * direction;
}

void Muon::check() const {
  if (ns_steps < 0 || ns_steps > 99) fail<ValueError>("muon", "ns_steps is ", ns_steps, "; it must be from 0 to 99");
}

void Muon::check_shape(const Shape& parameter) const {
  if (parameter.rank() != 2)
    fail<ValueError>("muon", "the parameter is ", parameter,
                     "; it must be a matrix; give others to a group of their own, with AdamW for example");
}

}  // namespace weft
