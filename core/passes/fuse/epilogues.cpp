// SPDX-License-Identifier: Apache-2.0
#include "core/passes/fuse/epilogues.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "core/ops/pointwise.h"
#include "core/passes/fuse/body.h"
#include "core/program/lower.h"

namespace weft::passes {
namespace {

bool is_elementwise_region(const Node& node) {
  return node.region && node.region.kind == ir::Region::Kind::kElementwise;
}

class Epilogues {
 public:
  explicit Epilogues(const Graph& graph) : graph_(graph), groups_(graph), returned_(returned_nodes(graph)) {}

  Graph join() {
    for (std::int32_t n = 0; n < static_cast<std::int32_t>(graph_.nodes.size()); ++n)
      if (is_region(n)) join_one(n);
    return contract(graph_, groups_,
                    [this](Rewriter& to, const std::vector<std::int32_t>& members) { emit(to, members); });
  }

 private:
  const Node& node(std::int32_t n) const { return graph_.nodes[static_cast<std::size_t>(n)]; }

  bool is_region(std::int32_t n) const {
    return is_elementwise_region(node(n)) || role_of(graph_, node(n)) == Role::kElementwise;
  }

  // The region behind a base op as the body of an epilogue.
  struct Joint {
    std::shared_ptr<Graph> body;
    std::vector<Value> further;        // the region's operands other than results of the base
    std::vector<std::int32_t> shared;  // results of the base that others read, too: the body's last outputs
  };
  Joint joint(std::int32_t base, std::int32_t region) const {
    // A node by itself becomes a body first.
    const Selection single = selection_of(graph_, groups_, {region}, returned_);
    const ir::Region& formed = node(region).region;
    const std::shared_ptr<const Graph> inner = formed ? formed.graph : make_region(graph_, single);
    const std::vector<Value> operands = formed ? node(region).inputs : single.inputs;
    Joint made{std::make_shared<Graph>(), {}, shared_outputs(base, region)};
    std::vector<Value> results;  // of the base, as the body sees them
    for (const TensorSpec& spec : node(base).outputs)
      results.push_back(made.body->add_input(spec, ir::InputKind::kArgument, ""));
    std::vector<Value> arguments;
    for (const Value v : operands) {
      if (v.node == base) {
        arguments.push_back(results[static_cast<std::size_t>(v.output)]);
      } else {
        made.further.push_back(v);
        arguments.push_back(made.body->add_input(graph_.spec(v), ir::InputKind::kArgument, ""));
      }
    }
    ops::Builder inside(*made.body);
    for (const Value v : ops::inline_body(inside, *inner, arguments)) made.body->outputs.push_back({v, ""});
    for (const std::int32_t o : made.shared) made.body->outputs.push_back({results[static_cast<std::size_t>(o)], ""});
    return made;
  }

  // The shape that the region works on.
  const Shape& full_shape(std::int32_t region) const {
    if (!node(region).region) return node(region).outputs[0].shape;
    const Graph& body = *node(region).region.graph;
    const Node& first = body.node(body.outputs[0].value);
    return role_of(body, first) == Role::kEnding ? body.spec(first.inputs[0]).shape : first.outputs[0].shape;
  }

  // True if the joint body is one program whose reductions can be computed tile by tile.
  bool suits(std::int32_t base, std::int32_t region) const {
    const Joint made = joint(base, region);
    const auto lowered = elementwise::lower(elementwise::whole_body(*made.body));
    const auto* program = std::get_if<elementwise::Lowered>(&lowered);
    return program && elementwise::reduces_to_columns(*program, full_shape(region)[-1]);
  }

  void join_one(std::int32_t region) {
    std::vector<std::int32_t> bases;
    for (const Value v : node(region).inputs) {
      const bool takes = v.output == 0 && !node(v.node).region && ops::epilogue_op(node(v.node).op);
      if (takes && groups_.members(groups_.of(v.node)).size() == 1 && full_shape(region) == graph_.spec(v).shape)
        bases.push_back(v.node);
    }
    std::sort(bases.rbegin(), bases.rend());
    for (const std::int32_t base : bases)
      if (suits(base, region) && groups_.join(groups_.of(base), groups_.of(region))) return;
  }

  // Results of the base that others read, too.
  std::vector<std::int32_t> shared_outputs(std::int32_t base, std::int32_t region) const {
    std::vector<std::int32_t> out;
    for (std::int32_t o = 0; o < static_cast<std::int32_t>(node(base).outputs.size()); ++o) {
      const Value v{base, o};
      const std::vector<std::int32_t>& readers = groups_.readers(base);
      const bool read = std::any_of(readers.begin(), readers.end(), [&](std::int32_t reader) {
        const std::vector<Value>& inputs = node(reader).inputs;
        return reader != region && std::find(inputs.begin(), inputs.end(), v) != inputs.end();
      });
      const bool returned = returned_[static_cast<std::size_t>(base)] &&
                            std::any_of(graph_.outputs.begin(), graph_.outputs.end(),
                                        [&](const ir::Output& output) { return output.value == v; });
      if (read || returned) out.push_back(o);
    }
    return out;
  }

  void emit(Rewriter& to, const std::vector<std::int32_t>& members) {
    if (members.size() == 1) {
      to.keep(static_cast<std::size_t>(members[0]));
      return;
    }
    const std::int32_t base = members[0], region = members[1];
    Joint made = joint(base, region);
    const std::size_t own = made.body->outputs.size() - made.shared.size();
    to.build().set_path(node(base).path);
    const std::vector<Value> results =
        ops::emit_epilogue(to.build(), node(base).op, to.now(node(base).inputs), to.now(made.further),
                           node(base).attributes, std::move(made.body));
    for (std::size_t o = 0; o < own; ++o) to.replace({region, static_cast<std::int32_t>(o)}, results[o]);
    for (std::size_t o = 0; o < made.shared.size(); ++o) to.replace({base, made.shared[o]}, results[own + o]);
  }

  const Graph& graph_;
  Groups groups_;
  std::vector<bool> returned_;
};

}  // namespace

Graph join_epilogues(const Graph& graph) { return Epilogues(graph).join(); }

}  // namespace weft::passes
