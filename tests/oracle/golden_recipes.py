# SPDX-License-Identifier: Apache-2.0
"""Optimizers of PyTorch on given gradients: 100 steps of every recipe and option, averages of weights, L-BFGS."""
import numpy as np
import torch
from torch import nn
from torch.optim import _muon, swa_utils

STEPS, KEPT = 100, 10
SHAPES = ((7, 3), (5,), (), (1, 2, 3))
MATRICES = ((7, 3), (3, 4))
BETAS = {"betas": (0.8, 0.95), "eps": 1e-3}


class Around:
    """An optimizer, and what happens to each parameter before and after its step."""

    def __init__(self, optimizer, before=lambda w: None, after=lambda w: None):
        self.optimizer, self.before, self.after = optimizer, before, after

    @torch.no_grad()
    def step(self):
        parameters = self.optimizer.param_groups[0]["params"]
        for w in parameters:
            self.before(w)
        self.optimizer.step()
        for w in parameters:
            self.after(w)


def limited(w):
    if w.dim() > 1:
        w.copy_(torch.renorm(w, 2, 0, 0.9))


class OneCycle:
    """An optimizer whose rate and momentum (or first beta) change with every step."""

    def __init__(self, optimizer, rate):
        self.parts = optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=rate, total_steps=STEPS)

    def step(self):
        for part in self.parts:
            part.step()


RECIPES = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.01, weight_decay=0.1),
    "sgd_momentum": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.8, weight_decay=0.1),
    "sgd_one_cycle": lambda p: OneCycle(torch.optim.SGD(p, momentum=0.9), 0.05),
    "adamw_one_cycle": lambda p: OneCycle(torch.optim.AdamW(p, weight_decay=0.1, **BETAS), 0.05),
    "sgd_nesterov": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.8, nesterov=True),
    "adagrad": lambda p: torch.optim.Adagrad(p),
    "adagrad_options": lambda p: torch.optim.Adagrad(p, lr=0.05, lr_decay=0.01, weight_decay=0.1,
                                                     initial_accumulator_value=0.3, eps=1e-4),
    "adadelta": lambda p: torch.optim.Adadelta(p),
    "adadelta_options": lambda p: torch.optim.Adadelta(p, lr=0.5, rho=0.7, eps=1e-4, weight_decay=0.1),
    "rmsprop": lambda p: torch.optim.RMSprop(p),
    "rmsprop_momentum": lambda p: torch.optim.RMSprop(p, lr=0.005, alpha=0.9, eps=1e-4, momentum=0.8),
    "rmsprop_centered": lambda p: torch.optim.RMSprop(p, lr=0.005, eps=1e-4, weight_decay=0.1, centered=True),
    "rmsprop_both": lambda p: torch.optim.RMSprop(p, lr=0.005, alpha=0.9, eps=1e-4, momentum=0.5, centered=True),
    "adam": lambda p: torch.optim.Adam(p),
    "adam_options": lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=0.1, **BETAS),
    "adam_amsgrad": lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=0.1, amsgrad=True, **BETAS),
    "adamw": lambda p: torch.optim.AdamW(p),
    "adamw_options": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1, **BETAS),
    "adamw_amsgrad": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1, amsgrad=True, **BETAS),
    "nadam": lambda p: torch.optim.NAdam(p),
    "nadam_options": lambda p: torch.optim.NAdam(p, lr=0.01, weight_decay=0.1, momentum_decay=0.02, **BETAS),
    "nadam_decoupled": lambda p: torch.optim.NAdam(p, lr=0.01, weight_decay=0.1, decoupled_weight_decay=True, **BETAS),
    "radam": lambda p: torch.optim.RAdam(p),
    "radam_options": lambda p: torch.optim.RAdam(p, lr=0.01, weight_decay=0.1, **BETAS),
    "radam_decoupled": lambda p: torch.optim.RAdam(p, lr=0.01, weight_decay=0.1, decoupled_weight_decay=True, **BETAS),
    "adamax": lambda p: torch.optim.Adamax(p),
    "adamax_options": lambda p: torch.optim.Adamax(p, lr=0.01, weight_decay=0.1, **BETAS),
    "adafactor": lambda p: torch.optim.Adafactor(p, eps=(2.0**-23, 1e-3)),
    "adafactor_options": lambda p: torch.optim.Adafactor(p, lr=0.3, beta2_decay=-0.6, eps=(1e-4, 1e-2), d=1.5,
                                                         weight_decay=0.1),
    "muon": lambda p: torch.optim.Muon(p),
    "muon_options": lambda p: torch.optim.Muon(p, lr=0.02, weight_decay=0.2, momentum=0.8, nesterov=False, ns_steps=3,
                                               adjust_lr_fn="match_rms_adamw"),
    "l1": lambda p: Around(torch.optim.SGD(p, lr=0.01, momentum=0.8), before=lambda w: w.grad.add_(w.sign(), alpha=0.1)),
    "l2": lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=0.1, **BETAS),
    "max_norm": lambda p: Around(torch.optim.SGD(p, lr=0.02), after=limited),
    "muon_spectral": lambda p: torch.optim.Muon(p, lr=0.02, adjust_lr_fn="spectral_unclamped"),
}


def orthogonal(gradient, coefficients, steps, eps):
    """PyTorch's Newton-Schulz iteration, in the gradient's dtype instead of bf16."""
    a, b, c = coefficients
    x = gradient.T if gradient.size(0) > gradient.size(1) else gradient
    x = x / x.norm().clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if gradient.size(0) > gradient.size(1) else x


_muon._zeropower_via_newtonschulz = orthogonal


def parts(flat, shapes):
    sizes = [int(np.prod(shape)) for shape in shapes]
    return [part.reshape(shape) for part, shape in zip(flat.split(sizes), shapes)]


def joined(tensors):
    return torch.cat([t.detach().reshape(-1) for t in tensors])


def run(make, shapes, start, gradients, round_to=None, after=lambda step: None):
    """The parameters after every tenth step. `round_to`: dtype of the parameters; the arithmetic keeps that of start."""
    rounded = (lambda x: x.to(round_to).to(x.dtype)) if round_to else (lambda x: x)
    p = [nn.Parameter(rounded(part.clone())) for part in parts(start, shapes)]
    optimizer, kept = make(p), []
    for step, g in enumerate(gradients):
        for each, part in zip(p, parts(rounded(g), shapes)):
            each.grad = part.clone()
        optimizer.step()
        with torch.no_grad():
            for each in p:
                each.copy_(rounded(each))
        after(p)
        if (step + 1) % KEPT == 0:
            kept.append(joined(p))
    return torch.stack(kept)


def averages(start, gradients):
    """What PyTorch averages along the run "adamw_options": an exponential mean, and a mean of every fifth from the 20th."""
    out = {}
    for name, first, every, function in (("ema", 1, 1, swa_utils.get_ema_multi_avg_fn(0.9)), ("swa", 20, 5, None)):
        model, steps, kept = nn.ParameterList(), [], []
        averaged = []

        def after(p):
            if not model:
                model.extend(p)
                averaged.append(swa_utils.AveragedModel(model, multi_avg_fn=function))
            steps.append(0)
            if len(steps) >= first and (len(steps) - first) % every == 0:
                averaged[0].update_parameters(model)
            if len(steps) % KEPT == 0:
                kept.append(joined(averaged[0].parameters() if averaged[0].n_averaged > 0 else p))

        run(RECIPES["adamw_options"], SHAPES, start, gradients, after=after)
        out[f"{name}:f64"] = torch.stack(kept)
    return out


def recipes():
    random = np.random.RandomState(23)
    size = sum(int(np.prod(shape)) for shape in SHAPES)
    start = torch.from_numpy(random.uniform(-1, 1, size).astype(np.float32))
    gradients = torch.from_numpy(random.uniform(-0.6, 1, (STEPS, size)).astype(np.float32))
    out = {"start": start, "gradients": gradients}
    for name, make in RECIPES.items():
        shapes = MATRICES if name.startswith("muon") else SHAPES
        out[f"{name}:f32"] = run(make, shapes, start, gradients)
        torch.set_default_dtype(torch.float64)  # the dtype of NAdam's product
        out[f"{name}:f64"] = run(make, shapes, start.double(), gradients.double())
        torch.set_default_dtype(torch.float32)
        out[f"{name}:bf16"] = run(make, shapes, start, gradients, torch.bfloat16).bfloat16()
    return {**out, **averages(start.double(), gradients.double())}


def rosenbrock(x):
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


LBFGS = {
    "wolfe": (rosenbrock, {"line_search_fn": "strong_wolfe", "max_iter": 4}),
    "wolfe_short": (rosenbrock, {"line_search_fn": "strong_wolfe", "max_iter": 6, "history_size": 2, "lr": 0.8}),
    "fixed": (lambda x: (x**4).sum() + ((x[0] - x[1]) ** 2).sum() + x.square().sum(), {"lr": 0.3, "max_iter": 3}),
}


def lbfgs():
    """Points and losses of twelve calls of step() in f64."""
    out = {}
    for name, (function, options) in LBFGS.items():
        x = nn.Parameter(torch.tensor([-1.2, 1.0, 0.7, -0.4], dtype=torch.float64))
        optimizer, points, losses = torch.optim.LBFGS([x], **options), [], []

        def closure():
            optimizer.zero_grad()
            loss = function(x)
            loss.backward()
            return loss

        for _ in range(12):
            losses.append(optimizer.step(closure).detach())
            points.append(x.detach().clone())
        out[f"{name}:points"], out[f"{name}:losses"] = torch.stack(points), torch.stack(losses)
    return out
