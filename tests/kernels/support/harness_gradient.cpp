// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "core/autodiff/autodiff.h"
#include "core/ops/op.h"
#include "tests/kernels/support/harness.h"

// The gradient of every differentiable op against central differences of its own kernel, in f64 on the CPU.
namespace weft::testing {
namespace {

constexpr double kStep = 1e-5;
constexpr double kTolerance = 1e-7;  // times max(1, |d|): kStep squared times a third derivative, and 1e-16 / kStep

using Tensors = std::vector<HostTensor>;

bool differentiated(const HostTensor& tensor) { return tensor.spec.dtype == DType::kF64; }

// A graph of the op alone; its outputs are the op's floating ones.
struct OpGraph {
  ir::Graph graph;
  std::vector<ir::Value> inputs, outputs;

  OpGraph(const OpCase& row, const Tensors& tensors) {
    for (const HostTensor& tensor : tensors) {
      inputs.push_back(graph.add_input(tensor.spec, ir::InputKind::kArgument, ""));
    }
    ops::Builder build(graph);
    const std::vector<ir::Value> all = build.emit_all(ir::OpId::of(row.op), inputs, row.attributes);
    if (row.region) graph.nodes.back().region = row.region;
    std::copy_if(all.begin(), all.end(), std::back_inserter(outputs),
                 [&](ir::Value v) { return is_floating(graph.spec(v).dtype); });
  }

  Tensors run(const Tensors& tensors, const std::vector<ir::Value>& results) {
    graph.outputs.clear();
    for (const ir::Value v : results) graph.outputs.push_back({v, ""});
    return run_graph(graph, tensors, Device::cpu());
  }
};

// d outputs / d element of one input, all outputs flattened into one column.
std::vector<double> numeric_column(OpGraph& op, const Tensors& tensors, std::size_t input, std::size_t element) {
  Tensors up = tensors, down = tensors;
  up[input].values[element] += kStep;
  down[input].values[element] -= kStep;
  const double width = up[input].values[element] - down[input].values[element];
  const Tensors high = op.run(up, op.outputs), low = op.run(down, op.outputs);
  std::vector<double> column;
  for (std::size_t i = 0; i < high.size(); ++i) {
    for (std::size_t e = 0; e < high[i].values.size(); ++e) {
      column.push_back((high[i].values[e] - low[i].values[e]) / width);
    }
  }
  return column;
}

// The op with its reverse pass: one more input per output, for the cotangents, and the gradients as results.
struct Reverse {
  OpGraph op;
  std::vector<ir::Value> gradients;  // one per differentiated input; undefined: zero

  Reverse(const OpCase& row, const Tensors& tensors) : op(row, tensors) {
    std::vector<ir::Value> cotangents, wrt;
    for (const ir::Value v : op.outputs) {
      const TensorSpec spec = op.graph.spec(v);
      cotangents.push_back(op.graph.add_input(spec, ir::InputKind::kArgument, ""));
    }
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      if (differentiated(tensors[i])) wrt.push_back(op.inputs[i]);
    }
    ops::Builder build(op.graph);
    gradients = autodiff::backward(build, op.outputs, cotangents, wrt);
  }

  // The gradients for a cotangent that is 1 at one element of one output.
  std::vector<HostTensor> row_of(const Tensors& tensors, std::size_t output, std::size_t element) {
    Tensors arguments = tensors;
    for (std::size_t o = 0; o < op.outputs.size(); ++o) {
      const TensorSpec& spec = op.graph.spec(op.outputs[o]);
      HostTensor cotangent{spec, std::vector<double>(static_cast<std::size_t>(spec.shape.numel()), 0)};
      if (o == output) cotangent.values[element] = 1;
      arguments.push_back(cotangent);
    }
    std::vector<ir::Value> defined;
    std::copy_if(gradients.begin(), gradients.end(), std::back_inserter(defined),
                 [](ir::Value v) { return v.defined(); });
    Tensors got = op.run(arguments, defined), all(gradients.size());
    for (std::size_t i = 0, next = 0; i < gradients.size(); ++i) {
      if (gradients[i].defined()) all[i] = got[next++];
    }
    return all;
  }
};

void compare(OpGraph& op, Reverse& reverse, const Tensors& tensors) {
  std::vector<std::size_t> wrt;
  std::vector<std::vector<std::vector<double>>> columns;  // per differentiated input, per element, per output element
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!differentiated(tensors[i])) continue;
    wrt.push_back(i);
    columns.emplace_back();
    for (std::size_t e = 0; e < tensors[i].values.size(); ++e) {
      columns.back().push_back(numeric_column(op, tensors, i, e));
    }
  }
  int reported = 0;
  std::size_t flat = 0;
  for (std::size_t o = 0; o < op.outputs.size(); ++o) {
    const auto n = static_cast<std::size_t>(op.graph.spec(op.outputs[o]).shape.numel());
    for (std::size_t e = 0; e < n; ++e, ++flat) {
      const Tensors row = reverse.row_of(tensors, o, e);
      for (std::size_t w = 0; w < wrt.size(); ++w) {
        for (std::size_t k = 0; k < columns[w].size(); ++k) {
          const double expected = columns[w][k][flat];
          const double got = row[w].values.empty() ? 0 : row[w].values[k];
          if (std::abs(got - expected) <= kTolerance * std::max(1.0, std::abs(expected)) || reported >= 5) continue;
          ++reported;
          ADD_FAILURE() << "d output " << o << "[" << e << "] / d input " << wrt[w] << "[" << k << "]: got " << got
                        << ", central differences give " << expected;
        }
      }
    }
  }
}

}  // namespace

void check_gradient(const OpCase& row) {
  if (!row.gradient || !ops::find_op(ir::OpId::of(row.op)).differentiable) return;
  SCOPED_TRACE(row.op + " \"" + row.name + "\", gradient");
  Tensors tensors = row.inputs;
  for (HostTensor& tensor : tensors) {
    if (tensor.spec.dtype == DType::kF32) tensor = stored_as(tensor, DType::kF64);
  }
  if (std::none_of(tensors.begin(), tensors.end(), differentiated)) return;
  OpGraph op(row, tensors);
  Reverse reverse(row, tensors);
  compare(op, reverse, tensors);
}

}  // namespace weft::testing
