// SPDX-License-Identifier: Apache-2.0
#include "tests/core/plan/models.h"

#include <algorithm>
#include <random>
#include <string>

namespace weft::testing {
using namespace plan;
namespace {

using ir::Graph;
using ir::InputKind;
using ir::OpId;
using ir::Value;

Value emit(Graph& g, const char* op, std::vector<Value> inputs, std::vector<TensorSpec> outputs) {
  return g.append({OpId::of(op), std::move(inputs), std::move(outputs), {}, "", {}});
}

Value emit_like(Graph& g, const char* op, std::vector<Value> inputs) {
  const TensorSpec spec = g.spec(inputs[0]);
  return emit(g, op, std::move(inputs), {spec});
}

class RandomGraph {
 public:
  explicit RandomGraph(std::uint64_t seed) : random_(seed) {}

  Graph make(Options& options) {
    const int inputs = 1 + below(6);
    for (int i = 0; i < inputs; ++i) {
      const auto kind = static_cast<InputKind>(below(3));
      values_.push_back(graph_.add_input(spec(), kind, "v" + std::to_string(i)));
    }
    const int nodes = 1 + below(30);
    for (int i = 0; i < nodes; ++i) add_node();
    for (int i = below(3); i >= 0; --i) graph_.outputs.push_back({any(), ""});
    for (const ir::Input& input : graph_.inputs)
      if (input.kind == InputKind::kVariable && below(3)) assign(input);
    options.workspace.assign(graph_.nodes.size(), 0);
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n)
      if (graph_.nodes[n].op != ir::input_op() && below(4) == 0) options.workspace[n] = below(3000);
    return std::move(graph_);
  }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  TensorSpec spec() {
    constexpr std::int64_t kSizes[] = {0, 1, 256, 257, 1000, 1000, 4096, 20000};
    return {{kSizes[below(8)]}, DType::kU8};
  }
  // Recent values more often, so that chains form.
  Value any() {
    const int count = static_cast<int>(values_.size());
    return values_[static_cast<std::size_t>(below(2) ? below(count) : count - 1 - below(std::min(count, 4)))];
  }
  void add_node() {
    std::vector<Value> operands{any()};
    for (int more = below(3); more > 0; --more) operands.push_back(any());
    const int kind = below(9);
    if (kind >= 7) {
      kind == 7 ? join(operands) : replace_part(operands[0]);
    } else if (kind == 6) {
      const std::int64_t bytes = graph_.spec(operands[0]).bytes();
      const std::int64_t begin = 256 * below(static_cast<int>(bytes / 256) + 1);
      const Value part =
          emit(graph_, "part", {operands[0]}, {{{bytes - begin - below(2) * (bytes - begin) / 2}, DType::kU8}});
      graph_.nodes.back().attributes.set("begin", begin);
      values_.push_back(part);
    } else if (kind == 0) {
      values_.push_back(emit_like(graph_, "view", {operands[0]}));
    } else if (kind <= 3) {
      values_.push_back(emit_like(graph_, kind == 3 ? "map0" : "map", operands));
    } else {
      std::vector<TensorSpec> outputs{spec()};
      for (int more = below(3); more > 0; --more) outputs.push_back(spec());
      if (below(2)) outputs[0] = graph_.spec(operands[0]);
      if (outputs.size() > 1 && below(2)) outputs[1] = graph_.spec(operands.back());
      constexpr const char* kOps[] = {"map", "map0", "map1", "mix"};
      const Value first = emit(graph_, kOps[below(4)], operands, outputs);
      for (int j = 0; j < static_cast<int>(outputs.size()); ++j)
        if (j == 0 || below(2)) values_.push_back({first.node, j});
    }
  }
  // Some values side by side, seen as another shape or not.
  void join(std::vector<Value> parts) {
    const bool packed = below(2);
    std::int64_t size = 0;
    for (Value& part : parts) {
      const std::int64_t bytes = graph_.spec(part).bytes();
      size += packed ? (bytes + 255) / 256 * 256 : bytes;
      if (below(3) == 0) part = emit_like(graph_, "view", {part});
    }
    values_.push_back(emit(graph_, packed ? "pack" : "join", parts, {{{size}, DType::kU8}}));
  }
  Value part_of(Value whole, std::int64_t begin, std::int64_t bytes) {
    const Value part = emit(graph_, "part", {whole}, {{{bytes}, DType::kU8}});
    graph_.nodes.back().attributes.set("begin", begin);
    return part;
  }
  // A value with a window of it computed anew, from that window or from something else.
  void replace_part(Value whole) {
    const std::int64_t bytes = graph_.spec(whole).bytes(), cells = bytes / 256;
    if (cells < 2) return;
    const std::int64_t begin = 256 * below(static_cast<int>(cells)), end = begin + 256;
    Value fresh{};
    const auto compute = [&] {
      const Value from = below(2) ? part_of(whole, begin, 256) : any();
      fresh = emit(graph_, below(2) ? "map" : "mix", {from}, {{{256}, DType::kU8}});
    };
    if (below(2)) compute();
    std::vector<Value> parts;
    if (begin > 0) parts.push_back(part_of(whole, 0, begin));
    if (!fresh.defined()) compute();
    parts.push_back(fresh);
    if (end < bytes) parts.push_back(part_of(whole, end, bytes - end));
    values_.push_back(emit(graph_, "join", parts, {graph_.spec(whole)}));
  }
  void assign(const ir::Input& variable) {
    std::vector<Value> fitting;
    for (const Value v : values_)
      if (graph_.spec(v) == graph_.spec(variable.value)) fitting.push_back(v);
    const std::size_t from = below(2) ? 0 : fitting.size() - 1;
    const auto range = static_cast<int>(fitting.size() - from);
    graph_.outputs.push_back({fitting[from + static_cast<std::size_t>(below(range))], variable.name});
  }

  std::mt19937_64 random_;
  Graph graph_;
  std::vector<Value> values_;
};

struct Parameter {
  Value value, first, second;
  Value gradient{};
  std::string name;
};

Parameter add_parameter(Graph& g, const std::string& name, const TensorSpec& spec) {
  Parameter p;
  p.name = name;
  p.value = g.add_input(spec, InputKind::kVariable, name);
  p.first = g.add_input(spec, InputKind::kVariable, name + ".m");
  p.second = g.add_input(spec, InputKind::kVariable, name + ".v");
  return p;
}

void adam(Graph& g, const Parameter& p) {
  const Value first = emit_like(g, "map", {p.first, p.gradient});
  const Value second = emit_like(g, "map", {p.second, p.gradient});
  const Value value = emit_like(g, "map", {p.value, first, second});
  g.outputs.push_back({value, p.name});
  g.outputs.push_back({first, p.name + ".m"});
  g.outputs.push_back({second, p.name + ".v"});
}

}  // namespace

Options test_options() {
  Options options;
  options.alias = [](const ir::Node& node) -> std::optional<std::int64_t> {
    if (node.op == OpId::of("view")) return 0;
    if (node.op == OpId::of("part")) return node.attributes.integer("begin");
    return std::nullopt;
  };
  options.parts = [](const ir::Graph& graph, const ir::Node& node) {
    std::vector<std::int64_t> out;
    if (node.op != OpId::of("join") && node.op != OpId::of("pack")) return out;
    const std::int64_t slot = node.op == OpId::of("pack") ? 256 : 1;
    std::int64_t at = 0;
    for (const Value v : node.inputs) {
      out.push_back(at);
      at += (graph.spec(v).bytes() + slot - 1) / slot * slot;
    }
    return out;
  };
  options.in_place = [](const ir::Node& node, std::size_t j, std::size_t i) {
    return node.op == OpId::of("map") || (node.op == OpId::of("map0") && j == 0 && i == 0) ||
           (node.op == OpId::of("map1") && j == 1 && i == 0);
  };
  return options;
}

Graph random_graph(std::uint64_t seed, Options& options) { return RandomGraph(seed).make(options); }

Graph training_step(int layers, std::int64_t batch, std::int64_t width) {
  Graph g;
  const TensorSpec activation{{batch, width}}, weight{{width, width}}, row{{width}};
  Value h = g.add_input(activation, InputKind::kArgument, "x");
  const Value labels = g.add_input({{batch}, DType::kI64}, InputKind::kArgument, "y");
  std::vector<Parameter> weights, biases;
  for (int l = 0; l < layers; ++l) {
    weights.push_back(add_parameter(g, std::to_string(l) + ".weight", weight));
    biases.push_back(add_parameter(g, std::to_string(l) + ".bias", row));
  }
  std::vector<Value> entering, outcome, masks;
  for (int l = 0; l < layers; ++l) {
    const auto i = static_cast<std::size_t>(l);
    entering.push_back(h);
    const Value linear = emit(g, "matmul", {h, weights[i].value, biases[i].value}, {activation});
    const Value normal = emit(g, "batch_norm", {linear}, {activation, row, row});
    outcome.push_back(normal);
    h = emit_like(g, "map", {normal});
    masks.push_back(emit(g, "dropout", {h}, {activation, {{batch, width}, DType::kBool}}));
    h = masks.back();
  }
  const Value loss = emit(g, "cross_entropy", {h, labels}, {{{batch}}, activation});
  g.outputs.push_back({emit(g, "mean", {loss}, {{}}), ""});
  Value cotangent{loss.node, 1};
  for (int l = layers; l-- > 0;) {
    const auto i = static_cast<std::size_t>(l);
    cotangent = emit_like(g, "map0", {cotangent, {masks[i].node, 1}});
    cotangent = emit_like(g, "map", {cotangent, outcome[i]});
    cotangent = emit(g, "batch_norm_gradient", {cotangent, outcome[i], {outcome[i].node, 1}, {outcome[i].node, 2}},
                     {activation});
    weights[i].gradient = emit(g, "matmul", {entering[i], cotangent}, {weight});
    biases[i].gradient = emit(g, "sum", {cotangent}, {row});
    if (l > 0) cotangent = emit(g, "matmul", {cotangent, weights[i].value}, {activation});
  }
  for (const auto* list : {&weights, &biases})
    for (const Parameter& p : *list) adam(g, p);
  return g;
}

Graph skip_net(int levels, std::int64_t batch) {
  Graph g;
  const auto at_level = [&](int l) { return TensorSpec{{batch, std::int64_t{4096} >> l}}; };
  std::vector<Value> weights;
  for (int l = 0; l < 2 * levels; ++l)
    weights.push_back(g.add_input({{1000 + 77 * l}}, InputKind::kVariable, std::to_string(l)));
  Value h = g.add_input(at_level(0), InputKind::kArgument, "x");
  std::vector<Value> entering, skipped;
  for (int l = 0; l < 2 * levels; ++l) {
    const bool down = l < levels;
    entering.push_back(h);
    if (down) skipped.push_back(h);
    h = emit(g, "conv", {h, weights[static_cast<std::size_t>(l)]}, {at_level(down ? l + 1 : 2 * levels - 1 - l)});
    h = emit_like(g, "map", {h});
    if (!down) h = emit_like(g, "map", {h, skipped[static_cast<std::size_t>(2 * levels - 1 - l)]});
  }
  g.outputs.push_back({emit(g, "loss", {h}, {{}}), ""});
  Value cotangent = emit_like(g, "map", {h});
  for (int l = 2 * levels; l-- > 0;) {
    const auto i = static_cast<std::size_t>(l);
    const Value gradient = emit(g, "conv_weight", {entering[i], cotangent}, {g.spec(weights[i])});
    if (l > 0) cotangent = emit(g, "conv_input", {cotangent, weights[i]}, {g.spec(entering[i])});
    g.outputs.push_back({emit_like(g, "map", {weights[i], gradient}), std::to_string(l)});
  }
  return g;
}

}  // namespace weft::testing
