// SPDX-License-Identifier: Apache-2.0
#include "core/passes/lower/loss_scale.h"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "core/ops/build.h"
#include "core/ops/cross_entropy.h"
#include "core/passes/rewrite.h"

namespace weft::passes {
namespace {

// Fewest logits that are worth the fold, which saves a traversal of the logits and costs a kernel. The cost arises
// because the row weights are no longer added up along with the losses.
constexpr std::int64_t kWorthAKernel = std::int64_t{1} << 20;

bool is_loss(const Node& node) { return node.op.name() == "softmax_cross_entropy"; }

class LossScale {
 public:
  explicit LossScale(const Graph& graph)
      : graph_(graph), uses_(count_uses(graph)), readers_(readers_of(graph)), to_(graph), done_(graph.nodes.size()) {}

  Graph fold() {
    for (const Node& node : graph_.nodes) static_cast<void>(keeps_region(node, "loss scale folding"));
    std::vector<std::optional<Fold>> folds;
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) folds.push_back(find(static_cast<std::int32_t>(n)));
    if (std::none_of(folds.begin(), folds.end(), [](const auto& fold) { return fold.has_value(); })) return graph_;
    // Inputs come first and in their order, because factors move in front of the losses.
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n)
      if (graph_.nodes[n].op == ir::input_op()) keep(n);
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      if (folds[n]) apply(static_cast<std::int32_t>(n), *folds[n]);
      keep(n);
    }
    return to_.finish();
  }

 private:
  struct Fold {
    std::int32_t product;
    Value factor;
    std::vector<std::size_t> moved;  // nodes that compute the factor and stand behind the loss
  };

  const Node& node(std::int32_t n) const { return graph_.nodes[static_cast<std::size_t>(n)]; }

  const std::vector<std::int32_t>& readers(std::int32_t n) const { return readers_[static_cast<std::size_t>(n)]; }

  // The node that is the only reader of a value.
  std::optional<std::int32_t> only_reader(Value v) const {
    if (uses_[static_cast<std::size_t>(v.node)][static_cast<std::size_t>(v.output)] != 1) return std::nullopt;
    for (const std::int32_t n : readers(v.node))
      if (std::count(node(n).inputs.begin(), node(n).inputs.end(), v) == 1) return n;
    return std::nullopt;  // it is returned
  }

  std::optional<Fold> find(std::int32_t loss) const {
    if (!is_loss(node(loss)) || node(loss).outputs[1].shape.numel() < kWorthAKernel) return std::nullopt;
    const TensorSpec &row = node(loss).outputs[0], &slopes = node(loss).outputs[1];
    Value gradient{loss, 1};
    std::optional<std::int32_t> reader = only_reader(gradient);
    if (reader && node(*reader).op.name() == "cast" && node(*reader).outputs[0].dtype == row.dtype) {
      gradient = {*reader, 0};
      reader = only_reader(gradient);
    }
    if (!reader || node(*reader).op.name() != "multiply") return std::nullopt;
    const Node& product = node(*reader);
    const Value factor = product.inputs[product.inputs[0] == gradient ? 1 : 0];
    const Shape& shape = graph_.spec(factor).shape;
    const bool per_row = shape == Shape{row.shape[0], 1};
    if (product.outputs[0] != TensorSpec{slopes.shape, row.dtype} || !(per_row || shape.numel() == 1))
      return std::nullopt;
    std::optional<std::vector<std::size_t>> moved = makers(factor, loss);
    if (!moved) return std::nullopt;
    return Fold{*reader, factor, std::move(*moved)};
  }

  // The nodes behind the loss that a value depends on; nothing if it depends on the loss itself.
  std::optional<std::vector<std::size_t>> makers(Value of, std::int32_t loss) const {
    std::vector<Value> open{of};
    std::set<std::size_t> found;
    while (!open.empty()) {
      const Value v = open.back();
      open.pop_back();
      if (v.node == loss && (v.output != 2 || !knows_row_weight(node(loss)))) return std::nullopt;
      const auto n = static_cast<std::size_t>(v.node);
      if (v.node <= loss || found.contains(n)) continue;
      if (is_loss(node(v.node))) return std::nullopt;  // stays in its place, because it may be folded itself
      found.insert(n);
      open.insert(open.end(), node(v.node).inputs.begin(), node(v.node).inputs.end());
    }
    return std::vector(found.begin(), found.end());
  }

  // True if every row weight is 0 or 1, which is known without running the op.
  bool knows_row_weight(const Node& loss) const {
    return loss.inputs.size() == 2 || is_floating(graph_.spec(loss.inputs[1]).dtype);
  }
  Value row_weight(const Node& loss) {
    const TensorSpec& rows = loss.outputs[2];
    if (is_floating(graph_.spec(loss.inputs[1]).dtype)) return ops::full(to_.build(), rows.shape, rows.dtype, 1);
    const ops::Ex label(to_.build(), to_.now(loss.inputs[1]));
    return ops::cast(ops::label_counts(label, loss.outputs[1].shape[1], loss.attributes), rows.dtype).value();
  }

  void keep(std::size_t n) {
    if (!done_[n]) to_.keep(n);
    done_[n] = true;
  }

  void apply(std::int32_t n, const Fold& fold) {
    const Node& loss = node(n);
    to_.build().set_path(loss.path);
    if (knows_row_weight(loss)) to_.replace({n, 2}, row_weight(loss));
    for (const std::size_t maker : fold.moved) keep(maker);

    const TensorSpec& row = loss.outputs[0];
    to_.build().set_path(loss.path);
    const bool one = graph_.spec(fold.factor).shape.numel() == 1;
    std::vector<Value> inputs = to_.now(loss.inputs);
    inputs.insert(inputs.begin() + 2, ops::reshape(to_.build(), to_.now(fold.factor), one ? Shape{} : row.shape));
    const std::vector<Value> made =
        to_.build().emit_all(ir::OpId::of("softmax_cross_entropy_scaled"), std::move(inputs), loss.attributes);
    to_.replace({n, 0}, made[0]);
    if (!knows_row_weight(loss)) to_.replace({n, 2}, made[2]);
    done_[static_cast<std::size_t>(n)] = true;

    const Value product{fold.product, 0};
    to_.replace(product, ops::cast(to_.build(), made[1], row.dtype));
    done_[static_cast<std::size_t>(fold.product)] = true;
    // A cast of the product back to the gradient's dtype is what the op has written.
    for (const std::int32_t r : readers(fold.product)) {
      if (node(r).op.name() != "cast" || node(r).outputs[0] != loss.outputs[1]) continue;
      to_.replace({r, 0}, made[1]);
      done_[static_cast<std::size_t>(r)] = true;
    }
  }

  const Graph& graph_;
  std::vector<std::vector<int>> uses_;
  std::vector<std::vector<std::int32_t>> readers_;
  Rewriter to_;
  std::vector<bool> done_;  // old nodes that have a place in the new graph
};

}  // namespace

Graph fold_loss_scale(const Graph& graph) { return LossScale(graph).fold(); }

}  // namespace weft::passes
