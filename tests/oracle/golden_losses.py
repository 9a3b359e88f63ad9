# SPDX-License-Identifier: Apache-2.0
"""Losses with their options, and the layers that are functions of their parameters."""
import numpy as np
import torch
import torch.nn.functional as F

from golden_case import Case, f, i, ints, rows, u

REDUCTIONS = ("mean", "sum", "none")


def cross_entropies():
    logits, labels, weight = u(-4, 4, 6, 5), i(0, 4, 2, 2, 1, 3), f(0.5, 1, 2, 0.25, 3)
    options = {"plain": {}, "smoothed": {"label_smoothing": 0.1}, "ignoring": {"ignore_index": 2},
               "everything": {"label_smoothing": 0.2, "ignore_index": 2}}
    for reduction in REDUCTIONS:
        for name, given in options.items():
            yield Case(f"cross_entropy_{name}_{reduction}",
                       lambda x, y, r=reduction, o=given: F.cross_entropy(x, y, reduction=r, **o), logits, labels)
            # PyTorch has no gradient of the class weights.
            yield Case(f"cross_entropy_{name}_weighted_{reduction}",
                       lambda x, y, w, r=reduction, o=given: F.cross_entropy(x, y, w, reduction=r, **o), logits, labels,
                       weight, grad=[0])
        yield Case(f"cross_entropy_probabilities_{reduction}",
                   lambda x, q, r=reduction: F.cross_entropy(x, q, reduction=r), logits, rows(6, 5))
        yield Case(f"cross_entropy_probabilities_smoothed_weighted_{reduction}",
                   lambda x, q, w, r=reduction: F.cross_entropy(x, q, w, reduction=r, label_smoothing=0.1), logits,
                   rows(6, 5), weight, grad=[0, 1])
    yield Case("cross_entropy_images", lambda x, y: F.cross_entropy(x.movedim(-1, 1), y, reduction="none"),
               u(-4, 4, 2, 3, 2, 5), ints(0, 5, 2, 3, 2))
    yield Case("cross_entropy_confident", F.cross_entropy, u(-200, 200, 4, 3), i(0, 1, 2, 0))
    yield Case("softmax_cross_entropy", lambda x, y, w: (F.cross_entropy(x, y, w, reduction="none", ignore_index=2,
                                                                         label_smoothing=0.1), w[y] * (y != 2)),
               logits, labels, weight, grad=[0])


def elementwise_losses():
    x, y = u(-3, 3, 4, 3), u(-3, 3, 4, 3)
    ties = f(-3, -1, 0, 0.25, 0.5, 4), f(-1, -1, 0.5, 0.25, 1.5, 1)  # equal, and exactly delta apart
    for r in REDUCTIONS:
        yield Case(f"mse_{r}", lambda a, b, r=r: F.mse_loss(a, b, reduction=r), x, y)
        yield Case(f"l1_{r}", lambda a, b, r=r: F.l1_loss(a, b, reduction=r), *ties)
        yield Case(f"huber_{r}", lambda a, b, r=r: F.huber_loss(a, b, reduction=r, delta=0.5), *ties)
        yield Case(f"bce_with_logits_{r}", lambda a, b, r=r: F.binary_cross_entropy_with_logits(a, b, reduction=r),
                   f(-30, -5, -0.5, 0, 0.5, 5, 30), f(1, 0, 0.3, 0.5, 1, 0.9, 0))
        yield Case(f"smooth_l1_{r}", lambda a, b, r=r: F.smooth_l1_loss(a, b, reduction=r, beta=0.5), *ties)
        yield Case(f"poisson_{r}", lambda a, b, r=r: F.poisson_nll_loss(a, b, reduction=r), x, u(0, 5, 4, 3), grad=[0])
        yield Case(f"poisson_full_{r}",
                   lambda a, b, r=r: F.poisson_nll_loss(a, b, log_input=False, full=True, reduction=r),
                   u(0.1, 3, 4, 3), u(0, 5, 4, 3), grad=[0])
        yield Case(f"gaussian_{r}",
                   lambda a, b, v, r=r: F.gaussian_nll_loss(a, b, v, reduction=r), x, y, u(0.1, 2, 4, 3))
        yield Case(f"gaussian_full_{r}",
                   lambda a, b, v, r=r: F.gaussian_nll_loss(a, b, v, full=True, reduction=r), x, y,
                   u(0.1, 2, 4, 1))
        yield Case(f"bce_pos_weight_{r}",
                   lambda a, b, w, r=r: F.binary_cross_entropy_with_logits(a, b, pos_weight=w, reduction=r), x, u(0,
                   1, 4, 3),
                   f(0.5, 2, 1), grad=[0])
        yield Case(f"bce_{r}", lambda a, b, r=r: F.binary_cross_entropy(a, b, reduction=r), u(0.05, 0.95, 4, 3),
                   u(0, 1, 4, 3), grad=[0])


def row_losses():
    logs, labels, weight = lambda r: np.log(rows(6, 5)(r)), i(0, 4, 2, 2, 1, 3), f(0.5, 1, 2, 0.25, 3)
    scores = u(-1, 1, 6, 5)
    for r in REDUCTIONS:
        yield Case(f"nll_{r}", lambda x, y, r=r: F.nll_loss(x, y, ignore_index=2, reduction=r), logs, labels)
        yield Case(f"nll_weighted_{r}", lambda x, y, w, r=r: F.nll_loss(x, y, w, ignore_index=2, reduction=r), logs,
                   labels, weight, grad=[0])
        yield Case(f"multi_margin_{r}",
                   lambda x, y, r=r: F.multi_margin_loss(x, y, margin=0.5, reduction=r), scores, labels)
        yield Case(f"multi_margin_2_{r}",
                   lambda x, y, w, r=r: F.multi_margin_loss(x, y, p=2, weight=w, reduction=r), scores,
                   labels, weight, grad=[0])
        a, b, c = u(-1, 1, 4, 3), u(-1, 1, 4, 3), u(-1, 1, 4, 3)
        yield Case(f"cosine_embedding_{r}",
                   lambda a, b, t, r=r: F.cosine_embedding_loss(a, b, t, margin=0.1, reduction=r),
                   a, b, i(1, -1, 1, -1))
        yield Case(f"triplet_{r}", lambda a, b, c, r=r: F.triplet_margin_loss(a, b, c, reduction=r), a, b, c)
        yield Case(f"triplet_swap_{r}",
                   lambda a, b, c, r=r: F.triplet_margin_loss(a, b, c, swap=True, reduction=r), a, b, c)
    yield Case("kl_divergence", lambda x, t: F.kl_div(x, t, reduction="batchmean"), logs, rows(6, 5), grad=[0])
    yield Case("cosine_similarity", lambda a, b: F.cosine_similarity(a, b, 1), u(-1, 1, 4, 3, 2), u(-1, 1, 1, 3, 2))
    yield Case("pairwise_distance", F.pairwise_distance, u(-1, 1, 4, 3), u(-1, 1, 4, 3))


def layers():
    yield Case("linear", F.linear, u(-1, 1, 4, 7), u(-1, 1, 3, 7), u(-1, 1, 3))
    yield Case("linear_sequence", F.linear, u(-1, 1, 2, 4, 7), u(-1, 1, 3, 7), u(-1, 1, 3))
    yield Case("batch_norm_layer", batch_norm, u(-2, 3, 6, 3), u(-1, 5, 4, 3), u(0.5, 2, 3), u(-1, 1, 3))
    yield Case("prelu_layer", F.prelu, u(-4, 4, 3, 5), u(0, 1, 5))
    yield Case("glu_layer", lambda x: F.glu(x, 0), u(-4, 4, 4, 3))
    x = u(-4, 4, 3, 5)
    for name, function in {"relu_layer": torch.relu, "leaky_relu_layer": lambda x: F.leaky_relu(x, 0.01),
                           "sigmoid_layer": torch.sigmoid, "tanh_layer": torch.tanh, "gelu_layer": F.gelu,
                           "gelu_tanh_layer": lambda x: F.gelu(x, approximate="tanh"), "silu_layer": F.silu,
                           "hardtanh_layer": lambda x: F.hardtanh(x, -1.5, 2), "relu6_layer": F.relu6,
                           "hardsigmoid_layer": lambda x: F.relu6(x + 3) / 6, "hardswish_layer": F.hardswish,
                           "threshold_layer": lambda x: F.threshold(x, 0.5, -2), "elu_layer": lambda x: F.elu(x, 1.5),
                           "selu_layer": F.selu, "celu_layer": lambda x: F.celu(x, 2),
                           "softplus_layer": lambda x: F.softplus(x, 3, 5), "log_sigmoid_layer": F.logsigmoid,
                           "softsign_layer": F.softsign, "tanhshrink_layer": F.tanhshrink, "mish_layer": F.mish,
                           "log_softmax_layer": lambda x: x.log_softmax(0), "softmin_layer": lambda x: F.softmin(x, -1),
                           "softmax_layer": lambda x: x.softmax(-1), "dropout_off": lambda x: F.dropout(x, 0.3, False),
                           "flatten": lambda x: x.flatten(1)}.items():
        yield Case(name, function, x)


def batch_norm(a, b, weight, bias):
    """Two batches in training, then the first again in evaluation; the statistics that are left."""
    layer = torch.nn.BatchNorm1d(3).to(a.dtype)
    parameters = {"weight": weight, "bias": bias}
    outputs = [torch.func.functional_call(layer, parameters, x) for x in (a, b)]
    layer.eval()
    outputs.append(torch.func.functional_call(layer, parameters, a))
    return (*outputs, layer.running_mean, layer.running_var, layer.num_batches_tracked)


def losses():
    return [*cross_entropies(), *elementwise_losses(), *row_losses(), *layers()]
