// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "core/exec/kernel.h"
#include "kernels/elementwise/cuda/cuda_launch.h"

namespace weft::kernels {

// A body, or one elementwise node, made ready for a CUDA device: one pass over the elements and, where it ends in
// reductions of several kinds, one more for each further kind.
class CudaBody {
 public:
  explicit CudaBody(const exec::KernelRequest& request);

  std::size_t workspace() const { return workspace_; }
  // The call's operands are those of the body; its workspace has workspace() bytes.
  void run(const Call& call) const;

 private:
  std::vector<PointwisePass> passes_;
  std::size_t workspace_ = 0;
};

// The passes that compute a body's outputs, their kernels still to be made. What stores over an operand comes last.
std::vector<PointwisePass> pointwise_passes(const exec::KernelRequest& request);

}  // namespace weft::kernels
