// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <utility>

#include "kernels/matmul/matmul.h"

namespace weft::kernels {

namespace {

// The sums over one axis of a matrix, added up in the dtype of the sums.
ir::Graph sums_of(const TensorSpec& matrix, std::int64_t axis, const TensorSpec& sums) {
  ir::Graph body;
  ir::Value x = body.add_input(matrix, ir::InputKind::kArgument, "");
  if (matrix.dtype != sums.dtype)
    x = body.append({ir::OpId::of("cast"), {x}, {{matrix.shape, sums.dtype}}, {{"dtype", sums.dtype}}});
  const ir::Attributes over{{"axes", ir::Ints{axis}}, {"keep", false}};
  body.outputs.push_back({body.append({ir::OpId::of("sum"), {x}, {sums}, over}), ""});
  return body;
}

}  // namespace

exec::PreparedKernel prepare_sums_in_turn(const exec::KernelRequest& request) {
  const auto operand = static_cast<std::size_t>(request.attributes.integer("operand"));
  const std::int64_t inner =
      operand == 0 ? !request.attributes.boolean("trans_a") : request.attributes.boolean("trans_b");
  const ir::Region body{ir::Region::Kind::kElementwise,
                        std::make_shared<const ir::Graph>(sums_of(request.inputs[operand], inner, request.outputs[1]))};
  exec::PreparedKernel product = exec::prepare_kernel({ir::OpId::of("matmul"),
                                                       request.attributes,
                                                       request.inputs,
                                                       request.outputs.first(1),
                                                       request.device,
                                                       request.path,
                                                       {},
                                                       request.allow_tf32});
  exec::PreparedKernel sums =
      exec::prepare_kernel({ir::OpId::of("pointwise"), request.attributes, request.inputs.subspan(operand, 1),
                            request.outputs.subspan(1), request.device, request.path, body});
  const std::size_t workspace = std::max(product.workspace, sums.workspace);
  return {[operand, product = std::move(product.run), sums = std::move(sums.run)](const Call& call) {
            Call first = call, second = call;
            first.outputs = call.outputs.first(1);
            second.inputs = call.inputs.subspan(operand, 1);
            second.outputs = call.outputs.subspan(1);
            if (first.outputs[0].data) product(first);
            if (second.outputs[0].data) sums(second);
          },
          workspace};
}

}  // namespace weft::kernels
