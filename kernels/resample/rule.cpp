// SPDX-License-Identifier: Apache-2.0
#include "kernels/resample/rule.h"

#include <string>

namespace weft::kernels {

ResamplePlan resample_plan(const exec::KernelRequest& request) {
  using Method = ResampleRule::Method;
  const ir::Attributes& attributes = request.attributes;
  const std::int64_t axis = attributes.integer("axis");
  ResamplePlan plan{
      {}, split_at(request.inputs[0].shape, axis), split_at(request.outputs[0].shape, axis), attributes.has("inputs")};
  ResampleRule& rule = plan.rule;
  rule.in = plan.transposed ? plan.y.size : plan.x.size;
  rule.out = plan.transposed ? plan.x.size : plan.y.size;
  const auto& method = attributes.get<std::string>("method");
  rule.method = method == "linear"  ? Method::kLinear
                : method == "cubic" ? Method::kCubic
                : method == "area"  ? Method::kArea
                                    : Method::kNearest;
  const bool nearest = rule.method == Method::kNearest;
  const double scale = attributes.real("scale");
  if (!nearest && attributes.boolean("align_corners")) {
    rule.numerator = rule.out > 1 ? static_cast<double>(rule.in - 1) : 0;
    rule.denominator = rule.out > 1 ? static_cast<double>(rule.out - 1) : 1;
    return plan;
  }
  rule.numerator = scale > 0 ? 1 : static_cast<double>(rule.in);
  rule.denominator = scale > 0 ? scale : static_cast<double>(rule.out);
  rule.shift = method == "nearest" ? 0 : 0.5;
  rule.back = nearest ? 0 : 0.5;
  return plan;
}

}  // namespace weft::kernels
