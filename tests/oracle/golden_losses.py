# SPDX-License-Identifier: Apache-2.0
"""Losses with their options, and the layers that are functions of their parameters."""
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


def layers():
    yield Case("linear", F.linear, u(-1, 1, 4, 7), u(-1, 1, 3, 7), u(-1, 1, 3))
    yield Case("linear_sequence", F.linear, u(-1, 1, 2, 4, 7), u(-1, 1, 3, 7), u(-1, 1, 3))
    yield Case("batch_norm_layer", batch_norm, u(-2, 3, 6, 3), u(-1, 5, 4, 3), u(0.5, 2, 3), u(-1, 1, 3))
    x = u(-4, 4, 3, 5)
    for name, function in {"relu_layer": torch.relu, "leaky_relu_layer": lambda x: F.leaky_relu(x, 0.01),
                           "sigmoid_layer": torch.sigmoid, "tanh_layer": torch.tanh, "gelu_layer": F.gelu,
                           "gelu_tanh_layer": lambda x: F.gelu(x, approximate="tanh"), "silu_layer": F.silu,
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
    return [*cross_entropies(), *elementwise_losses(), *layers()]
