// SPDX-License-Identifier: Apache-2.0
#include "optim/optimizer/clipping.h"

#include <cstddef>
#include <utility>

#include "core/base/check.h"
#include "weft/gradients.h"
#include "weft/ops.h"

namespace weft::detail {
namespace {

// Rule of torch.nn.utils.clip_grad_norm_.
Tensor factor(double limit, const Tensor& norm) { return minimum(limit / (norm + 1e-6), 1.0); }

// The slot's gradients times `scale`, each then scaled down to a norm of at most `limit`.
Tensor scaled_by_member(const Slot& slot, const SlotGradient& part, double limit, const Tensor& scale) {
  const Tensor flat = part.rows->flat(part.value);
  std::vector<Tensor> members(part.moving.size());
  for (std::size_t m = 0; m < members.size(); ++m) {
    if (!part.moving[m] || slot.segment.members[m].numel() == 0) continue;
    const Tensor g = slot.segment.part(flat, m);
    members[m] = scaled_down(g, scale * factor(limit, norm_of({g}) * scale));
  }
  return part.rows->view(slot.segment.gather(members));
}

}  // namespace

void check_limits(const UpdateOptions& options) {
  for (const auto& [name, limit] :
       {std::pair{"clip_norm", options.clip_norm}, std::pair{"clip_norm_per_layer", options.clip_norm_per_layer},
        std::pair{"clip_value", options.clip_value}})
    if (!(limit >= 0)) fail<ValueError>("optimizer", name, " is ", limit, "; it must be 0 (off) or positive");
}

void clip(const UpdateOptions& options, const std::vector<Slot>& slots, const Tensor& norm,
          std::vector<SlotGradient>& gradients) {
  const Tensor scale = options.clip_norm > 0 ? factor(options.clip_norm, norm) : ones({}, DType::kF64);
  for (std::size_t s = 0; s < slots.size(); ++s) {
    if (!gradients[s].rows) continue;
    Tensor& g = gradients[s].value;
    if (options.clip_norm_per_layer > 0) {
      g = scaled_by_member(slots[s], gradients[s], options.clip_norm_per_layer, scale);
    } else if (options.clip_norm > 0) {
      g = scaled_down(g, scale);
    }
    if (options.clip_value > 0) g = clamp(g, -options.clip_value, options.clip_value);
  }
}

}  // namespace weft::detail
