// SPDX-License-Identifier: Apache-2.0
// A hundred updates by every recipe that PyTorch has, with the gradients of golden_recipes.py.
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/oracle/golden.h"
#include "tests/support/every_device.h"
#include "weft/ops.h"
#include "weft/optim.h"
#include "weft/recipes.h"

namespace weft::testing {
namespace {

constexpr std::int64_t kSteps = 100, kKept = 10;

class RecipeOn : public EveryDevice {};

struct RecipeRun {
  std::string name;
  Recipe recipe;
};

std::vector<RecipeRun> runs() {
  return {
      {"sgd", SGD{.weight_decay = 0.1}},
      {"sgd_momentum", SGD{.momentum = 0.8, .weight_decay = 0.1}},
      {"sgd_one_cycle", SGD{.lr = schedule::one_cycle(0.05, 100), .momentum = schedule::one_cycle_momentum(100)}},
      {"adamw_one_cycle", AdamW{.lr = schedule::one_cycle(0.05, 100),
                                .beta1 = schedule::one_cycle_momentum(100),
                                .beta2 = 0.95,
                                .eps = 1e-3,
                                .weight_decay = 0.1}},
      {"sgd_nesterov", SGD{.momentum = 0.8, .nesterov = true}},
      {"adagrad", Adagrad{}},
      {"adagrad_options",
       Adagrad{.lr = 0.05, .lr_decay = 0.01, .weight_decay = 0.1, .initial_accumulator_value = 0.3, .eps = 1e-4}},
      {"adadelta", Adadelta{}},
      {"adadelta_options", Adadelta{.lr = 0.5, .rho = 0.7, .eps = 1e-4, .weight_decay = 0.1}},
      {"rmsprop", RMSprop{}},
      {"rmsprop_momentum", RMSprop{.lr = 0.005, .alpha = 0.9, .eps = 1e-4, .momentum = 0.8}},
      {"rmsprop_centered", RMSprop{.lr = 0.005, .eps = 1e-4, .weight_decay = 0.1, .centered = true}},
      {"rmsprop_both", RMSprop{.lr = 0.005, .alpha = 0.9, .eps = 1e-4, .momentum = 0.5, .centered = true}},
      {"adam", Adam{}},
      {"adam_options", Adam{.lr = 0.01, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-3, .weight_decay = 0.1}},
      {"adam_amsgrad",
       Adam{.lr = 0.01, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-3, .weight_decay = 0.1, .amsgrad = true}},
      {"adamw", AdamW{}},
      {"adamw_options", AdamW{.lr = 0.01, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-3, .weight_decay = 0.1}},
      {"adamw_amsgrad",
       AdamW{.lr = 0.01, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-3, .weight_decay = 0.1, .amsgrad = true}},
      {"nadam", NAdam{}},
      {"nadam_options",
       NAdam{.lr = 0.01, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-3, .weight_decay = 0.1, .momentum_decay = 0.02}},
      {"nadam_decoupled",
       NAdam{
           .lr = 0.01, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-3, .weight_decay = 0.1, .decoupled_weight_decay = true}},
      {"radam", RAdam{}},
      {"radam_options", RAdam{.lr = 0.01, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-3, .weight_decay = 0.1}},
      {"radam_decoupled",
       RAdam{
           .lr = 0.01, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-3, .weight_decay = 0.1, .decoupled_weight_decay = true}},
      {"adamax", Adamax{}},
      {"adamax_options", Adamax{.lr = 0.01, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-3, .weight_decay = 0.1}},
      {"adafactor", Adafactor{}},
      {"adafactor_options",
       Adafactor{.lr = 0.3, .beta2_decay = -0.6, .eps1 = 1e-4, .eps2 = 1e-2, .d = 1.5, .weight_decay = 0.1}},
      {"l1", l1(SGD{.momentum = 0.8}, 0.1)},
      {"l2", l2(AdamW{.lr = 0.01, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-3, .weight_decay = 0}, 0.1)},
      {"max_norm", max_norm(SGD{.lr = 0.02}, 0.9)},
      {"muon", Muon{}},
      {"muon_options", Muon{.lr = 0.02,
                            .weight_decay = 0.2,
                            .momentum = 0.8,
                            .nesterov = false,
                            .ns_steps = 3,
                            .adjust_lr = MuonRate::kMatchRmsAdamW}},
      {"muon_spectral", Muon{.lr = 0.02, .adjust_lr = MuonRate::kSpectralUnclamped}},
  };
}

std::vector<Shape> shapes_of(const std::string& run) {
  if (run.starts_with("muon")) return {{7, 3}, {3, 4}};
  return {{7, 3}, {5}, {}, {1, 2, 3}};
}

// One tensor per shape, from numbers that stand one after the other.
std::vector<Tensor> parts(const Tensor& flat, const std::vector<Shape>& shapes) {
  std::vector<Tensor> out;
  std::int64_t begin = 0;
  for (const Shape& shape : shapes) {
    out.push_back(flat.slice(0, begin, begin + shape.numel()).reshape(shape));
    begin += shape.numel();
  }
  return out;
}

Tensor joined(const Parameters& parameters) {
  std::vector<Tensor> flat;
  for (const Variable& v : parameters) flat.push_back(v.value().reshape({v.numel()}));
  return concat(flat);
}

// The parameters of each run after every tenth update, all runs in one optimizer; `averaged`: their values for
// inference.
std::vector<Tensor> trajectories(const SafetensorsFile& file, const std::vector<RecipeRun>& all, DType dtype,
                                 bool averaged = false) {
  const Tensor start = file.tensor("start").to(default_device()).to(dtype);
  const Tensor given = file.tensor("gradients").to(default_device()).to(dtype);
  std::vector<Group> groups;
  Parameters parameters;
  for (const RecipeRun& run : all) {
    Group& group = groups.emplace_back(Group{{}, run.recipe});
    for (const Tensor& part : parts(start, shapes_of(run.name))) {
      const std::string name = run.name + std::to_string(group.parameters.size());
      group.parameters.add(name, Variable(part));
      parameters.add(name, group.parameters[group.parameters.size() - 1]);
    }
  }
  Optimizer optimizer(groups);
  std::vector<Tensors> paths(all.size());
  for (std::int64_t step = 0; step < kSteps; ++step) {
    Gradients g{parameters, {}};
    for (const RecipeRun& run : all)
      for (const Tensor& part : parts(given.slice(0, step, step + 1).squeeze(0), shapes_of(run.name)))
        g.values.push_back(part);
    optimizer.apply(g);
    if ((step + 1) % kKept > 0) continue;
    std::optional<EvaluationScope> scope;
    if (averaged) scope.emplace(optimizer);
    for (std::size_t i = 0; i < all.size(); ++i) paths[i].push_back(joined(groups[i].parameters));
  }
  std::vector<Tensor> out;
  for (const Tensors& path : paths) out.push_back(stack(path));
  return out;
}

void expect_pytorch(const std::vector<RecipeRun>& all, DType dtype) {
  const SafetensorsFile file = open_golden("recipes");
  const std::vector<Tensor> got = trajectories(file, all, dtype);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string key = all[i].name + ":" + std::string(name_of(dtype));
    expect_like(got[i], file.tensor(key), key);
  }
}

TEST_P(RecipeOn, AloneIsPyTorchs) {
  for (const RecipeRun& run : runs()) expect_pytorch({run}, DType::kF32);
}

// Groups of one recipe share a launch, and their numbers are columns.
TEST_P(RecipeOn, BesideAllOthersIsPyTorchsInDouble) { expect_pytorch(runs(), DType::kF64); }

// PyTorch's run with f32 arithmetic and parameters rounded after every update.
TEST_P(RecipeOn, MovesBf16ParametersAsPyTorchWithF32State) { expect_pytorch(runs(), DType::kBF16); }

// Parameters averaged by AveragedModel.
TEST_P(RecipeOn, AveragesArePyTorchs) {
  const SafetensorsFile file = open_golden("recipes");
  const AdamW inner{.lr = 0.01, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-3, .weight_decay = 0.1};
  const std::vector<RecipeRun> all = {{"ema", ema(inner, 0.9)}, {"swa", swa(inner, 20, 5)}};
  const std::vector<Tensor> got = trajectories(file, all, DType::kF64, true);
  for (std::size_t i = 0; i < all.size(); ++i) expect_like(got[i], file.tensor(all[i].name + ":f64"), all[i].name);
}

WEFT_ON_EVERY_DEVICE(RecipeOn);

}  // namespace
}  // namespace weft::testing
