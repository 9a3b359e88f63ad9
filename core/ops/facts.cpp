// SPDX-License-Identifier: Apache-2.0
#include "core/ops/facts.h"

#include <algorithm>

#include "core/ops/cost.h"
#include "core/ops/rows.h"

namespace weft::ops {

FlopsRule no_flops() {
  return [](const Signature&) { return 0.0; };
}

FlopsRule flops_per_input_element(double count) {
  return [count](const Signature& node) { return count * static_cast<double>(node.input(0).shape.numel()); };
}

FlopsRule flops_per_output_element(double count) {
  return [count](const Signature& node) { return count * static_cast<double>(node.outputs[0].shape.numel()); };
}

FlopsRule flops_of_parts(Decompose decompose) {
  return [decompose = std::move(decompose)](const Signature& node) {
    Graph parts;
    Builder build(parts);
    std::vector<Value> inputs;
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      inputs.push_back(parts.add_input(node.input(i), ir::InputKind::kArgument, ""));
    decompose(build, inputs, node.attributes);
    double sum = 0;
    for (const Node& part : parts.nodes) sum += flops(parts, part);
    return sum;
  };
}

BytesRule reads_all() {
  return [](const Signature& node, std::size_t input) { return node.input(input).bytes(); };
}

BytesRule reads_what_it_gives() {
  return [](const Signature& node, std::size_t input) {
    const std::int64_t all = node.input(input).bytes();
    return input == 0 ? std::min(all, node.outputs[0].bytes()) : all;
  };
}

AliasRule no_alias() {
  return [](const Node&) { return std::optional<std::int64_t>(); };
}

AliasRule same_memory() {
  return [](const Node&) { return std::optional<std::int64_t>(0); };
}

PartsRule no_parts() {
  return [](const Signature&) { return std::vector<std::int64_t>(); };
}

InPlaceRule never_in_place() {
  return [](const Node&, std::size_t, std::size_t) { return false; };
}

InPlaceRule in_place(std::size_t output, std::size_t input) {
  return [output, input](const Node&, std::size_t j, std::size_t i) { return j == output && i == input; };
}

HalfRule stays_f32() {
  return [](const Signature&) { return Half{}; };
}

HalfRule may_round_result() {
  return [](const Signature&) { return Half{Half::Use::kResult}; };
}

HalfRule takes_as_stored(std::uint32_t inputs) {
  return [inputs](const Signature&) { return Half{Half::Use::kAsStored, inputs}; };
}

HalfRule multiplies_half() {
  return [](const Signature&) { return Half{Half::Use::kProduct}; };
}

std::string_view missing_fact(const OpFacts& facts) {
  if (!facts.kind) return "kind";
  if (!facts.flops) return "flops";
  if (!facts.bytes_read) return "bytes_read";
  if (!facts.alias) return "alias";
  if (!facts.parts) return "parts";
  if (!facts.in_place) return "in_place";
  if (!facts.rows) return "rows";
  if (!facts.half) return "half";
  if (!facts.runs) return "runs";
  if (!facts.epilogue) return "epilogue";
  if (!facts.library_epilogue) return "library_epilogue";
  return "";
}

OpFacts opaque_facts() {
  return {.kind = Kind::kOpaque,
          .flops = no_flops(),
          .bytes_read = reads_all(),
          .alias = no_alias(),
          .parts = no_parts(),
          .in_place = never_in_place(),
          .rows = rows_mix(),
          .half = stays_f32(),
          .runs = Runs::kKernel,
          .epilogue = kNoEpilogue,
          .library_epilogue = false};
}

OpFacts composed_facts(Decompose decompose, RowsRule rows, HalfRule half) {
  OpFacts facts = opaque_facts();
  facts.flops = flops_of_parts(std::move(decompose));
  facts.rows = std::move(rows);
  facts.half = std::move(half);
  facts.runs = Runs::kParts;
  return facts;
}

}  // namespace weft::ops
