// SPDX-License-Identifier: Apache-2.0
#include "core/passes/fuse/epilogues.h"

#include <algorithm>
#include <map>

#include "core/ops/pointwise.h"
#include "core/passes/fuse/body.h"
#include "core/program/program.h"

namespace weft::fusion {
namespace {

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
    return node(n).op == ops::pointwise_op() || role_of(graph_, node(n)) == Role::kElementwise;
  }

  // The region's results of the full shape, and reductions that keep the last axis alone, can be made tile by tile.
  bool suits(std::int32_t region, const Shape& shape) const {
    if (!node(region).body) return node(region).outputs[0].shape == shape;
    const Graph& body = *node(region).body;
    return std::all_of(body.outputs.begin(), body.outputs.end(), [&](const ir::Output& output) {
      const Node& last = body.node(output.value);
      if (role_of(body, last) != Role::kEnding) return last.outputs[0].shape == shape;
      const ir::Ints& axes = last.attributes.ints("axes");
      return body.spec(last.inputs[0]).shape == shape && static_cast<int>(axes.size()) == shape.rank() - 1 &&
             axes.front() == 0;
    });
  }

  void join_one(std::int32_t region) {
    std::vector<std::int32_t> bases;
    for (const Value v : node(region).inputs) {
      const bool takes = v.output == 0 && !node(v.node).body && ops::epilogue_op(node(v.node).op);
      if (takes && groups_.members(groups_.of(v.node)).size() == 1 && suits(region, graph_.spec(v).shape))
        bases.push_back(v.node);
    }
    std::sort(bases.rbegin(), bases.rend());
    for (const std::int32_t base : bases)
      if (has_room(base, region) && groups_.join(groups_.of(base), groups_.of(region))) return;
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

  bool has_room(std::int32_t base, std::int32_t region) const {
    return node(region).outputs.size() + shared_outputs(base, region).size() <= weft::Program::kMaxOutputs;
  }

  void emit(Rewriter& to, const std::vector<std::int32_t>& members) {
    if (members.size() == 1) {
      to.keep(static_cast<std::size_t>(members[0]));
      return;
    }
    const std::int32_t base = members[0], region = members[1];
    // A node by itself becomes a body first.
    const Body single = body_of(graph_, groups_, {region}, returned_);
    const std::shared_ptr<const Graph> inner = node(region).body ? node(region).body : make_body(graph_, single);
    const std::vector<Value> operands = node(region).body ? node(region).inputs : single.inputs;

    auto body = std::make_shared<Graph>();
    std::vector<Value> results;  // of the base, as the body sees them
    for (const TensorSpec& spec : node(base).outputs)
      results.push_back(body->add_input(spec, ir::InputKind::kArgument, ""));
    std::vector<Value> further, arguments;
    for (const Value v : operands) {
      if (v.node == base) {
        arguments.push_back(results[static_cast<std::size_t>(v.output)]);
      } else {
        further.push_back(to.now(v));
        arguments.push_back(body->add_input(graph_.spec(v), ir::InputKind::kArgument, ""));
      }
    }
    ops::Builder inside(*body);
    for (const Value v : ops::inline_body(inside, *inner, arguments)) body->outputs.push_back({v, ""});
    const std::size_t own = body->outputs.size();
    const std::vector<std::int32_t> shared = shared_outputs(base, region);
    for (const std::int32_t o : shared) body->outputs.push_back({results[static_cast<std::size_t>(o)], ""});

    to.build().set_path(node(base).path);
    const std::vector<Value> made = ops::emit_epilogue(to.build(), node(base).op, to.now(node(base).inputs),
                                                       std::move(further), node(base).attributes, std::move(body));
    for (std::size_t o = 0; o < own; ++o) to.replace({region, static_cast<std::int32_t>(o)}, made[o]);
    for (std::size_t o = 0; o < shared.size(); ++o) to.replace({base, shared[o]}, made[own + o]);
  }

  const Graph& graph_;
  Groups groups_;
  std::vector<bool> returned_;
};

}  // namespace

Graph join_epilogues(const Graph& graph) { return Epilogues(graph).join(); }

}  // namespace weft::fusion
