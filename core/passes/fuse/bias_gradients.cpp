// SPDX-License-Identifier: Apache-2.0
#include "core/passes/fuse/bias_gradients.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/ops/roles.h"
#include "core/passes/fuse/body.h"

namespace weft::passes {
namespace {

class BiasGradients {
 public:
  explicit BiasGradients(const Graph& graph) : graph_(graph), groups_(graph) {}

  Graph join() {
    for (std::int32_t n = 0; n < static_cast<std::int32_t>(graph_.nodes.size()); ++n)
      if (is_sum(n)) join_one(n);
    return contract(graph_, groups_,
                    [this](Rewriter& to, const std::vector<std::int32_t>& members) { emit(to, members); });
  }

 private:
  const Node& node(std::int32_t n) const { return graph_.nodes[static_cast<std::size_t>(n)]; }

  bool is_sum(std::int32_t n) const {
    return node(n).op.name() == "sum" && node(n).outputs[0].dtype == DType::kF32 &&
           !node(n).attributes.boolean("keep") && node(n).attributes.ints("axes").size() == 1;
  }

  // The operand of the sum as it is stored, before a cast from 16 bits.
  Value summed(std::int32_t sum) const {
    const Value v = node(sum).inputs[0];
    return ops::widens_half(graph_, graph_.node(v)) ? graph_.node(v).inputs[0] : v;
  }

  // Number of the product's operand that is summed over the product's inner axis; nothing if neither is.
  std::optional<std::int64_t> operand(std::int32_t product, std::int32_t sum) const {
    const Node& p = node(product);
    if (p.op.name() != "matmul" || p.outputs[0].dtype != DType::kF32 || p.outputs[0].shape.rank() != 2)
      return std::nullopt;
    const std::int64_t axis = node(sum).attributes.ints("axes")[0];
    const std::int64_t inner[] = {p.attributes.boolean("trans_a") ? 0 : 1, p.attributes.boolean("trans_b") ? 1 : 0};
    for (const std::int64_t i : {0, 1})
      if (p.inputs[static_cast<std::size_t>(i)] == summed(sum) && inner[i] == axis) return i;
    return std::nullopt;
  }

  bool goes_on_elementwise(std::int32_t product) const {
    const std::vector<std::int32_t>& readers = groups_.readers(product);
    return std::any_of(readers.begin(), readers.end(), [&](std::int32_t r) {
      return role_of(graph_, node(r)) == Role::kElementwise &&
             node(r).outputs[0].shape == node(product).outputs[0].shape;
    });
  }

  void join_one(std::int32_t sum) {
    for (const std::int32_t reader : groups_.readers(summed(sum).node)) {
      const std::int32_t product = groups_.of(reader), own = groups_.of(sum);
      if (groups_.members(product).size() != 1 || !operand(reader, sum) || goes_on_elementwise(reader)) continue;
      if (groups_.join(product, own)) return;
    }
  }

  void emit(Rewriter& to, const std::vector<std::int32_t>& members) {
    if (members.size() == 1) {
      to.keep(static_cast<std::size_t>(members[0]));
      return;
    }
    auto [product, sum] = std::pair{members[0], members[1]};
    if (is_sum(product)) std::swap(product, sum);
    ir::Attributes attributes = node(product).attributes;
    attributes.set("operand", *operand(product, sum));
    to.build().set_path(node(product).path);
    const std::vector<Value> made =
        to.build().emit_all(ir::OpId::of("matmul_sums"), to.now(node(product).inputs), std::move(attributes));
    to.replace({product, 0}, made[0]);
    to.replace({sum, 0}, made[1]);
  }

  const Graph& graph_;
  Groups groups_;
};

}  // namespace

Graph join_bias_gradients(const Graph& graph) { return BiasGradients(graph).join(); }

}  // namespace weft::passes
