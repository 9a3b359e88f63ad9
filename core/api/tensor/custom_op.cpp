// SPDX-License-Identifier: Apache-2.0
#include "weft/custom_op.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>

#include "core/api/trace/dispatch.h"
#include "core/base/check.h"
#include "core/exec/kernel.h"
#include "core/ops/rows.h"

namespace weft::detail {
namespace {

constexpr const char* kAttribute = "attributes";

const std::any& user_attributes(const ir::Attributes& attributes) {
  return attributes.get<ir::Opaque>(kAttribute).value;
}

ops::Reads internal(Reads reads) { return static_cast<ops::Reads>(reads); }

// Runs the user's gradient rule in the trace at hand, which sees graph values as tensors.
std::vector<ir::Value> run_gradient(const ErasedRule& rule, const ops::GradientCall& call) {
  Tracer* tracer = Tracer::current();
  if (!tracer || &tracer->graph() != &call.build.graph())
    fail<TraceError>(rule.name, "the gradient of a user's op can only be built inside its own trace");
  const auto tensors = [&](std::span<const ir::Value> values) {
    std::vector<Tensor> out;
    for (const ir::Value v : values) out.push_back(v.defined() ? tracer->wrap(v) : Tensor());
    return out;
  };
  const std::vector<Tensor> in = tensors(call.inputs), out = tensors(call.outputs),
                            cotangents = tensors(call.cotangents);
  const std::vector<Tensor> result = rule.gradient(in, out, cotangents, user_attributes(call.node.attributes));
  if (result.size() != call.inputs.size())
    fail<ValueError>(rule.name, "the gradient gave ", result.size(), " tensors for ", call.inputs.size(), " inputs");
  std::vector<ir::Value> values;
  for (std::size_t i = 0; i < result.size(); ++i) {
    values.push_back(result[i].defined() ? tracer->lift(result[i], rule.name.c_str()) : ir::Value());
    if (!result[i].defined()) continue;
    const TensorSpec& wants = tracer->graph().spec(call.node.inputs[i]);
    const TensorSpec& given = tracer->graph().spec(values.back());
    if (!(wants == given))
      fail<ShapeError>(rule.name, "the gradient of input ", i, " is ", given, ", the input is ", wants);
  }
  return values;
}

exec::Prepare kernel_of(const std::shared_ptr<const ErasedRule>& rule,
                        std::function<void(const Call&, const std::any&)> run) {
  return [rule, run = std::move(run)](const exec::KernelRequest& request) {
    const std::any attributes = user_attributes(request.attributes);
    exec::PreparedKernel out;
    if (rule->workspace) out.workspace = rule->workspace(request.inputs, attributes);
    out.recordable = rule->recordable;
    out.run = [run, attributes](const Call& call) { run(call, attributes); };
    return out;
  };
}

// Rows of the results by the promise `rows_apart`: a result with as many rows as the batch carries the batch.
std::vector<ops::Rows> rows_by_axis_0(const ops::Signature& node, std::span<const ops::Rows> rows) {
  if (!ops::any_carried(rows)) return ops::rows_mix()(node, rows);
  const std::size_t first = static_cast<std::size_t>(std::ranges::find(rows, ops::Rows::kCarried) - rows.begin());
  const std::int64_t count = node.input(first).shape[0];
  std::vector<ops::Rows> out;
  for (const TensorSpec& spec : node.outputs)
    out.push_back(spec.shape.rank() > 0 && spec.shape[0] == count ? ops::Rows::kCarried : ops::Rows::kMixed);
  return out;
}

}  // namespace

void register_custom_op(ErasedRule given) {
  const auto rule = std::make_shared<const ErasedRule>(std::move(given));
  if (!rule->shape) fail<ValueError>(rule->name, "the rule has no `shape`");
  if (!rule->cpu && !rule->cuda) fail<ValueError>(rule->name, "the rule has neither a `cpu` nor a `cuda` kernel");
  ops::OpDef def;
  def.name = rule->name;
  def.infer = [rule](std::span<const TensorSpec> in, const ir::Attributes& attributes) {
    return rule->shape(in, user_attributes(attributes));
  };
  def.facts = ops::opaque_facts();
  if (rule->rows_apart) def.facts.rows = rows_by_axis_0;
  def.reads = internal(rule->backward_reads);
  def.differentiable = static_cast<bool>(rule->gradient);
  if (rule->gradient) def.gradient = [rule](const ops::GradientCall& call) { return run_gradient(*rule, call); };
  ops::register_op(std::move(def));
  if (rule->cpu) exec::register_kernel(rule->name, Device::Kind::kCPU, kernel_of(rule, rule->cpu));
  if (rule->cuda) exec::register_kernel(rule->name, Device::Kind::kCUDA, kernel_of(rule, rule->cuda));
}

bool same_value(std::span<const std::byte> a, std::span<const std::byte> b, bool equal) {
  if (std::ranges::equal(a, b)) return true;
  if (!equal) return false;
  // The bytes of a zero are zero but for the sign bit of the last one, in f32 and in f64.
  constexpr std::byte kSign{0x80}, kNone{0};
  for (std::size_t i = 3; i < a.size(); i += sizeof(float)) {
    if ((a[i] ^ b[i]) != kSign || (a[i] | b[i]) != kSign) continue;
    const auto is_zero = [&](std::span<const std::byte> bytes) {
      return bytes[i - 1] == kNone && bytes[i - 2] == kNone && bytes[i - 3] == kNone;
    };
    if (is_zero(a) && is_zero(b)) return false;
  }
  return true;
}

std::vector<Tensor> call_custom_op(const std::string& name, std::span<const Tensor> inputs, std::any attributes,
                                   bool (*equal)(const std::any&, const std::any&)) {
  return apply_op(ir::OpId::of(name), inputs, {{kAttribute, ir::Opaque{std::move(attributes), equal}}});
}

}  // namespace weft::detail
