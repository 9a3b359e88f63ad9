// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <memory>
#include <utility>

#include "kernels/common/float_types.h"
#include "kernels/elementwise/run/elementwise.h"
#include "kernels/random/dropout.h"
#include "kernels/random/dropout_rule.h"

namespace weft::kernels {

namespace {

// The rule as an elementwise region.
class Body {
 public:
  explicit Body(const exec::KernelRequest& request) : shape_(request.inputs[0].shape) {
    for (const TensorSpec& spec : request.inputs)
      inputs_.push_back(body_.add_input(spec, ir::InputKind::kArgument, ""));
  }

  ir::Graph operator()(const DropoutRule& rule, DType dtype) {
    const DType wide = dtype == DType::kF64 ? DType::kF64 : DType::kF32;
    const ir::Value draw = add("uniform", {inputs_[1]}, DType::kF32,
                               {{"ordinal", rule.ordinal}, {"shape", shape_.dims()}, {"dtype", DType::kF32}});
    const ir::Value kept = add("greater_equal", {draw, full(least_float(rule.rate), DType::kF32)}, DType::kBool);
    const ir::Value factor = add("where", {kept, full(rule.scale, wide), full(0, wide)}, wide);
    const ir::Value y = add("multiply", {cast(inputs_[0], wide), factor}, wide);
    body_.outputs.push_back({cast(y, dtype), ""});
    return std::move(body_);
  }

 private:
  // The rate as the smallest float that is not below it, because a draw is a float.
  static double least_float(double rate) {
    const auto nearest = static_cast<float>(rate);
    return static_cast<double>(nearest) < rate ? std::nextafter(nearest, 2.0f) : nearest;
  }

  ir::Value add(const char* op, std::vector<ir::Value> inputs, DType dtype, ir::Attributes attributes = {}) {
    return body_.append({ir::OpId::of(op), std::move(inputs), {{shape_, dtype}}, std::move(attributes)});
  }
  ir::Value full(double value, DType dtype) {
    return body_.append({ir::OpId::of("full"), {}, {{Shape{}, dtype}}, {{"value", value}}});
  }
  ir::Value cast(ir::Value x, DType dtype) {
    return body_.spec(x).dtype == dtype ? x : add("cast", {x}, dtype, {{"dtype", dtype}});
  }

  Shape shape_;
  ir::Graph body_;
  std::vector<ir::Value> inputs_;
};

}  // namespace

exec::PreparedKernel prepare_dropout_cpu(const exec::KernelRequest& request) {
  const DType dtype = request.inputs[0].dtype;
  return with_floating(dtype, request.op.name(), [&](auto) {
    const ir::Region region{ir::Region::Kind::kElementwise,
                            std::make_shared<const ir::Graph>(Body(request)(dropout_rule(request), dtype))};
    return prepare_elementwise_cpu(
        {request.op, request.attributes, request.inputs, request.outputs, request.device, request.path, region});
  });
}

}  // namespace weft::kernels
