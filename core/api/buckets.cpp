// SPDX-License-Identifier: Apache-2.0
#include "core/api/buckets.h"

#include <algorithm>
#include <set>
#include <string>
#include <variant>

#include "core/base/check.h"

namespace weft::detail {
namespace {

using Batched = std::set<ir::Value>;  // values with one row per row of the arguments

// Whether axis 0 is among the axes that the node's attributes name.
bool works_along_rows(const ir::Node& node) {
  for (const auto& [name, value] : node.attributes.rows()) {
    const auto* axis = std::get_if<std::int64_t>(&value);
    if (name == "axis" && axis && *axis == 0) return true;
    const auto* axes = std::get_if<ir::Ints>(&value);
    if (name == "axes" && axes && std::find(axes->begin(), axes->end(), 0) != axes->end()) return true;
  }
  return false;
}

bool mixes_rows(const ir::Graph& graph, const ir::Node& node, const Batched& batched, std::int64_t rows) {
  const std::string& op = node.op.name();
  if (op == "batch_norm" || op == "batch_norm_grad" || works_along_rows(node)) return true;
  if (op == "matmul") {
    const bool stacked = graph.spec(node.inputs[0]).shape.rank() > 2;
    return !batched.contains(node.inputs[0]) || (batched.contains(node.inputs[1]) && !stacked) ||
           (node.attributes.flag("trans_a") && !stacked);
  }
  if (op == "permute") return node.attributes.ints("order")[0] != 0;
  if (op == "slice") return node.attributes.ints("begin")[0] != 0 || node.attributes.ints("end")[0] != rows;
  return false;
}

bool has_rows(const TensorSpec& spec, std::int64_t rows) { return spec.shape.rank() > 0 && spec.shape[0] == rows; }

}  // namespace

std::int64_t bucket_of(std::int64_t rows, const std::vector<std::int64_t>& sizes, const std::string& program) {
  std::int64_t best = -1;
  for (const std::int64_t size : sizes)
    if (size >= rows && (best < 0 || size < best)) best = size;
  if (best < 0)
    fail<ShapeError>("call", "program '", program, "' is given ", rows, " rows; its largest bucket is ",
                     *std::max_element(sizes.begin(), sizes.end()));
  return best;
}

void check_rows_apart(const ir::Graph& graph, std::int64_t rows, const std::string& program) {
  Batched batched;
  for (const ir::Input& input : graph.inputs)
    if (input.kind == ir::InputKind::kArgument && graph.spec(input.value).shape.rank() > 0) batched.insert(input.value);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const ir::Node& node = graph.nodes[n];
    if (node.op == ir::input_op()) continue;
    if (std::none_of(node.inputs.begin(), node.inputs.end(), [&](ir::Value v) { return batched.contains(v); }))
      continue;
    bool mixed = mixes_rows(graph, node, batched, rows);
    for (std::size_t o = 0; o < node.outputs.size(); ++o) {
      mixed |= !has_rows(node.outputs[o], rows);
      batched.insert({static_cast<std::int32_t>(n), static_cast<std::int32_t>(o)});
    }
    if (mixed)
      throw ValueError("compile", node.path,
                       cat("program '", program, "' has buckets, but its op '", node.op.name(),
                           "' mixes the rows of the batch, so that rows of padding would change the result"));
  }
  for (const ir::Output& output : graph.outputs) {
    if (!output.name.empty())
      fail<ValueError>("compile", "program '", program, "' has buckets, but it assigns '", output.name,
                       "'; rows of padding would change it");
    if (!batched.contains(output.value))
      fail<ValueError>("compile", "program '", program, "' has buckets, but a result is ", graph.spec(output.value),
                       ", without the rows of the batch");
  }
}

TensorSpec rows_spec(const TensorSpec& spec, std::int64_t rows) {
  std::vector<std::int64_t> dims = spec.shape.dims();
  dims[0] = rows;
  return {Shape(std::move(dims)), spec.dtype};
}

Array with_rows(const Array& array, std::int64_t rows, const Stream& stream) {
  Array out = Array::empty(rows_spec(array.spec(), rows), stream);
  const auto given = static_cast<std::size_t>(array.spec().bytes());
  const auto all = static_cast<std::size_t>(out.spec().bytes());
  copy_bytes(out.data(), out.device(), array.data(), array.device(), given, stream);
  zero_bytes(static_cast<std::byte*>(out.data()) + given, all - given, stream);
  return out;
}

}  // namespace weft::detail
