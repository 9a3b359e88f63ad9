// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <iomanip>
#include <map>
#include <sstream>

#include "core/plan/plan.h"

namespace weft::plan {
namespace {

std::string human(std::int64_t bytes) {
  constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  std::ostringstream out;
  out << std::fixed << std::setprecision(unit ? 1 : 0) << value << ' ' << kUnits[unit];
  return out.str();
}

std::string owner_of(const ir::Graph& graph, const Block& block) {
  const ir::Node& node = graph.node(block.owner);
  const std::string place = node.path.empty() ? node.op.name() : node.path;
  if (block.use == Block::Use::kWorkspace) return place + " (workspace)";
  return block.use == Block::Use::kStaging ? place + " (staging)" : place;
}

std::int64_t input_bytes(const ir::Graph& graph, ir::InputKind kind) {
  std::int64_t sum = 0;
  for (const ir::Input& input : graph.inputs)
    if (input.kind == kind) sum += graph.spec(input.value).bytes();
  return sum;
}

std::string moment(const ir::Graph& graph, std::int32_t n) {
  if (n == static_cast<std::int32_t>(graph.nodes.size())) return "the end of the run";
  const ir::Node& node = graph.nodes[static_cast<std::size_t>(n)];
  return "node " + std::to_string(n) + ", " + node.op.name() + (node.path.empty() ? "" : " @ " + node.path);
}

}  // namespace

std::string table(const ir::Graph& graph, const Plan& plan) {
  std::map<std::string, std::int64_t> held;
  for (const Block& block : plan.blocks)
    if (block.first <= plan.peak_node && plan.peak_node <= block.last) held[owner_of(graph, block)] += block.bytes;
  std::vector<std::pair<std::string, std::int64_t>> rows(held.begin(), held.end());
  std::ranges::stable_sort(rows, [](const auto& a, const auto& b) { return a.second > b.second; });

  std::ostringstream out;
  out << "arguments  " << human(input_bytes(graph, ir::InputKind::kArgument)) << "\n"
      << "variables  " << human(input_bytes(graph, ir::InputKind::kVariable)) << "\n"
      << "captures   " << human(input_bytes(graph, ir::InputKind::kCapture)) << "\n"
      << "arena      " << human(plan.arena_bytes) << " (at least " << human(plan.lower_bound) << "), fullest at "
      << moment(graph, plan.peak_node) << ":\n";
  for (const auto& [owner, bytes] : rows)
    out << "  " << std::left << std::setw(40) << owner << " " << human(bytes) << "\n";
  return out.str();
}

}  // namespace weft::plan
