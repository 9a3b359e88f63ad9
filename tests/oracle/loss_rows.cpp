// SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/golden.h"
#include "weft/activation.h"
#include "weft/batch_norm.h"
#include "weft/dropout.h"
#include "weft/flatten.h"
#include "weft/init.h"
#include "weft/linear.h"
#include "weft/loss.h"
#include "weft/ops.h"

namespace weft::testing {
namespace {

const std::pair<const char*, Reduction> kReductions[] = {
    {"_mean", Reduction::kMean}, {"_sum", Reduction::kSum}, {"_none", Reduction::kNone}};

// Inputs are logits, target and, if there is a third, class weights.
GoldenRow cross_entropy_row(const std::string& name, const CrossEntropyOptions& given) {
  return {name, [given](const Tensors& x) -> Tensors {
            CrossEntropyOptions options = given;
            if (x.size() > 2) options.class_weight = x[2];
            return {cross_entropy(x[0], x[1], options)};
          }};
}

void add_cross_entropies(std::vector<GoldenRow>& rows) {
  const std::pair<const char*, CrossEntropyOptions> all[] = {
      {"plain", {}},
      {"plain_weighted", {}},
      {"smoothed", {.label_smoothing = 0.1}},
      {"smoothed_weighted", {.label_smoothing = 0.1}},
      {"ignoring", {.ignore_index = 2}},
      {"ignoring_weighted", {.ignore_index = 2}},
      {"everything", {.label_smoothing = 0.2, .ignore_index = 2}},
      {"everything_weighted", {.label_smoothing = 0.2, .ignore_index = 2}},
      {"probabilities", {}},
      {"probabilities_smoothed_weighted", {.label_smoothing = 0.1}},
  };
  for (const auto& [suffix, reduction] : kReductions)
    for (const auto& [name, given] : all) {
      CrossEntropyOptions options = given;
      options.reduction = reduction;
      rows.push_back(cross_entropy_row(std::string("cross_entropy_") + name + suffix, options));
    }
  rows.push_back(cross_entropy_row("cross_entropy_images", {.reduction = Reduction::kNone}));
  rows.push_back(cross_entropy_row("cross_entropy_confident", {}));
  rows.push_back({"softmax_cross_entropy", [](const Tensors& x) -> Tensors {
                    const RowLoss r = softmax_cross_entropy(x[0], x[1], x[2], 0.1, 2);
                    return {r.loss, r.row_weight};
                  }});
}

// A parameter that holds `value`, traced or not, in its dtype.
template <class P>
void fill(P& parameter, const Tensor& value) {
  parameter = P(value.shape(), init::zeros(), value.dtype());
  parameter.assign(value);
}

Tensors linear(const Tensors& x) {
  Linear layer(7, 3);
  fill(layer.weight, x[1]);
  fill(layer.bias, x[2]);
  return {layer(x[0])};
}

Tensors batch_norm_layer(const Tensors& x) {
  BatchNorm layer(3);
  fill(layer.weight, x[2]);
  fill(layer.bias, x[3]);
  fill(layer.running_mean, zeros_like(x[3]));
  fill(layer.running_var, ones_like(x[3]));
  const Tensor first = layer(x[0]), second = layer(x[1]);
  layer.eval();
  const Tensor third = layer(x[0]);
  return {first, second, third, layer.running_mean, layer.running_var, layer.num_batches_tracked};
}

}  // namespace

std::vector<GoldenRow> loss_rows() {
  std::vector<GoldenRow> rows;
  add_cross_entropies(rows);
  for (const auto& [suffix, reduction] : kReductions) {
    const Reduction r = reduction;
    rows.push_back(
        {std::string("mse") + suffix, [r](const Tensors& x) -> Tensors { return {mse_loss(x[0], x[1], r)}; }});
    rows.push_back({std::string("l1") + suffix, [r](const Tensors& x) -> Tensors { return {l1_loss(x[0], x[1], r)}; }});
    rows.push_back(
        {std::string("huber") + suffix, [r](const Tensors& x) -> Tensors { return {huber_loss(x[0], x[1], 0.5, r)}; }});
    rows.push_back({std::string("bce_with_logits") + suffix,
                    [r](const Tensors& x) -> Tensors { return {bce_with_logits(x[0], x[1], r)}; }});
  }
  return rows;
}

std::vector<GoldenRow> layer_rows() {
  return {
      {"linear", linear},
      {"linear_sequence", linear},
      {"batch_norm_layer", batch_norm_layer},
      {"relu_layer", [](const Tensors& x) -> Tensors { return {ReLU()(x[0])}; }},
      {"leaky_relu_layer", [](const Tensors& x) -> Tensors { return {LeakyReLU()(x[0])}; }},
      {"sigmoid_layer", [](const Tensors& x) -> Tensors { return {Sigmoid()(x[0])}; }},
      {"tanh_layer", [](const Tensors& x) -> Tensors { return {Tanh()(x[0])}; }},
      {"gelu_layer", [](const Tensors& x) -> Tensors { return {GELU()(x[0])}; }},
      {"gelu_tanh_layer", [](const Tensors& x) -> Tensors { return {GELU(GELUForm::kTanh)(x[0])}; }},
      {"silu_layer", [](const Tensors& x) -> Tensors { return {SiLU()(x[0])}; }},
      {"softmax_layer", [](const Tensors& x) -> Tensors { return {Softmax()(x[0])}; }},
      {"dropout_off",
       [](const Tensors& x) -> Tensors {
         Dropout layer(0.3);
         layer.eval();
         return {layer(x[0])};
       }},
      {"flatten", [](const Tensors& x) -> Tensors { return {Flatten()(x[0])}; }},
  };
}

}  // namespace weft::testing
