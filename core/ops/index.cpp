// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "core/base/check.h"
#include "core/ops/build.h"
#include "core/ops/families.h"
#include "core/ops/rows.h"

namespace weft::ops {
namespace {

// x.shape[:axis] + index.shape + x.shape[axis + 1:]
Shape taken(const Shape& x, const Shape& index, std::int64_t axis) {
  std::vector<std::int64_t> dims = x.dims();
  dims.erase(dims.begin() + axis);
  dims.insert(dims.begin() + axis, index.begin(), index.end());
  return Shape(std::move(dims));
}

void expect_aligned(const char* op, const Shape& x, const Shape& index, std::int64_t axis) {
  if (x.rank() != index.rank() || with_size(x, axis, 0) != with_size(index, axis, 0))
    fail<ShapeError>(op, "input is ", x, ", index is ", index, "; they may differ only in axis ", axis);
}

std::vector<TensorSpec> take_spec(Specs in, const Attributes& attributes) {
  expect_inputs("take", in, 2);
  const std::int64_t axis = attributes.integer("axis");
  expect_axis("take", axis, in[0].shape);
  expect_index("take", "index", in[1]);
  return {{taken(in[0].shape, in[1].shape, axis), in[0].dtype}};
}

std::vector<TensorSpec> index_add_spec(Specs in, const Attributes& attributes) {
  expect_inputs("index_add", in, 3);
  const std::int64_t axis = attributes.integer("axis");
  expect_axis("index_add", axis, in[0].shape);
  expect_index("index_add", "index", in[1]);
  expect_same_dtype("index_add", in[0], in[2]);
  expect_shape("index_add", "updates", in[2], taken(in[0].shape, in[1].shape, axis));
  return {in[0]};
}

std::vector<TensorSpec> gather_spec(Specs in, const Attributes& attributes) {
  expect_inputs("gather", in, 2);
  const std::int64_t axis = attributes.integer("axis");
  expect_axis("gather", axis, in[0].shape);
  expect_index("gather", "index", in[1]);
  expect_aligned("gather", in[0].shape, in[1].shape, axis);
  return {{in[1].shape, in[0].dtype}};
}

std::vector<TensorSpec> scatter_add_spec(Specs in, const Attributes& attributes) {
  expect_inputs("scatter_add", in, 3);
  const std::int64_t axis = attributes.integer("axis");
  expect_axis("scatter_add", axis, in[0].shape);
  expect_index("scatter_add", "index", in[1]);
  expect_aligned("scatter_add", in[0].shape, in[1].shape, axis);
  expect_same_dtype("scatter_add", in[0], in[2]);
  expect_shape("scatter_add", "updates", in[2], in[1].shape);
  return {in[0]};
}

// take and index_add are each other's adjoints, and so are gather and scatter_add.
auto read_gradient(const char* add) {
  return [add](const GradientCall& call) -> std::vector<Value> {
    const TensorSpec x = call.build.spec(call.node.inputs[0]);
    return {call.build.emit(add, {full(call.build, x.shape, x.dtype, 0), call.inputs[1], call.cotangents[0]},
                            call.node.attributes),
            {}};
  };
}

auto add_gradient(const char* read) {
  return [read](const GradientCall& call) -> std::vector<Value> {
    std::vector<Value> out{call.cotangents[0], {}, {}};
    if (call.wanted[2]) out[2] = call.build.emit(read, {call.cotangents[0], call.inputs[1]}, call.node.attributes);
    return out;
  };
}

OpFacts index_facts(RowsRule rows, BytesRule bytes_read) {
  OpFacts facts = opaque_facts();
  facts.bytes_read = std::move(bytes_read);
  facts.rows = std::move(rows);
  return facts;
}

bool along_rows(const Signature& node) { return node.attributes.integer("axis") == 0; }

// table[index] has a row for each index, so rows follow the index. x[:, index] keeps the rows of x.
std::vector<Rows> take_rows(const Signature& node, std::span<const Rows> rows) {
  const Rows x = rows[0], index = rows[1];
  if (along_rows(node)) {
    if (x == Rows::kCarried) return {Rows::kMixed};
    return {node.input(1).shape.rank() > 0 ? index : Rows::kNone};
  }
  return {index == Rows::kCarried ? Rows::kMixed : x};
}

// With axis != 0, row r of the index picks from row r of x. With axis 0 it picks from any row, so x must not carry
// rows.
std::vector<Rows> gather_rows(const Signature& node, std::span<const Rows> rows) {
  if (!along_rows(node)) return {aligned(rows)};
  return {rows[0] == Rows::kCarried ? Rows::kMixed : rows[1]};
}

std::vector<Rows> index_add_rows(const Signature& node, std::span<const Rows> rows) {
  if (along_rows(node) || rows[1] == Rows::kCarried) return rows_mix()(node, rows);
  return {aligned(std::array{rows[0], rows[2]})};
}

std::vector<Rows> scatter_add_rows(const Signature& node, std::span<const Rows> rows) {
  return along_rows(node) ? rows_mix()(node, rows) : std::vector{aligned(rows)};
}

}  // namespace

std::vector<OpDef> index_ops() {
  return {
      {.name = "take",
       .infer = take_spec,
       .facts = index_facts(take_rows, reads_what_it_gives()),
       .gradient = read_gradient("index_add"),
       .reads = Reads::kInputs,
       .linear_in = 1},
      {.name = "index_add",
       .infer = index_add_spec,
       .facts = index_facts(index_add_rows, reads_all()),
       .gradient = add_gradient("take"),
       .reads = Reads::kInputs,
       .linear_in = 5},
      {.name = "gather",
       .infer = gather_spec,
       .facts = index_facts(gather_rows, reads_what_it_gives()),
       .gradient = read_gradient("scatter_add"),
       .reads = Reads::kInputs,
       .linear_in = 1},
      {.name = "scatter_add",
       .infer = scatter_add_spec,
       .facts = index_facts(scatter_add_rows, reads_all()),
       .gradient = add_gradient("gather"),
       .reads = Reads::kInputs,
       .linear_in = 5},
  };
}

}  // namespace weft::ops
