// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "core/device/thread_pool.h"
#include "kernels/pointwise/lower.h"
#include "kernels/pointwise/pointwise.h"
#include "kernels/pointwise/tiles.h"

namespace weft::kernels {
namespace {

// Elements per piece of work: a microsecond or more, and small enough to share out layers of a small model.
constexpr std::int64_t kGrain = 16 * kTile;

void run(const TileProgram& p, const Call& call) {
  Operands operands;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) operands.inputs[i] = call.inputs[i].data;
  for (std::size_t i = 0; i < call.outputs.size(); ++i) operands.outputs[i] = call.outputs[i].data;
  parallel_for(p.geometry.count, kGrain,
               [&](std::int64_t begin, std::int64_t end) { run_tiles(p, operands, begin, end); });
}

}  // namespace

exec::PreparedKernel prepare_pointwise_cpu(const exec::KernelRequest& request) {
  const Lowered lowered = lower(request);
  TileProgram p{lowered.program, lowered.geometry};
  find_direct_output(p);
  return {[p = std::make_shared<const TileProgram>(p)](const Call& call) { run(*p, call); }};
}

}  // namespace weft::kernels
