// SPDX-License-Identifier: Apache-2.0
#include "core/ops/region.h"

#include <algorithm>
#include <optional>
#include <string>

#include "core/base/check.h"
#include "core/ir/print.h"
#include "core/ops/roles.h"
#include "core/program/ending.h"

namespace weft::ops {
namespace {

bool broadcasts(const Shape& from, const Shape& to) {
  if (from.rank() > to.rank()) return false;
  for (int back = 1; back <= from.rank(); ++back)
    if (from[-back] != 1 && from[-back] != to[-back]) return false;
  return true;
}

// Checks the region of one node against the rules of elementwise regions.
class ElementwiseCheck {
 public:
  explicit ElementwiseCheck(const Node& owner) : owner_(owner), graph_(*owner.region.graph) {}

  void run() {
    for (const ir::Output& output : graph_.outputs) check_full(output.value);
    for (const Node& node : graph_.nodes) check(node);
  }

 private:
  template <class... Args>
  [[noreturn]] void reject(const Node& node, const Args&... args) const {
    const auto n = static_cast<std::int32_t>(&node - graph_.nodes.data());
    fail_at<ValueError>(owner_.op.name(), owner_.path, "its ", ir::name_of(owner_.region.kind), " region ", args...,
                        ": ", ir::print_node(graph_, n));
  }

  // Throws unless results and the operands of reductions have one shape.
  void check_full(Value v) {
    const Node& last = graph_.node(v);
    const Shape& shape = graph_.spec(ends_region(graph_, last) ? last.inputs[0] : v).shape;
    if (!full_) full_ = shape;
    if (shape != *full_) reject(last, "works on ", *full_, " and gives a result of ", shape);
  }

  void check(const Node& node) const {
    if (node.op == ir::input_op() || is_constant(node)) return;
    if (node.region) reject(node, "holds a region");
    if (ends_region(graph_, node)) {
      expect_unread(node);
    } else if (is_lane_op(node)) {
      if (full_ && !broadcasts(node.outputs[0].shape, *full_))
        reject(node, "works on ", *full_, " and holds a node of ", node.outputs[0].shape);
    } else {
      reject(node, "holds a node that is not elementwise");
    }
  }

  void expect_unread(const Node& ending) const {
    const ir::Value v{static_cast<std::int32_t>(&ending - graph_.nodes.data()), 0};
    for (const Node& reader : graph_.nodes)
      if (std::find(reader.inputs.begin(), reader.inputs.end(), v) != reader.inputs.end())
        reject(ending, "reads a reduction that only its outputs may be");
  }

  const Node& owner_;
  const Graph& graph_;
  std::optional<Shape> full_;
};

// True if the region is one node that a matrix library computes, of the region's inputs in their order.
bool is_library_node(const Graph& graph) {
  const Node& last = graph.nodes.back();
  if (last.op == ir::input_op() || !*find_op(last.op).facts.library_epilogue ||
      graph.nodes.size() != graph.inputs.size() + 1)
    return false;
  return std::equal(last.inputs.begin(), last.inputs.end(), graph.inputs.begin(), graph.inputs.end(),
                    [](Value v, const ir::Input& input) { return v == input.value; });
}

}  // namespace

void check_region(const Node& node) {
  switch (node.region.kind) {
    case ir::Region::Kind::kElementwise:
      ElementwiseCheck(node).run();
      return;
    case ir::Region::Kind::kEpilogue:
      if (!is_library_node(*node.region.graph)) ElementwiseCheck(node).run();
      return;
    case ir::Region::Kind::kLoop:
      return;
  }
}

bool ends_region(const Graph& graph, const Node& node) {
  return elementwise::join_of(node) &&
         elementwise::end_of(graph.spec(node.inputs[0]).shape, node.attributes.ints("axes"));
}

}  // namespace weft::ops
