// SPDX-License-Identifier: Apache-2.0
#include "tests/plan/simulate.h"

#include <map>
#include <vector>

#include "core/base/check.h"

namespace weft::plan {
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
    memory_[-1].resize(cells(plan.arena_bytes));
    for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
      const auto id = static_cast<std::int32_t>(i);
      memory_[id].resize(cells(graph.spec(graph.inputs[i].value).bytes()));
      write({id, 0, static_cast<std::int64_t>(memory_[id].size())}, label(graph.inputs[i].value));
    }
  }

  void run() {
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n)
      if (graph_.nodes[n].op != ir::input_op()) step(static_cast<std::int32_t>(n));
    finish();
  }

 private:
  static std::size_t cells(std::int64_t bytes) { return static_cast<std::size_t>((bytes + kCell - 1) / kCell); }

  // What a value's cells are called: the value that was computed, and the cell of it that comes first.
  struct Label {
    std::int64_t root = -1;  // of no value
    std::int64_t first = 0;
    Label cell(std::int64_t i) const { return {root, first + i}; }
    std::string text() const { return root < 0 ? "nothing" : cat("%", root / 100, ".", root % 100, "[", first, "]"); }
    bool operator==(const Label&) const = default;
  };
  Label label(Value v) const {
    const ir::Node& node = graph_.node(v);
    const auto offset = options_.alias ? options_.alias(node) : std::nullopt;
    if (!offset) return {v.node * std::int64_t{100} + v.output};
    Label whole = label(node.inputs[0]);
    whole.first += *offset / kCell;
    return whole;
  }

  Range range(std::int32_t memory, std::int64_t offset, std::int64_t bytes) const {
    if (offset % kCell != 0) throw Failure{cat("offset ", offset, " is not aligned")};
    const Range out{memory, offset / kCell, offset / kCell + static_cast<std::int64_t>(cells(bytes))};
    if (offset < 0 || out.end > static_cast<std::int64_t>(memory_.at(memory).size()))
      throw Failure{cat("offset ", offset, " and ", bytes, " bytes leave memory ", memory)};
    return out;
  }
  Range place(Value v) const {
    const Placement& p = plan_.at(v);
    if (p.kind == Placement::Kind::kUnused) throw Failure{label(v).text() + " is read and has no memory"};
    if (p.bytes != graph_.spec(v).bytes()) throw Failure{label(v).text() + " has a wrong size"};
    return range(p.kind == Placement::Kind::kArena ? -1 : p.input, p.offset, p.bytes);
  }
  void write(const Range& r, const Label& text) {
    for (std::int64_t i = r.begin; i < r.end; ++i)
      memory_[r.memory][static_cast<std::size_t>(i)] = text.cell(i - r.begin);
  }
  void check(const Range& r, const Label& text, const std::string& when) const {
    for (std::int64_t i = r.begin; i < r.end; ++i)
      if (const auto& found = memory_.at(r.memory)[static_cast<std::size_t>(i)]; found != text.cell(i - r.begin))
        throw Failure{cat(when, ": expected ", text.cell(i - r.begin).text(), ", found ", found.text())};
  }

  void step(std::int32_t n) {
    const ir::Node& node = graph_.nodes[static_cast<std::size_t>(n)];
    const std::string when = cat("node ", n);
    for (const Value v : node.inputs) check(place(v), label(v), when);
    if (plan_.at({n, 0}).alias) return;
    std::vector<Range> written;
    const std::int64_t workspace = options_.workspace.empty() ? 0 : options_.workspace[static_cast<std::size_t>(n)];
    if (workspace > 0) {
      written.push_back(range(-1, plan_.workspace[static_cast<std::size_t>(n)], workspace));
      write(written[0], {});
      for (const Value v : node.inputs) check(place(v), label(v), when + " after workspace");
    }
    for (std::int32_t j = 0; j < static_cast<std::int32_t>(node.outputs.size()); ++j) {
      const Value out{n, j};
      if (plan_.at(out).kind == Placement::Kind::kUnused) continue;
      const Range r = place(out);
      if (r.memory >= 0 && graph_.inputs[static_cast<std::size_t>(r.memory)].kind != ir::InputKind::kVariable)
        throw Failure{when + " writes an input that is no variable"};
      for (const Range& other : written)
        if (r.meets(other)) throw Failure{when + " writes two things to one place"};
      for (std::size_t i = 0; i < node.inputs.size(); ++i)
        if (r.meets(place(node.inputs[i])) &&
            (j != 0 || r != place(node.inputs[i]) || !options_.in_place || !options_.in_place(node, i)))
          throw Failure{cat(when, " may not write over its input ", i)};
      written.push_back(r);
    }
    for (std::int32_t j = 0; j < static_cast<std::int32_t>(node.outputs.size()); ++j)
      if (plan_.at({n, j}).kind != Placement::Kind::kUnused) write(place({n, j}), label({n, j}));
  }

  void finish() {
    for (std::size_t o = 0; o < graph_.outputs.size(); ++o) {
      const Value v = graph_.outputs[o].value;
      check(place(v), label(v), cat("output ", o));
      if (plan_.results[o].staging >= 0) write(range(-1, plan_.results[o].staging, graph_.spec(v).bytes()), label(v));
    }
    for (std::size_t o = 0; o < graph_.outputs.size(); ++o)
      if (!graph_.outputs[o].name.empty() && !plan_.results[o].in_place) copy(o);
    for (std::size_t o = 0; o < graph_.outputs.size(); ++o) {
      check(final_place(o), label(graph_.outputs[o].value), cat("output ", o, " after the copies"));
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
    check(source(o), label(graph_.outputs[o].value), cat("copying output ", o));
    write(final_place(o), label(graph_.outputs[o].value));
  }

  const ir::Graph& graph_;
  const Options& options_;
  const Plan& plan_;
  std::map<std::int32_t, std::vector<Label>> memory_;
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

}  // namespace weft::plan
