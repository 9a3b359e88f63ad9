// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <memory>
#include <vector>

#include "core/exec/instance.h"

namespace weft::testing {
using namespace exec;

// The f32 outputs of one run of a graph, built so.
inline std::vector<std::vector<float>> run_graph(const ir::Graph& graph, const BuildOptions& options,
                                                 const std::vector<weft::Array>& inputs) {
  Instance program(std::make_shared<const Executable>(graph, options));
  const std::vector<weft::Array> targets(graph.outputs.size());
  std::vector<std::vector<float>> out;
  for (const weft::Array& a : program.run(inputs, targets, Stream::current(options.device))) {
    out.emplace_back(static_cast<std::size_t>(a.shape().numel()));
    a.copy_to_host(out.back().data());
  }
  return out;
}

}  // namespace weft::testing
