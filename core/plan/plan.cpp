// SPDX-License-Identifier: Apache-2.0
#include "core/plan/plan.h"

#include <algorithm>
#include <map>
#include <optional>

#include "core/base/check.h"
#include "core/plan/place.h"

namespace weft::plan {
namespace {

using ir::Graph;
using ir::Node;
using ir::Value;

// Beyond the address space of any machine, and small enough that sums do not overflow.
constexpr std::int64_t kMostBytes = std::int64_t{1} << 47;

// One stretch of memory and all values that lie in it.
struct Storage {
  std::int32_t input = -1;  // the graph input it belongs to; -1: the arena
  std::int64_t bytes = 0;
  std::int32_t first = 0;
  std::int32_t last = 0;  // the last node that reads any of its values, as far as they are known
  Value owner{};
};

class Planner {
 public:
  Planner(const Graph& graph, const Options& options)
      : graph_(graph), options_(options), end_(static_cast<std::int32_t>(graph.nodes.size())) {
    for (const Node& node : graph.nodes) {
      plan_.values.emplace_back(node.outputs.size());
      last_use_.emplace_back(node.outputs.size(), -1);
      storage_of_.emplace_back(node.outputs.size(), -1);
    }
    for (std::size_t n = 0; n < graph.nodes.size(); ++n)
      for (const Value v : graph.nodes[n].inputs) at(last_use_, v) = static_cast<std::int32_t>(n);
    for (const ir::Output& output : graph.outputs) at(last_use_, output.value) = end_;
  }

  Plan make() {
    find_targets();
    for (std::size_t i = 0; i < graph_.inputs.size(); ++i) {
      const Value v = graph_.inputs[i].value;
      const std::int32_t s = new_storage(v);
      storages_[static_cast<std::size_t>(s)].input = static_cast<std::int32_t>(i);
      put(v, s, Placement::Kind::kInput);
    }
    for (std::int32_t n = 0; n < end_; ++n)
      if (graph_.nodes[static_cast<std::size_t>(n)].op != ir::input_op()) plan_node(n);
    settle_results();
    lay_out();
    return std::move(plan_);
  }

 private:
  template <class T>
  static T& at(std::vector<std::vector<T>>& table, Value v) {
    return table[static_cast<std::size_t>(v.node)][static_cast<std::size_t>(v.output)];
  }
  Storage& storage(Value v) { return storages_[static_cast<std::size_t>(at(storage_of_, v))]; }

  // Bytes into input 0 at which the node's output lies; none when the node has to run.
  std::optional<std::int64_t> alias_offset(const Node& node) const {
    if (!options_.alias || node.outputs.size() != 1 || node.inputs.empty()) return std::nullopt;
    const std::optional<std::int64_t> offset = options_.alias(node);
    if (!offset || *offset + node.outputs[0].bytes() > graph_.spec(node.inputs[0]).bytes()) return std::nullopt;
    return offset;
  }
  bool is_whole_alias(const Node& node) const {
    return alias_offset(node) == 0 && node.outputs[0].bytes() == graph_.spec(node.inputs[0]).bytes();
  }

  // Which variables each value is to be assigned to, aliases followed to the value that a kernel writes.
  void find_targets() {
    std::map<std::string, std::int32_t> variables;
    for (std::size_t i = 0; i < graph_.inputs.size(); ++i)
      if (graph_.inputs[i].kind == ir::InputKind::kVariable)
        variables[graph_.inputs[i].name] = static_cast<std::int32_t>(i);
    for (const ir::Output& output : graph_.outputs) {
      const auto variable = variables.find(output.name);
      target_.push_back(output.name.empty() || variable == variables.end() ? -1 : variable->second);
      if (target_.back() < 0) continue;
      Value v = output.value;
      while (is_whole_alias(graph_.node(v))) v = graph_.node(v).inputs[0];
      wanted_[v].push_back(target_.back());
    }
  }

  std::int32_t new_storage(Value v) {
    const std::int64_t bytes = graph_.spec(v).bytes();
    if (bytes > kMostBytes)
      throw OutOfMemory(
          graph_.node(v).op.name(), graph_.node(v).path,
          cat("a value of ", graph_.spec(v), " takes ", bytes, " bytes, more than any machine addresses"));
    storages_.push_back({.bytes = bytes, .first = v.node, .last = v.node, .owner = v});
    return static_cast<std::int32_t>(storages_.size()) - 1;
  }

  void put(Value v, std::int32_t s, Placement::Kind kind, std::int64_t offset = 0) {
    at(storage_of_, v) = s;
    Storage& home = storages_[static_cast<std::size_t>(s)];
    home.last = std::max(home.last, at(last_use_, v));
    at(plan_.values, v) = {.kind = kind, .input = home.input, .offset = offset, .bytes = graph_.spec(v).bytes()};
  }

  void plan_node(std::int32_t n) {
    const Node& node = graph_.nodes[static_cast<std::size_t>(n)];
    if (const auto offset = alias_offset(node)) {
      const Value source = node.inputs[0];
      const Placement& whole = at(plan_.values, source);
      put({n, 0}, at(storage_of_, source), whole.kind, whole.offset + *offset);
      at(plan_.values, {n, 0}).alias = true;
      return;
    }
    for (std::int32_t j = 0; j < static_cast<std::int32_t>(node.outputs.size()); ++j) {
      const Value v{n, j};
      if (at(last_use_, v) < 0) continue;
      if (write_through(v) || replace_input(v)) continue;
      put(v, new_storage(v), Placement::Kind::kArena);
    }
  }

  // Whether node v.node may write v where storage s is, for all that it still reads there.
  bool may_overwrite(Value v, std::int32_t s) {
    const Node& node = graph_.node(v);
    const Storage& home = storages_[static_cast<std::size_t>(s)];
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (at(storage_of_, node.inputs[i]) != s) continue;
      // A part of the storage, or a stretched one, would be overwritten before it is read.
      if (graph_.spec(node.inputs[i]).bytes() != home.bytes) return false;
      if (v.output != 0 || !options_.in_place || !options_.in_place(node, i)) return false;
    }
    return home.last <= v.node && home.bytes == graph_.spec(v).bytes();
  }

  bool write_through(Value v) {
    const auto wanted = wanted_.find(v);
    if (wanted == wanted_.end()) return false;
    for (const std::int32_t i : wanted->second) {
      const std::int32_t s = at(storage_of_, graph_.inputs[static_cast<std::size_t>(i)].value);
      if (!may_overwrite(v, s)) continue;
      put(v, s, Placement::Kind::kVariable);
      return true;
    }
    return false;
  }

  bool replace_input(Value v) {
    if (v.output != 0) return false;
    for (const Value input : graph_.node(v).inputs) {
      // As many bytes but other elements: f64(1, 4) is broadcast to bool(8, 4), and read again after the first row.
      if (graph_.spec(input).shape.numel() != graph_.spec(v).shape.numel()) continue;
      if (storage(input).input >= 0 || !may_overwrite(v, at(storage_of_, input))) continue;
      put(v, at(storage_of_, input), Placement::Kind::kArena);
      return true;
    }
    return false;
  }

  void settle_results() {
    for (std::size_t o = 0; o < graph_.outputs.size(); ++o) {
      const Placement& placement = plan_.at(graph_.outputs[o].value);
      plan_.results.push_back({.in_place = target_[o] >= 0 && placement.input == target_[o]});
      if (target_[o] >= 0 && !plan_.results[o].in_place) copied_.push_back(target_[o]);
    }
    for (std::size_t o = 0; o < graph_.outputs.size(); ++o) {
      const Value v = graph_.outputs[o].value;
      const Placement& placement = plan_.at(v);
      if (placement.kind != Placement::Kind::kInput || std::ranges::count(copied_, placement.input) == 0) continue;
      plan_.results[o].staging = static_cast<std::int64_t>(plan_.blocks.size());
      plan_.blocks.push_back({Block::Use::kStaging, v, end_, end_, placement.bytes});
    }
  }

  void lay_out() {
    std::vector<std::int64_t> block_of_storage;
    for (const Storage& s : storages_) {
      block_of_storage.push_back(static_cast<std::int64_t>(plan_.blocks.size()));
      if (s.input < 0) plan_.blocks.push_back({Block::Use::kValue, s.owner, s.first, s.last, s.bytes});
    }
    plan_.workspace.assign(graph_.nodes.size(), -1);
    for (std::size_t n = 0; n < options_.workspace.size(); ++n) {
      if (options_.workspace[n] == 0) continue;
      const auto node = static_cast<std::int32_t>(n);
      plan_.workspace[n] = static_cast<std::int64_t>(plan_.blocks.size());
      plan_.blocks.push_back({Block::Use::kWorkspace, {node, 0}, node, node, options_.workspace[n]});
    }
    const Load peak = peak_load(plan_.blocks, end_, options_.red_zone);
    plan_.lower_bound = peak.bytes;
    plan_.peak_node = peak.node;
    plan_.arena_bytes = place(plan_.blocks, options_.red_zone, peak.bytes);
    // Until now these held block numbers.
    const auto offset = [&](std::int64_t block) { return plan_.blocks[static_cast<std::size_t>(block)].offset; };
    for (Result& result : plan_.results)
      if (result.staging >= 0) result.staging = offset(result.staging);
    for (std::int64_t& workspace : plan_.workspace)
      if (workspace >= 0) workspace = offset(workspace);
    for (std::size_t n = 0; n < plan_.values.size(); ++n)
      for (std::size_t j = 0; j < plan_.values[n].size(); ++j)
        if (Placement& placement = plan_.values[n][j]; placement.kind == Placement::Kind::kArena)
          placement.offset += offset(block_of_storage[static_cast<std::size_t>(storage_of_[n][j])]);
  }

  const Graph& graph_;
  const Options& options_;
  const std::int32_t end_;                             // stands for the time after the run
  std::vector<std::vector<std::int32_t>> last_use_;    // per value: the last node to read it; -1: none
  std::vector<std::vector<std::int32_t>> storage_of_;  // per value
  std::vector<Storage> storages_;
  std::vector<std::int32_t> target_;                   // per graph output: the input it is assigned to, or -1
  std::map<Value, std::vector<std::int32_t>> wanted_;  // value -> inputs it is to be assigned to
  std::vector<std::int32_t> copied_;                   // inputs that change after the last node
  Plan plan_;
};

}  // namespace

Plan make_plan(const Graph& graph, const Options& options) { return Planner(graph, options).make(); }

}  // namespace weft::plan
