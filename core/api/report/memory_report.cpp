// SPDX-License-Identifier: Apache-2.0
#include "core/api/report/memory_report.h"

#include <algorithm>
#include <array>
#include <iomanip>
#include <sstream>
#include <unordered_map>

#include "core/base/check.h"
#include "core/ops/phase.h"

namespace weft::detail {
namespace {

using Layer = MemoryReport::Layer;

// "0.fc" of "0.fc.weight"
std::string owner_of(const std::string& variable) {
  const std::size_t dot = variable.rfind('.');
  return dot == std::string::npos ? "" : variable.substr(0, dot);
}

// The layers of a report by path.
class Layers {
 public:
  explicit Layers(MemoryReport& report) : report_(report) {}

  // The layer of a path, added at the end if it is new.
  Layer& operator[](const std::string& path) {
    const auto [place, fresh] = places_.try_emplace(path, report_.layers.size());
    if (fresh) report_.layers.push_back({path});
    return report_.layers[place->second];
  }

 private:
  MemoryReport& report_;
  std::unordered_map<std::string, std::size_t> places_;
};

void add_cell(MemoryReport& report, Layers& layers, const Cell& cell) {
  const std::int64_t bytes = cell.spec().bytes();
  if (!cell.initialized()) report.missing += bytes;
  if (!cell.members.empty()) {  // a flat buffer
    report.parameters += bytes;
    for (const auto& [weak, offset] : cell.members)
      if (const auto member = weak.lock()) layers[owner_of(member->path)].variables += member->spec().bytes();
  } else if (cell.path.empty()) {
    report.optimizer += bytes;
    layers["optimizer"].variables += bytes;
  } else {
    (cell.trained ? report.parameters : report.buffers) += bytes;
    layers[owner_of(cell.path)].variables += bytes;
  }
}

void add_arena(Layers& layers, const ir::Graph& graph, const plan::Plan& plan) {
  for (const plan::Use& use : plan::uses_at_peak(graph, plan)) {
    const std::string& path = graph.nodes[static_cast<std::size_t>(use.node)].path;
    Layer& layer = layers[ops::layer_of(path)];
    if (use.use == plan::Block::Use::kWorkspace) {
      layer.workspace += use.bytes;
    } else {
      (ops::phase_of(path) == ops::Phase::kForward ? layer.activations : layer.gradients) += use.bytes;
    }
  }
}

std::string moment(const ir::Graph& graph, std::int32_t n) {
  if (n >= static_cast<std::int32_t>(graph.nodes.size())) return "after the last node";
  const ir::Node& node = graph.nodes[static_cast<std::size_t>(n)];
  const std::string layer = ops::layer_of(node.path);
  return cat("node ", n, ", ", node.op.name(), layer.empty() ? "" : " of " + layer, ", ",
             ops::name_of(ops::phase_of(node.path)));
}

std::string padded(const std::string& text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

}  // namespace

std::string human_bytes(std::int64_t bytes) {
  constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  std::ostringstream out;
  out << std::fixed << std::setprecision(unit ? 1 : 0) << value << ' ' << kUnits[unit];
  return out.str();
}

MemoryReport memory_report(const Trace& trace, const exec::Executable& program) {
  MemoryReport report;
  Layers layers(report);
  report.device = trace.device.name();
  const ir::Graph& graph = program.graph();
  for (const ir::Node& node : graph.nodes)  // layers in the order in which the program comes to them
    if (node.op != ir::input_op()) layers[ops::layer_of(node.path)];
  for (const auto& cell : trace.cells)
    if (cell) add_cell(report, layers, *cell);
  for (const Array& capture : trace.captures)
    if (capture.defined()) report.constants += capture.spec().bytes();
  for (const ir::Input& input : graph.inputs)
    if (input.kind == ir::InputKind::kArgument) report.arguments += graph.spec(input.value).bytes();
  for (const ir::Output& output : graph.outputs)
    if (output.name.empty()) report.results += graph.spec(output.value).bytes();
  report.arena = program.plan().arena_bytes;
  report.peak = moment(graph, program.plan().peak_node);
  add_arena(layers, graph, program.plan());
  std::erase_if(report.layers,
                [](const Layer& l) { return l.variables + l.gradients + l.activations + l.workspace == 0; });
  return report;
}

}  // namespace weft::detail

namespace weft {

std::string MemoryReport::text() const {
  using detail::human_bytes, detail::padded;
  std::ostringstream out;
  out << "memory of '" << program << "' on " << device << "\n";
  const auto row = [&](const char* what, std::int64_t bytes) {
    out << "  " << std::left << std::setw(26) << what << std::right << std::setw(12) << human_bytes(bytes) << "\n";
  };
  row("parameters", parameters);
  row("other variables of layers", buffers);
  row("optimizer and other state", optimizer);
  row("constants", constants);
  row("arguments", arguments);
  row("arena", arena);
  row("results", results);
  row("total", total());
  out << "  peak of the arena: " << peak << "\n\n";
  std::size_t width = 5;
  for (const Layer& layer : layers) width = std::max(width, layer.path.size());
  const auto line = [&](const std::string& name, const std::array<std::string, 4>& cells) {
    out << "  " << name << std::string(width - name.size(), ' ');
    for (const std::string& cell : cells) out << "  " << padded(cell, 11);
    out << "\n";
  };
  line("layer", {"variables", "gradients", "activations", "workspace"});
  for (const Layer& l : layers) {
    const auto cell = [](std::int64_t bytes) { return bytes > 0 ? human_bytes(bytes) : std::string("-"); };
    line(l.path.empty() ? "-" : l.path, {cell(l.variables), cell(l.gradients), cell(l.activations), cell(l.workspace)});
  }
  return out.str();
}

}  // namespace weft
