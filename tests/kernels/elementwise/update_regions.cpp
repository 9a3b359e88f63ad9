// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/elementwise/update_regions.h"

#include <memory>
#include <regex>
#include <stdexcept>
#include <string>

#include "core/ir/print.h"
#include "core/ir/read.h"
#include "weft/weft.h"

namespace weft::testing {
namespace {

constexpr int kParameters = 2051;

ir::Graph step_of(const Recipe& recipe, const UpdateOptions& options) {
  Sequential model{Linear(32, 16, {.bias = false})};
  Optimizer optimizer(model.parameters(), recipe, options);
  auto step = compile([&](Tensor x) {
    Tensor loss = square(model(x)).mean();
    optimizer.minimize(loss);
    return loss;
  });
  step.prepare(zeros({8, 32}));
  return ir::read(step.graph());
}

// The node that gives a new value to every parameter: the last over them all.
ir::Graph update_of(const ir::Graph& step) {
  const auto is_update = [](const ir::Node& node) {
    return node.op.name() == "pointwise" && node.outputs.at(0).shape == Shape{32 * 16};
  };
  const ir::Node* found = nullptr;
  for (const ir::Node& node : step.nodes)
    if (is_update(node)) found = &node;
  if (!found) throw std::logic_error("the step has no update as one program");
  const std::string text = ir::print(*found->region.graph);
  return ir::read(std::regex_replace(text, std::regex(R"(\(512,\))"), "(" + std::to_string(kParameters) + ",)"));
}

Region region(const std::string& name, const Recipe& recipe, const UpdateOptions& options = {}) {
  const DeviceScope on(Device::cpu());
  Region made{name, std::make_shared<ir::Graph>(update_of(step_of(recipe, options))), {}};
  for (const ir::Input& input : made.body->inputs) {
    const TensorSpec& spec = made.body->spec(input.value);
    if (spec.dtype == DType::kBool) {
      made.inputs.push_back(tensor_of(spec.shape, spec.dtype, {1}));
    } else {  // positive, as second moments are
      made.inputs.push_back(random_tensor(spec.shape, spec.dtype, 0.125, 2, 60 + made.inputs.size()));
    }
  }
  return made;
}

}  // namespace

const std::vector<Region>& update_regions() {
  static const std::vector<Region> all = [] {
    UpdateOptions clipped;
    clipped.clip_norm = 1;
    return std::vector<Region>{region("Adam", Adam{.lr = 1e-3}), region("Adam scaled", Adam{.lr = 1e-3}, clipped),
                               region("AdamW", AdamW{.lr = 1e-3}), region("AdamW scaled", AdamW{.lr = 1e-3}, clipped),
                               region("momentum", SGD{.lr = 0.1, .momentum = 0.9})};
  }();
  return all;
}

}  // namespace weft::testing
