// SPDX-License-Identifier: Apache-2.0
#include "kernels/matmul/problem.h"

#include <algorithm>

namespace weft::kernels {

namespace {

// Product of all but the last two sizes.
std::int64_t matrices(const Shape& shape) {
  std::int64_t count = 1;
  for (int axis = 0; axis + 2 < shape.rank(); ++axis) count *= shape[axis];
  return count;
}

// For each matrix of `out`, the matrix of `in` that broadcasting pairs with it.
std::vector<std::int64_t> broadcast_matrices(const Shape& in, const Shape& out) {
  std::vector<std::int64_t> which(static_cast<std::size_t>(matrices(out)));
  const int missing = out.rank() - in.rank();
  for (std::size_t i = 0; i < which.size(); ++i) {
    auto rest = static_cast<std::int64_t>(i);
    std::int64_t matrix = 0, step = 1;
    for (int axis = out.rank() - 3; axis >= 0; --axis) {
      const std::int64_t index = rest % out[axis];
      rest /= out[axis];
      if (axis < missing) continue;
      const std::int64_t size = in[axis - missing];
      matrix += (size == 1 ? 0 : index) * step;
      step *= size;
    }
    which[i] = matrix;
  }
  return which;
}

}  // namespace

const TensorSpec& product_spec(const exec::KernelRequest& request) {
  if (!request.region) return request.outputs[0];
  const ir::Graph& body = *request.region.graph;
  return body.spec(body.inputs[0].value);
}

GemmProblem gemm_problem(const exec::KernelRequest& request) {
  const Shape& a = request.inputs[0].shape;
  const Shape& b = request.inputs[1].shape;
  const TensorSpec& product = product_spec(request);
  const Shape& c = product.shape;
  GemmProblem p;
  p.trans_a = request.attributes.boolean("trans_a");
  p.trans_b = request.attributes.boolean("trans_b");
  p.m = c[-2];
  p.n = c[-1];
  p.k = p.trans_a ? a[-2] : a[-1];
  p.dtype = request.inputs[0].dtype;
  p.allow_tf32 = request.allow_tf32;
  p.result = product.dtype;
  p.batch = matrices(c);
  p.a_count = matrices(a);
  p.b_count = matrices(b);
  p.a_matrix = broadcast_matrices(a, c);
  p.b_matrix = broadcast_matrices(b, c);
  return p;
}

}  // namespace weft::kernels
