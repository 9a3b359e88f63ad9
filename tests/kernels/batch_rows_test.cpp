// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "core/ops/op.h"
#include "core/ops/rows.h"
#include "tests/kernels/support/harness_run.h"
#include "tests/kernels/support/kernel_cases.h"
#include "weft/error.h"

// Rows of a batch through every op, by running it: a row that an op is said to keep apart is the same whether rows of
// zeros stand behind it, or none. All kernel cases are tried with every set of inputs as the batch.
namespace weft::testing {
namespace {

using ops::Rows;
using ::testing::UnorderedElementsAre;

struct Trial {
  const OpCase& row;
  std::vector<bool> batched;  // per input
  std::int64_t rows, kept;    // rows of the batch; rows that stay
};

ir::Node node_of(const OpCase& row) {
  ir::Node node;
  node.op = ir::OpId::of(row.op);
  node.attributes = row.attributes;
  node.region = row.region;
  return node;
}

std::vector<RawTensor> whole_inputs(const OpCase& row) {
  std::vector<RawTensor> raw;
  for (const HostTensor& input : row.inputs) raw.push_back({input.spec, encode(input)});
  return raw;
}

std::vector<Rows> claimed(const Trial& trial) {
  ir::Graph graph;
  ir::Node node = node_of(trial.row);
  std::vector<TensorSpec> specs;
  std::vector<Rows> inputs;
  for (std::size_t i = 0; i < trial.row.inputs.size(); ++i) {
    specs.push_back(trial.row.inputs[i].spec);
    node.inputs.push_back(graph.add_input(specs.back(), ir::InputKind::kArgument, ""));
    inputs.push_back(trial.batched[i] ? Rows::kCarried : Rows::kNone);
  }
  node.outputs = ops::infer_node(node, specs);
  return ops::pass_rows(graph, node, inputs);
}

std::vector<RawTensor> padded_inputs(const Trial& trial) {
  std::vector<RawTensor> raw = whole_inputs(trial.row);
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const auto keep = raw[i].bytes.size() / static_cast<std::size_t>(trial.rows) * static_cast<std::size_t>(trial.kept);
    if (trial.batched[i]) std::fill(raw[i].bytes.begin() + static_cast<std::ptrdiff_t>(keep), raw[i].bytes.end(), 0);
  }
  return raw;
}

RawTensor first_rows(const RawTensor& all, std::int64_t rows) {
  std::vector<std::int64_t> dims = all.spec.shape.dims();
  const auto bytes = all.bytes.size() / static_cast<std::size_t>(dims[0]) * static_cast<std::size_t>(rows);
  dims[0] = rows;
  return {{Shape(std::move(dims)), all.spec.dtype},
          {all.bytes.begin(), all.bytes.begin() + static_cast<std::ptrdiff_t>(bytes)}};
}

// The node as a program for fewer rows would have it: shapes among its attributes begin with the number of rows.
ir::Node node_for(const Trial& trial) {
  ir::Node node = node_of(trial.row);
  for (const char* name : {"shape", "end"}) {
    if (!node.attributes.has(name)) continue;
    ir::Ints sizes = node.attributes.ints(name);
    if (!sizes.empty() && sizes[0] == trial.rows) sizes[0] = trial.kept;
    node.attributes.set(name, sizes);
  }
  return node;
}

// The op on the rows that stay alone; nothing where no such program exists. A body is made for its sizes.
std::optional<RawRun> run_unpadded(const Trial& trial) {
  std::vector<RawTensor> raw = whole_inputs(trial.row);
  for (std::size_t i = 0; i < raw.size(); ++i)
    if (trial.batched[i]) raw[i] = first_rows(raw[i], trial.kept);
  try {
    return run_raw(node_for(trial), raw, Device::cpu());
  } catch (const Error&) {
    return std::nullopt;
  }
}

bool agree(const RawTensor& a, const RawTensor& b, double tolerance) {
  if (!(a.spec == b.spec)) return false;
  const HostTensor x = decode(a), y = decode(b);
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    const double p = x.values[i], q = y.values[i];
    if (p == q || (std::isnan(p) && std::isnan(q))) continue;
    if (!(std::abs(p - q) <= 2 * bound_of(tolerance, a.spec.dtype, q))) return false;
  }
  return true;
}

// The first rows of what carries rows, and all of the rest, are the same. `cut`: the other program has these rows
// alone.
bool same_first_rows(const Trial& trial, const std::vector<Rows>& rows, const RawRun& padded, const RawRun& other,
                     bool cut) {
  for (std::size_t o = 0; o < padded.outputs.size(); ++o) {
    RawTensor mine = padded.outputs[o], theirs = other.outputs[o];
    if (rows[o] == Rows::kCarried) {
      if (mine.spec.shape.rank() == 0 || mine.spec.shape[0] != trial.rows) return false;
      mine = first_rows(mine, trial.kept);
      if (!cut) theirs = first_rows(theirs, trial.kept);
    }
    if (!agree(mine, theirs, trial.row.tolerance)) return false;
  }
  return true;
}

// Rows of zeros behind the first ones, other rows, and none give the same.
bool rows_stand_apart(const Trial& trial, const std::vector<Rows>& rows) {
  const RawRun padded = run_raw(node_of(trial.row), padded_inputs(trial), Device::cpu());
  const RawRun whole = run_raw(node_of(trial.row), whole_inputs(trial.row), Device::cpu());
  if (!same_first_rows(trial, rows, padded, whole, false)) return false;
  if (trial.row.region) return true;
  const std::optional<RawRun> unpadded = run_unpadded(trial);
  return unpadded && same_first_rows(trial, rows, padded, *unpadded, true);
}

// Every set of inputs that have the same number of rows.
std::vector<Trial> trials_of(const OpCase& row) {
  std::vector<Trial> out;
  const std::size_t count = std::min<std::size_t>(row.inputs.size(), 5);
  for (unsigned set = 1; set < 1u << count; ++set) {
    Trial trial{row, std::vector<bool>(row.inputs.size()), 0, 0};
    bool fits = true;
    for (std::size_t i = 0; i < count; ++i) {
      if (!(set >> i & 1)) continue;
      const Shape& shape = row.inputs[i].spec.shape;
      fits = fits && shape.rank() > 0 && shape[0] > 1 && (trial.rows == 0 || shape[0] == trial.rows);
      if (!fits) break;
      trial.batched[i] = true;
      trial.rows = shape[0];
    }
    trial.kept = (trial.rows + 1) / 2;
    if (fits) out.push_back(trial);
  }
  return out;
}

bool is_small(const OpCase& row) {
  return std::ranges::all_of(row.inputs, [](const HostTensor& x) { return x.spec.shape.numel() <= 100'000; });
}

std::string name_of(const Trial& trial) {
  std::string text = trial.row.op + " \"" + trial.row.name + "\" of";
  for (std::size_t i = 0; i < trial.row.inputs.size(); ++i)
    text += " " + trial.row.inputs[i].spec.text() + (trial.batched[i] ? " with rows" : "");
  return text;
}

TEST(BatchRows, AreThoseThatEveryOpSays) {
  std::map<std::string, int> accepted, refused, shown;  // trials per op; refusals whose reason a run has shown
  for (const OpCase& row : all_cases()) {
    if (!row.data_error.empty() || !is_small(row)) continue;
    for (const Trial& trial : trials_of(row)) {
      const std::vector<Rows> rows = claimed(trial);
      if (std::ranges::find(rows, Rows::kMixed) == rows.end()) {
        ++accepted[row.op];
        EXPECT_TRUE(rows_stand_apart(trial, rows)) << name_of(trial) << ": the op says that it keeps rows apart";
      } else {
        ++refused[row.op];
        if (shown[row.op] < 3) shown[row.op] += !rows_stand_apart(trial, {rows.size(), Rows::kCarried});
      }
    }
  }
  std::set<std::string> never;
  for (const std::string& op : ops::builtin_ops()) {
    if (accepted[op] == 0) never.insert(op);
    const bool source = ops::find_op(ir::OpId::of(op)).facts.kind == ops::Kind::kSource;
    EXPECT_TRUE(source || accepted[op] + refused[op] > 0) << op << " has no case with rows";
    EXPECT_TRUE(refused[op] == 0 || shown[op] > 0) << "no case shows that " << op << " has to refuse rows";
  }
  EXPECT_THAT(
      never, UnorderedElementsAre("full", "iota", "uniform", "normal", "log_gamma_draw", "pack", "unique", "batch_norm",
                                  "batch_norm_grad", "batch_norm_statistics", "matmul_sums", "conv_weight_grad"));
}

}  // namespace
}  // namespace weft::testing
