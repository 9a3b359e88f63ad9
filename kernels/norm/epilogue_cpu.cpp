// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "kernels/norm/epilogue.h"
#include "kernels/pointwise/reductions.h"

namespace weft::kernels {

std::optional<NormBody> norm_body(const exec::KernelRequest& request) {
  const ir::Graph& body = *request.body;
  NormBody result;
  std::vector<int> own;
  for (std::size_t o = 0; o < body.outputs.size(); ++o) {
    std::size_t i = 1;
    while (i < 4 && body.inputs[i].value != body.outputs[o].value) ++i;
    if (i == 4) {
      own.push_back(static_cast<int>(o));
    } else if (result.passed_on[i] < 0) {
      result.passed_on[i] = static_cast<int>(o);
    } else {
      return std::nullopt;
    }
  }
  if (own.empty()) return std::nullopt;
  const Lowered lowered = lower(request, own);
  if (!reductions_of(lowered.program).empty()) return std::nullopt;
  const auto reads_statistic = [](const Instr& in) { return in.kind == Instr::Kind::kLoad && in.a >= 1 && in.a <= 3; };
  if (std::any_of(lowered.program.code, lowered.program.code + lowered.program.count, reads_statistic))
    return std::nullopt;
  result.program = tile_program(lowered);
  return result;
}

}  // namespace weft::kernels
