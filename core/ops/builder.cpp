// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/base/check.h"
#include "core/ops/op.h"

namespace weft::ops {

std::vector<Value> Builder::emit_all(OpId op, std::vector<Value> inputs, Attributes attributes) {
  const OpDef& def = find_op(op);
  std::vector<TensorSpec> specs;
  specs.reserve(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].defined())
      fail<Error>(op.name(), "input ", i,
                  " is undefined; a gradient rule may use only the values that its op declares in `reads`");
    specs.push_back(spec(inputs[i]));
  }
  std::vector<TensorSpec> results = def.infer(specs, attributes);
  const auto count = static_cast<std::int32_t>(results.size());
  const Value first = graph_->append(
      Node{op, std::move(inputs), std::move(results), std::move(attributes), path_.empty() ? current_path() : path_});
  std::vector<Value> outputs;
  for (std::int32_t i = 0; i < count; ++i) outputs.push_back({first.node, i});
  return outputs;
}

Value Builder::emit(OpId op, std::vector<Value> inputs, Attributes attributes) {
  return emit_all(op, std::move(inputs), std::move(attributes))[0];
}

void Builder::begin_recompute() { recomputing_.push_back(static_cast<std::int32_t>(graph_->nodes.size())); }

void Builder::end_recompute() {
  const Span span{recomputing_.back(), static_cast<std::int32_t>(graph_->nodes.size())};
  recomputing_.pop_back();
  while (!recomputed_.empty() && recomputed_.back().begin >= span.begin) recomputed_.pop_back();
  if (span.begin < span.end) recomputed_.push_back(span);
}

std::optional<std::size_t> Builder::recomputed(std::int32_t node) const {
  const auto behind = std::ranges::upper_bound(recomputed_, node, {}, &Span::begin);
  if (behind == recomputed_.begin() || node >= (behind - 1)->end) return std::nullopt;
  return static_cast<std::size_t>(behind - 1 - recomputed_.begin());
}

}  // namespace weft::ops
