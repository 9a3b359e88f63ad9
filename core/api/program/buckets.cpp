// SPDX-License-Identifier: Apache-2.0
#include "core/api/program/buckets.h"

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "core/base/check.h"
#include "core/ops/rows.h"

namespace weft::detail {
namespace {

using ops::Rows;

// Relation of every value in a traced graph to the rows of the arguments: carried, alike, mixed or none.
class RowsOf {
 public:
  RowsOf(const ir::Graph& graph, std::int64_t rows) : graph_(graph), rows_(rows), mixer_(graph.nodes.size(), -1) {
    for (const ir::Node& node : graph.nodes) known_.emplace_back(node.outputs.size(), Rows::kNone);
    for (const ir::Input& input : graph.inputs)
      if (input.kind == ir::InputKind::kArgument && graph.spec(input.value).shape.rank() > 0)
        at(input.value) = Rows::kCarried;
    for (std::size_t n = 0; n < graph.nodes.size(); ++n)
      if (graph.nodes[n].op != ir::input_op()) pass(n);
  }

  Rows operator()(ir::Value v) const {
    return known_[static_cast<std::size_t>(v.node)][static_cast<std::size_t>(v.output)];
  }
  // The first node on the way to v that mixes rows.
  const ir::Node& mixer(ir::Value v) const {
    return graph_.nodes[static_cast<std::size_t>(mixer_[static_cast<std::size_t>(v.node)])];
  }

 private:
  Rows& at(ir::Value v) { return known_[static_cast<std::size_t>(v.node)][static_cast<std::size_t>(v.output)]; }

  void pass(std::size_t n) {
    const ir::Node& node = graph_.nodes[n];
    std::vector<Rows> inputs;
    for (const ir::Value v : node.inputs) {
      inputs.push_back((*this)(v));
      if (inputs.back() == Rows::kMixed && mixer_[n] < 0) mixer_[n] = mixer_[static_cast<std::size_t>(v.node)];
    }
    known_[n] = ops::pass_rows(graph_, node, inputs);
    if (mixer_[n] < 0) mixer_[n] = static_cast<std::int32_t>(n);
    // Equal rows count only if there are as many as in the batch.
    for (std::size_t o = 0; o < node.outputs.size(); ++o) {
      const Shape& shape = node.outputs[o].shape;
      if (known_[n][o] == Rows::kAlike && (shape.rank() == 0 || shape[0] != rows_)) known_[n][o] = Rows::kNone;
    }
  }

  const ir::Graph& graph_;
  std::int64_t rows_;
  std::vector<std::vector<Rows>> known_;
  std::vector<std::int32_t> mixer_;  // per node with a mixed output: the first that mixed
};

bool alike_but_sizes(const ir::Attributes& a, const ir::Attributes& b) {
  return std::ranges::equal(a.rows(), b.rows(), [](const auto& x, const auto& y) {
    const bool sizes = std::holds_alternative<ir::Ints>(x.second) && std::holds_alternative<ir::Ints>(y.second);
    return x.first == y.first && (sizes || x.second == y.second);
  });
}

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
  const RowsOf rows_of(graph, rows);
  for (const ir::Output& output : graph.outputs) {
    if (!output.name.empty())
      fail<ValueError>("compile", "program '", program, "' has buckets, but it assigns '", output.name,
                       "'; rows of padding would change it");
    switch (rows_of(output.value)) {
      case Rows::kCarried:
        continue;
      case Rows::kMixed: {
        const ir::Node& mixer = rows_of.mixer(output.value);
        fail_at<ValueError>("compile", mixer.path, "program '", program, "' has buckets, but its op '", mixer.op.name(),
                            "' mixes the rows of the batch, so that rows of padding would change the result; rows "
                            "must stay on axis 0, each made of that row alone");
      }
      case Rows::kNone:
      case Rows::kAlike:
        fail<ValueError>("compile", "program '", program, "' has buckets, but a result is ", graph.spec(output.value),
                         ", without the rows of the batch");
    }
  }
}

void check_same_program(const ir::Graph& graph, const ir::Graph& other, std::int64_t rows, const std::string& program) {
  const std::size_t count = std::min(graph.nodes.size(), other.nodes.size());
  for (std::size_t n = 0; n < count; ++n) {
    const ir::Node &a = graph.nodes[n], &b = other.nodes[n];
    if (a.op != b.op || a.inputs != b.inputs || !alike_but_sizes(a.attributes, b.attributes))
      fail_at<ValueError>("compile", a.path, "program '", program, "' has buckets, but for ", rows, " rows its op '",
                          b.op.name(), "' has other numbers, so that the number of rows changes the result");
  }
  if (graph.nodes.size() != other.nodes.size())
    fail<ValueError>("compile", "program '", program, "' has buckets, but does something else for ", rows, " rows");
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
