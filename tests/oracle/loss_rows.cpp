// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/oracle/golden.h"
#include "weft/activation.h"
#include "weft/batch_norm.h"
#include "weft/classification_loss.h"
#include "weft/dropout.h"
#include "weft/flatten.h"
#include "weft/gate.h"
#include "weft/init.h"
#include "weft/linear.h"
#include "weft/margin_loss.h"
#include "weft/ops.h"
#include "weft/prelu.h"
#include "weft/regression_loss.h"

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
    const std::string ending = suffix;
    const auto add = [&](const std::string& name, std::function<Tensor(const Tensors&)> f) {
      rows.push_back({name + ending, [f = std::move(f)](const Tensors& x) -> Tensors { return {f(x)}; }});
    };
    add("mse", [r](const Tensors& x) { return mse_loss(x[0], x[1], {r}); });
    add("l1", [r](const Tensors& x) { return l1_loss(x[0], x[1], {r}); });
    add("huber", [r](const Tensors& x) { return huber_loss(x[0], x[1], {0.5, r}); });
    add("smooth_l1", [r](const Tensors& x) { return smooth_l1_loss(x[0], x[1], {0.5, r}); });
    add("poisson", [r](const Tensors& x) { return poisson_nll(x[0], x[1], {.reduction = r}); });
    add("poisson_full", [r](const Tensors& x) { return poisson_nll(x[0], x[1], {false, true, 1e-8, r}); });
    add("gaussian", [r](const Tensors& x) { return gaussian_nll(x[0], x[1], x[2], {.reduction = r}); });
    add("gaussian_full", [r](const Tensors& x) { return gaussian_nll(x[0], x[1], x[2], {true, 1e-6, r}); });
    add("bce_with_logits", [r](const Tensors& x) { return bce_with_logits(x[0], x[1], {.reduction = r}); });
    add("bce_pos_weight", [r](const Tensors& x) { return bce_with_logits(x[0], x[1], {x[2], r}); });
    add("bce", [r](const Tensors& x) { return bce(x[0], x[1], {r}); });
    add("nll", [r](const Tensors& x) { return nll(x[0], x[1], {2, r}); });
    add("nll_weighted", [r](const Tensors& x) { return nll(x[0], x[1], {2, r, x[2]}); });
    add("multi_margin", [r](const Tensors& x) { return multi_margin_loss(x[0], x[1], {0.5, 1, {}, r}); });
    add("multi_margin_2", [r](const Tensors& x) { return multi_margin_loss(x[0], x[1], {1, 2, x[2], r}); });
    add("cosine_embedding", [r](const Tensors& x) { return cosine_embedding_loss(x[0], x[1], x[2], {0.1, r}); });
    add("triplet", [r](const Tensors& x) { return triplet_margin_loss(x[0], x[1], x[2], {1, false, r}); });
    add("triplet_swap", [r](const Tensors& x) { return triplet_margin_loss(x[0], x[1], x[2], {1, true, r}); });
  }
  rows.push_back({"kl_divergence", [](const Tensors& x) -> Tensors { return {kl_divergence(x[0], x[1])}; }});
  rows.push_back({"cosine_similarity", [](const Tensors& x) -> Tensors { return {cosine_similarity(x[0], x[1], 1)}; }});
  rows.push_back({"pairwise_distance", [](const Tensors& x) -> Tensors { return {pairwise_distance(x[0], x[1])}; }});
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
      {"hardtanh_layer", [](const Tensors& x) -> Tensors { return {Hardtanh(-1.5, 2)(x[0])}; }},
      {"relu6_layer", [](const Tensors& x) -> Tensors { return {ReLU6()(x[0])}; }},
      {"hardsigmoid_layer", [](const Tensors& x) -> Tensors { return {Hardsigmoid()(x[0])}; }},
      {"hardswish_layer", [](const Tensors& x) -> Tensors { return {Hardswish()(x[0])}; }},
      {"threshold_layer", [](const Tensors& x) -> Tensors { return {Threshold(0.5, -2)(x[0])}; }},
      {"prelu_layer",
       [](const Tensors& x) -> Tensors {
         PReLU layer(5);
         fill(layer.weight, x[1]);
         return {layer(x[0])};
       }},
      {"elu_layer", [](const Tensors& x) -> Tensors { return {ELU(1.5)(x[0])}; }},
      {"selu_layer", [](const Tensors& x) -> Tensors { return {SELU()(x[0])}; }},
      {"celu_layer", [](const Tensors& x) -> Tensors { return {CELU(2)(x[0])}; }},
      {"softplus_layer", [](const Tensors& x) -> Tensors { return {Softplus(3, 5)(x[0])}; }},
      {"log_sigmoid_layer", [](const Tensors& x) -> Tensors { return {LogSigmoid()(x[0])}; }},
      {"softsign_layer", [](const Tensors& x) -> Tensors { return {Softsign()(x[0])}; }},
      {"tanhshrink_layer", [](const Tensors& x) -> Tensors { return {Tanhshrink()(x[0])}; }},
      {"mish_layer", [](const Tensors& x) -> Tensors { return {Mish()(x[0])}; }},
      {"glu_layer", [](const Tensors& x) -> Tensors { return {GLU(0)(x[0])}; }},
      {"log_softmax_layer", [](const Tensors& x) -> Tensors { return {LogSoftmax(0)(x[0])}; }},
      {"softmin_layer", [](const Tensors& x) -> Tensors { return {Softmin()(x[0])}; }},
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
