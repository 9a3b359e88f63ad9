// SPDX-License-Identifier: Apache-2.0
#include "tests/core/plan/simulate.h"

#include <map>
#include <vector>

#include "core/base/check.h"

namespace weft::testing {
using namespace plan;
namespace {

using ir::Value;

constexpr std::int64_t kCell = 256;

// A memory (the arena is -1, inputs count from 0) and cells [begin, end) of it.
struct Range {
  std::int32_t memory = -1;
  std::int64_t begin = 0, end = 0;
  bool meets(const Range& o) const { return memory == o.memory && begin < o.end && o.begin < end; }
  bool operator==(const Range&) const = default;
};

struct Failure {
  std::string what;
};

class Simulation {
 public:
  Simulation(const ir::Graph& graph, const Options& options, const Plan& plan)
      : graph_(graph), options_(options), plan_(plan) {
    for (const ir::Node& node : graph.nodes) {
      parts_.push_back(find_parts(node));
      labels_.emplace_back();
      for (std::size_t j = 0; j < node.outputs.size(); ++j)
        labels_.back().push_back(
            find_labels({static_cast<std::int32_t>(parts_.size()) - 1, static_cast<std::int32_t>(j)}));
    }
    memory_[-1].resize(cells(plan.arena_bytes));
    for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
      const auto id = static_cast<std::int32_t>(i);
      memory_[id].resize(cells(graph.spec(graph.inputs[i].value).bytes()));
      write({id, 0, static_cast<std::int64_t>(memory_[id].size())}, labels(graph.inputs[i].value));
    }
  }

  void run() {
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n)
      if (graph_.nodes[n].op != ir::input_op()) step(static_cast<std::int32_t>(n));
    finish();
  }

 private:
  static std::size_t cells(std::int64_t bytes) { return static_cast<std::size_t>((bytes + kCell - 1) / kCell); }

  // Label of a memory cell: the value that a node computes, and the cell's ordinal in it.
  struct Label {
    std::int64_t root = -1;  // -1: of no value
    std::int64_t first = 0;
    std::string text() const { return root < 0 ? "nothing" : cat("%", root / 100, ".", root % 100, "[", first, "]"); }
    bool operator==(const Label&) const = default;
  };
  // Offsets at which a node lays its inputs; empty for most nodes.
  std::vector<std::int64_t> find_parts(const ir::Node& node) const {
    if (!options_.parts || node.op == ir::input_op()) return {};
    std::vector<std::int64_t> out = options_.parts(graph_, node);
    for (const std::int64_t offset : out)
      if (offset % kCell != 0) return {};
    return out;
  }
  const std::vector<std::int64_t>& parts(std::int32_t n) const { return parts_[static_cast<std::size_t>(n)]; }
  // A part and the gap behind it share their last cell, which is called like the part's.
  std::vector<Label> find_labels(Value v) const {
    std::vector<Label> out(cells(graph_.spec(v).bytes()));
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = {v.node * std::int64_t{100} + v.output, static_cast<std::int64_t>(i)};
    const ir::Node& node = graph_.node(v);
    const auto copy = [&](const std::vector<Label>& from, std::int64_t at) {
      for (std::size_t i = 0; i < out.size(); ++i) {
        const std::int64_t source = static_cast<std::int64_t>(i) + at;
        if (source >= 0 && source < static_cast<std::int64_t>(from.size()))
          out[i] = from[static_cast<std::size_t>(source)];
      }
    };
    if (const auto offset = options_.alias ? options_.alias(node) : std::nullopt)
      copy(labels(node.inputs[0]), *offset / kCell);
    for (std::size_t k = 0; k < parts(v.node).size(); ++k) copy(labels(node.inputs[k]), -parts(v.node)[k] / kCell);
    return out;
  }
  // Labels of a value's cells.
  const std::vector<Label>& labels(Value v) const {
    return labels_[static_cast<std::size_t>(v.node)][static_cast<std::size_t>(v.output)];
  }

  Range range(std::int32_t memory, std::int64_t offset, std::int64_t bytes) const {
    if (offset % kCell != 0) throw Failure{cat("offset ", offset, " is not aligned")};
    const Range out{memory, offset / kCell, offset / kCell + static_cast<std::int64_t>(cells(bytes))};
    if (offset < 0 || out.end > static_cast<std::int64_t>(memory_.at(memory).size()))
      throw Failure{cat("offset ", offset, " and ", bytes, " bytes leave memory ", memory)};
    return out;
  }
  static std::string name(Value v) { return cat("%", v.node, ".", v.output); }
  Range place(Value v) const {
    const Placement& p = plan_.at(v);
    if (p.kind == Placement::Kind::kUnused) throw Failure{name(v) + " is read and has no memory"};
    if (p.bytes != graph_.spec(v).bytes()) throw Failure{name(v) + " has a wrong size"};
    return range(p.kind == Placement::Kind::kArena ? -1 : p.input, p.offset, p.bytes);
  }
  void write(const Range& r, const std::vector<Label>& text) {
    std::vector<Label>& memory = memory_[r.memory];
    for (std::int64_t i = r.begin; i < r.end; ++i)
      memory[static_cast<std::size_t>(i)] = text.empty() ? Label{} : text[static_cast<std::size_t>(i - r.begin)];
  }
  void check(const Range& r, const std::vector<Label>& text, const std::string& when) const {
    const std::vector<Label>& memory = memory_.at(r.memory);
    for (std::int64_t i = r.begin; i < r.end; ++i) {
      const Label &wanted = text[static_cast<std::size_t>(i - r.begin)], &found = memory[static_cast<std::size_t>(i)];
      if (found != wanted) throw Failure{cat(when, ": expected ", wanted.text(), ", found ", found.text())};
    }
  }

  void step(std::int32_t n) {
    const ir::Node& node = graph_.nodes[static_cast<std::size_t>(n)];
    const std::string when = cat("node ", n);
    if (plan_.at({n, 0}).alias) return check(place({n, 0}), labels({n, 0}), when + ", which does not run");
    for (const Value v : node.inputs) check(place(v), labels(v), when);
    std::vector<Range> written;
    const std::int64_t workspace = options_.workspace.empty() ? 0 : options_.workspace[static_cast<std::size_t>(n)];
    if (workspace > 0) {
      written.push_back(range(-1, plan_.workspace[static_cast<std::size_t>(n)], workspace));
      write(written[0], {});
      for (const Value v : node.inputs) check(place(v), labels(v), when + " after workspace");
    }
    for (std::int32_t j = 0; j < static_cast<std::int32_t>(node.outputs.size()); ++j) {
      const Value out{n, j};
      if (plan_.at(out).kind == Placement::Kind::kUnused) continue;
      const Range r = place(out);
      if (r.memory >= 0 && graph_.inputs[static_cast<std::size_t>(r.memory)].kind != ir::InputKind::kVariable)
        throw Failure{when + " writes an input that is no variable"};
      if (!parts(n).empty()) {
        lay_side_by_side(n, r, when);
        continue;
      }
      for (const Range& other : written)
        if (r.meets(other)) throw Failure{when + " writes two things to one place"};
      for (std::size_t i = 0; i < node.inputs.size(); ++i)
        if (r.meets(place(node.inputs[i])) &&
            (r != place(node.inputs[i]) || !options_.in_place ||
             !options_.in_place(node, static_cast<std::size_t>(j), i) ||
             graph_.spec(node.inputs[i]).shape.numel() != graph_.spec(out).shape.numel()))
          throw Failure{cat(when, " may not write over its input ", i)};
      written.push_back(r);
    }
    for (std::int32_t j = 0; j < static_cast<std::int32_t>(node.outputs.size()); ++j)
      if (plan_.at({n, j}).kind != Placement::Kind::kUnused) write(place({n, j}), labels({n, j}));
  }

  // Copies the parts that are not there yet, one after the other.
  void lay_side_by_side(std::int32_t n, const Range& whole, const std::string& when) {
    const std::vector<Value>& inputs = graph_.nodes[static_cast<std::size_t>(n)].inputs;
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      const Range from = place(inputs[k]);
      Range to{whole.memory, whole.begin + parts(n)[k] / kCell, 0};
      to.end = to.begin + from.end - from.begin;
      check(from, labels(inputs[k]), cat(when, " copying part ", k));
      if (to != from && to.meets(from)) throw Failure{cat(when, " copies part ", k, " over itself")};
      write(to, labels(inputs[k]));
    }
  }

  void finish() {
    for (std::size_t o = 0; o < graph_.outputs.size(); ++o) {
      const Value v = graph_.outputs[o].value;
      check(place(v), labels(v), cat("output ", o));
      if (plan_.results[o].staging >= 0) write(range(-1, plan_.results[o].staging, graph_.spec(v).bytes()), labels(v));
    }
    for (std::size_t o = 0; o < graph_.outputs.size(); ++o)
      if (!graph_.outputs[o].name.empty() && !plan_.results[o].in_place) copy(o);
    for (std::size_t o = 0; o < graph_.outputs.size(); ++o) {
      check(final_place(o), labels(graph_.outputs[o].value), cat("output ", o, " after the copies"));
    }
  }
  std::int32_t variable(const std::string& name) const {
    for (std::size_t i = 0; i < graph_.inputs.size(); ++i)
      if (graph_.inputs[i].kind == ir::InputKind::kVariable && graph_.inputs[i].name == name)
        return static_cast<std::int32_t>(i);
    return -1;
  }
  Range source(std::size_t o) const {
    const Value v = graph_.outputs[o].value;
    const std::int64_t staging = plan_.results[o].staging;
    return staging >= 0 ? range(-1, staging, graph_.spec(v).bytes()) : place(v);
  }
  Range final_place(std::size_t o) const {
    const std::int32_t i = variable(graph_.outputs[o].name);
    if (graph_.outputs[o].name.empty() || i < 0) return source(o);
    return range(i, 0, graph_.spec(graph_.outputs[o].value).bytes());
  }
  void copy(std::size_t o) {
    check(source(o), labels(graph_.outputs[o].value), cat("copying output ", o));
    write(final_place(o), labels(graph_.outputs[o].value));
  }

  const ir::Graph& graph_;
  const Options& options_;
  const Plan& plan_;
  std::map<std::int32_t, std::vector<Label>> memory_;
  std::vector<std::vector<std::int64_t>> parts_;         // per node
  std::vector<std::vector<std::vector<Label>>> labels_;  // per value
};

}  // namespace

std::string simulate(const ir::Graph& graph, const Options& options, const Plan& plan) {
  try {
    Simulation(graph, options, plan).run();
  } catch (const Failure& failure) {
    return failure.what;
  }
  return "";
}

}  // namespace weft::testing
