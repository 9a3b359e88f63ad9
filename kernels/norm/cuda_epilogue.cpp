// SPDX-License-Identifier: Apache-2.0
#include "kernels/norm/norm.h"
#include "kernels/pointwise/pointwise.h"
#include "kernels/support/in_turn.h"

namespace weft::kernels {

exec::PreparedKernel prepare_batch_norm_epilogue_cuda(const exec::KernelRequest& request) {
  return prepare_in_turn(request, "batch_norm", 3, prepare_batch_norm_cuda, prepare_pointwise_cuda);
}

}  // namespace weft::kernels
