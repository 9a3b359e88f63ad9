// SPDX-License-Identifier: Apache-2.0
#include "core/plan/plan.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/base/check.h"
#include "core/plan/place.h"
#include "core/plan/residents.h"
#include "core/plan/uses.h"

namespace weft::plan {
namespace {

using ir::Graph;
using ir::Node;
using ir::Value;

// Limit on the bytes of a value: beyond the address space of any machine, and so small that sums do not overflow.
constexpr std::int64_t kMostBytes = std::int64_t{1} << 47;

// One stretch of memory and all values that are computed into it or bound there, at offsets from its begin.
struct Storage {
  std::int32_t input = -1;  // the graph input it belongs to; -1: the arena
  std::int64_t bytes = 0;
  std::int32_t first = 0;
  std::int32_t last = 0;  // the last node that reads any of its values
  Value owner{};
  Residents residents{};
};

// A place in a storage.
struct Spot {
  std::int32_t storage = -1;
  std::int64_t offset = 0;
  bool operator==(const Spot&) const = default;
};

class Planner {
 public:
  Planner(const Graph& graph, const Options& options)
      : graph_(graph), options_(options), end_(static_cast<std::int32_t>(graph.nodes.size())), uses_(graph, options) {
    for (const Node& node : graph.nodes) {
      plan_.values.emplace_back(node.outputs.size());
      spots_.emplace_back(node.outputs.size());
    }
  }

  Plan make() {
    find_targets();
    find_homes();
    for (std::size_t i = 0; i < graph_.inputs.size(); ++i) {
      const Value v = graph_.inputs[i].value;
      const std::int32_t s = new_storage(v, v.node);
      storages_[static_cast<std::size_t>(s)].input = static_cast<std::int32_t>(i);
      put(v, {s});
      plan_.values[static_cast<std::size_t>(v.node)][0].kind = Placement::Kind::kInput;
    }
    for (std::int32_t n = 0; n < end_; ++n)
      if (graph_.nodes[static_cast<std::size_t>(n)].op != ir::input_op()) plan_node(n);
    settle_results();
    lay_out();
    return std::move(plan_);
  }

 private:
  Spot& spot(Value v) { return spots_[static_cast<std::size_t>(v.node)][static_cast<std::size_t>(v.output)]; }
  Placement& placement(Value v) {
    return plan_.values[static_cast<std::size_t>(v.node)][static_cast<std::size_t>(v.output)];
  }
  Storage& storage(const Spot& at) { return storages_[static_cast<std::size_t>(at.storage)]; }
  std::int64_t bytes(Value v) const { return graph_.spec(v).bytes(); }

  // Finds the variables that each value is assigned to. An alias counts as the value that a kernel writes.
  void find_targets() {
    std::map<std::string, std::int32_t> variables;
    assigned_.assign(graph_.inputs.size(), false);
    for (std::size_t i = 0; i < graph_.inputs.size(); ++i)
      if (graph_.inputs[i].kind == ir::InputKind::kVariable)
        variables[graph_.inputs[i].name] = static_cast<std::int32_t>(i);
    for (const ir::Output& output : graph_.outputs) {
      const auto variable = variables.find(output.name);
      target_.push_back(output.name.empty() || variable == variables.end() ? -1 : variable->second);
      if (target_.back() < 0) continue;
      assigned_[static_cast<std::size_t>(target_.back())] = true;
      const Uses::Root root = uses_.root(output.value);
      if (root.offset == 0 && bytes(root.value) == bytes(output.value)) wanted_[root.value].push_back(target_.back());
    }
  }

  // Finds the values that can be computed straight into their part of a node that lays inputs side by side: concat.
  void find_homes() {
    for (std::int32_t n = 0; n < end_; ++n) {
      const auto& parts = uses_.parts(n);
      const std::vector<Value>& inputs = graph_.nodes[static_cast<std::size_t>(n)].inputs;
      for (std::size_t k = 0; k < parts.size(); ++k) {
        const Uses::Root root = uses_.root(inputs[k]);
        const Value v = root.value;
        if (bytes(v) == bytes({n, 0}) && root.offset == parts[k]) keep_parts(n, v);
        if (root.offset != 0 || bytes(v) != bytes(inputs[k]) || graph_.node(v).op == ir::input_op()) continue;
        if (uses_.parts(v.node).empty() && !wanted_.contains(v)) homes_.try_emplace(v, n, parts[k]);
      }
    }
  }

  void keep_parts(std::int32_t n, Value of) {
    std::vector<Value>& kept = kept_[n];
    if (kept.empty() || kept.back() != of) kept.push_back(of);
  }

  std::int32_t new_storage(Value v, std::int32_t first) {
    if (bytes(v) > kMostBytes)
      throw OutOfMemory(
          graph_.node(v).op.name(), graph_.node(v).path,
          cat("a value of ", graph_.spec(v), " takes ", bytes(v), " bytes, more than any machine addresses"));
    storages_.push_back({.bytes = bytes(v), .first = first, .last = first, .owner = v});
    return static_cast<std::int32_t>(storages_.size()) - 1;
  }

  void put(Value v, const Spot& at) {
    spot(v) = at;
    Storage& home = storage(at);
    home.last = std::max(home.last, uses_.last_read(v));
    home.residents.add({v, at.offset, bytes(v)}, [&](const Resident& resident) {
      return resident.value.node < v.node && uses_.last_read(resident.value) < v.node;
    });
    const auto kind = home.input < 0 ? Placement::Kind::kArena : Placement::Kind::kVariable;
    placement(v) = {.kind = kind, .input = home.input, .offset = at.offset, .bytes = bytes(v)};
  }

  // Throws for loops and recomputed regions. A fused node is one call, whose inner values have no placement.
  static void expect_one_call(const Node& node) {
    if (!node.region) return;
    switch (node.region.kind) {
      case ir::Region::Kind::kElementwise:
      case ir::Region::Kind::kEpilogue:
        return;
      case ir::Region::Kind::kLoop:
        ir::refuse_region(node, "the planner");
    }
  }

  void plan_node(std::int32_t n) {
    const Node& node = graph_.nodes[static_cast<std::size_t>(n)];
    expect_one_call(node);
    if (const auto offset = uses_.alias_offset(node)) {
      const Value v{n, 0}, source = node.inputs[0];
      spot(v) = {spot(source).storage, spot(source).offset + *offset};
      placement(v) = placement(source);
      placement(v).offset += *offset;
      placement(v).bytes = bytes(v);
      placement(v).alias = true;
      return;
    }
    for (std::int32_t j = 0; j < static_cast<std::int32_t>(node.outputs.size()); ++j) {
      const Value v{n, j};
      if (uses_.last_read(v) < 0) continue;
      if (lay_side_by_side(v) || go_home(v) || write_through(v) || replace_input(v)) continue;
      put(v, {new_storage(v, n)});
    }
  }

  // True if node n may write `size` bytes at a spot, because nothing there is read later. `harmless` is true for reads
  // of n itself that the write does not spoil.
  template <class Harmless>
  bool may_write(std::int32_t n, const Spot& at, std::int64_t size, Harmless harmless) {
    const Storage& home = storage(at);
    if (home.input >= 0 && !assigned_[static_cast<std::size_t>(home.input)]) return false;
    const auto meets = [&](std::int64_t begin, std::int64_t length) {
      return begin < at.offset + size && at.offset < begin + length;
    };
    return !home.residents.any_of(at.offset, size, [&](const Resident& resident) {
      if (resident.value.node == n && meets(resident.begin, resident.bytes)) return true;
      for (const Read& read : uses_.reads(resident.value)) {
        if (read.node < n) break;
        if (!meets(resident.begin + read.begin, read.bytes)) continue;
        if (read.node > n || !harmless(read, resident.begin + read.begin)) return true;
      }
      return false;
    });
  }

  bool may_write(Value v, const Spot& at) {
    const Node& node = graph_.node(v);
    return may_write(v.node, at, bytes(v), [&](const Read& read, std::int64_t begin) {
      // A read of a part, or of other elements in as many bytes, may come after the first write: f64(1, 4), broadcast
      // to bool(8, 4).
      return begin == at.offset && read.bytes == bytes(v) &&
             graph_.spec(node.inputs[read.input]).shape.numel() == graph_.spec(v).shape.numel() && options_.in_place &&
             options_.in_place(node, static_cast<std::size_t>(v.output), read.input);
    });
  }

  // Spots at which node n need not copy all the inputs that it lays side by side: the variable that it is assigned to,
  // or a value whose parts it keeps.
  std::vector<Spot> bases(std::int32_t n) {
    std::vector<Spot> out;
    const auto wanted = wanted_.find({n, 0});
    if (wanted != wanted_.end())
      for (const std::int32_t i : wanted->second) out.push_back(spot(graph_.inputs[static_cast<std::size_t>(i)].value));
    const auto kept = kept_.find(n);
    if (kept == kept_.end()) return out;
    for (const Value v : kept->second) {
      const Spot at = spot(v);
      if (at.storage < 0) continue;
      const std::int32_t input = storage(at).input;
      if (input >= 0 && !assigned_[static_cast<std::size_t>(input)]) continue;
      if (std::ranges::count(out, at) == 0) out.push_back(at);
    }
    return out;
  }

  // Puts v into its part of the node that lays it side by side with others, if that part is free.
  bool go_home(Value v) {
    const auto home = homes_.find(v);
    if (home == homes_.end()) return false;
    const auto [n, offset] = home->second;
    const auto claimed = claimed_.find(n);
    std::vector<Spot> spots = claimed == claimed_.end() ? bases(n) : std::vector{claimed->second};
    if (spots.empty()) spots.push_back({new_storage({n, 0}, v.node)});
    for (const Spot& base : spots) {
      const Spot at{base.storage, base.offset + offset};
      if (!may_write(v, at)) continue;
      claimed_[n] = base;
      put(v, at);
      return true;
    }
    return false;
  }

  bool lay_side_by_side(Value v) {
    if (uses_.parts(v.node).empty()) return false;
    const auto claimed = claimed_.find(v.node);
    for (const Spot& base : claimed == claimed_.end() ? bases(v.node) : std::vector{claimed->second}) {
      const auto left = left_to_write(v, base);
      const auto free = [&](const std::pair<Spot, std::int64_t>& part) {
        return may_write(v.node, part.first, part.second, [](const Read&, std::int64_t) { return false; });
      };
      if (!std::ranges::all_of(left, free)) continue;
      put(v, base);
      placement(v).alias = left.empty();
      return true;
    }
    return false;
  }

  // Bytes that node v.node has to write if v lies at `base`: the inputs that are not there yet, and the gaps.
  std::vector<std::pair<Spot, std::int64_t>> left_to_write(Value v, const Spot& base) {
    std::vector<std::pair<Spot, std::int64_t>> out;
    const std::vector<Value>& inputs = graph_.node(v).inputs;
    std::int64_t end = 0;
    const auto write = [&](std::int64_t from, std::int64_t to) {
      if (from < to) out.push_back({{base.storage, base.offset + from}, to - from});
    };
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      const std::int64_t begin = uses_.parts(v.node)[k];
      write(end, begin);
      end = begin + bytes(inputs[k]);
      if (spot(inputs[k]) != Spot{base.storage, base.offset + begin}) write(begin, end);
    }
    write(end, bytes(v));
    return out;
  }

  bool write_through(Value v) {
    const auto wanted = wanted_.find(v);
    if (wanted == wanted_.end()) return false;
    for (const std::int32_t i : wanted->second) {
      const Spot at = spot(graph_.inputs[static_cast<std::size_t>(i)].value);
      if (storage(at).bytes != bytes(v) || !may_write(v, at)) continue;
      put(v, at);
      return true;
    }
    return false;
  }

  bool replace_input(Value v) {
    for (const Value input : graph_.node(v).inputs) {
      const Spot at = spot(input);
      // Only a whole storage, because a large one must not live on for a small value.
      if (storage(at).input >= 0 || storage(at).bytes != bytes(v) || at.offset != 0) continue;
      if (bytes(input) != bytes(v) || !may_write(v, at)) continue;
      put(v, at);
      return true;
    }
    return false;
  }

  void settle_results() {
    std::vector<bool> copied(graph_.inputs.size(), false);  // inputs that are written after the last node
    for (std::size_t o = 0; o < graph_.outputs.size(); ++o) {
      const Placement& at = plan_.at(graph_.outputs[o].value);
      plan_.results.push_back({.in_place = target_[o] >= 0 && at.input == target_[o] && at.offset == 0});
      if (target_[o] >= 0 && !plan_.results[o].in_place) copied[static_cast<std::size_t>(target_[o])] = true;
    }
    for (std::size_t o = 0; o < graph_.outputs.size(); ++o) {
      const Value v = graph_.outputs[o].value;
      const Placement& at = plan_.at(v);
      if (at.input < 0 || !copied[static_cast<std::size_t>(at.input)]) continue;
      plan_.results[o].staging = static_cast<std::int64_t>(plan_.blocks.size());
      plan_.blocks.push_back({Block::Use::kStaging, v, end_, end_, at.bytes});
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
    // Block numbers become offsets.
    const auto offset = [&](std::int64_t block) { return plan_.blocks[static_cast<std::size_t>(block)].offset; };
    for (Result& result : plan_.results)
      if (result.staging >= 0) result.staging = offset(result.staging);
    for (std::int64_t& workspace : plan_.workspace)
      if (workspace >= 0) workspace = offset(workspace);
    for (std::size_t n = 0; n < plan_.values.size(); ++n)
      for (std::size_t j = 0; j < plan_.values[n].size(); ++j)
        if (Placement& at = plan_.values[n][j]; at.kind == Placement::Kind::kArena)
          at.offset += offset(block_of_storage[static_cast<std::size_t>(spots_[n][j].storage)]);
  }

  const Graph& graph_;
  const Options& options_;
  const std::int32_t end_;  // stands for the time after the run
  const Uses uses_;
  std::vector<std::vector<Spot>> spots_;  // per value
  std::vector<Storage> storages_;
  std::vector<std::int32_t> target_;                   // per graph output: the input it is assigned to, or -1
  std::vector<bool> assigned_;                         // per graph input
  std::map<Value, std::vector<std::int32_t>> wanted_;  // value -> inputs it is to be assigned to
  std::map<Value, std::pair<std::int32_t, std::int64_t>> homes_;  // value -> node that it is a part of, and offset
  std::map<std::int32_t, std::vector<Value>> kept_;  // node with parts -> values of its size whose parts it keeps
  std::map<std::int32_t, Spot> claimed_;             // node with parts -> spot of its parts
  Plan plan_;
};

}  // namespace

Plan make_plan(const Graph& graph, const Options& options) { return Planner(graph, options).make(); }

}  // namespace weft::plan
