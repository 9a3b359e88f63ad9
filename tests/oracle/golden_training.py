# SPDX-License-Identifier: Apache-2.0
"""Training in PyTorch: 50 steps of a digits classifier, short runs of every optimizer option, a model file."""
import gzip
import pathlib

import numpy as np
import torch
from torch import nn
from torch.nn.utils import parametrizations

from golden_case import FLOATS

STEPS, BATCHES, BATCH = 50, 10, 16
DIGITS = pathlib.Path(__file__).parents[2] / "core/data/digits.csv.gz"
OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
    "adam": lambda p: torch.optim.Adam(p, lr=1e-3),
    "adamw": lambda p: torch.optim.AdamW(p, lr=1e-3, weight_decay=0.05),
}
OPTIONS = {
    "sgd_plain": lambda p: torch.optim.SGD(p, lr=0.1),
    "sgd_decay": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.8, weight_decay=0.1),
    "sgd_nesterov": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "adam_decay": lambda p: torch.optim.Adam(p, lr=0.05, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1),
    "adamw_decay": lambda p: torch.optim.AdamW(p, lr=0.05, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1),
}


def classifier(inner):
    return nn.Sequential(nn.Linear(64, inner), nn.BatchNorm1d(inner), nn.ReLU(), nn.Linear(inner, 10))


def digits():
    """The first rows as they stand in the file: pixels 0..16, then the label."""
    with gzip.open(DIGITS, "rt") as file:
        table = np.loadtxt(file, delimiter=",", dtype=np.uint8, max_rows=BATCHES * BATCH)
    shape = (BATCHES, BATCH, -1)
    return (torch.from_numpy(table[:, :64].copy()).reshape(shape),
            torch.from_numpy(table[:, 64].astype(np.int64)).reshape(shape[:2]))


def train(model, optimizer, pixels, labels, dtype):
    losses = []
    for step in range(STEPS):
        x = pixels[step % BATCHES].to(dtype) / 16
        loss = nn.functional.cross_entropy(model(x), labels[step % BATCHES])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses)


def trajectories():
    """Losses and final state of each run; "initial:" is where all of them start."""
    pixels, labels = digits()
    torch.manual_seed(7)
    initial = {name: value.clone() for name, value in classifier(128).state_dict().items()}
    out = {"pixels": pixels, "labels": labels, **{f"initial:{name}": value for name, value in initial.items()}}
    for run, make in OPTIMIZERS.items():
        for tag, dtype in FLOATS.items():
            model = classifier(128)
            model.load_state_dict(initial)
            model.to(dtype)
            out[f"{run}:{tag}:losses"] = train(model, make(model.parameters()), pixels, labels, dtype)
            out.update({f"{run}:{tag}:{name}": value for name, value in model.state_dict().items()})
    return out


def optimizer_options():
    """Eight updates of five numbers p on the loss sum(c[step] * p^2)."""
    random = np.random.RandomState(11)
    start = torch.from_numpy(random.uniform(-1, 1, 5).astype(np.float32))
    scales = torch.from_numpy(random.uniform(-0.5, 1.5, (8, 5)).astype(np.float32))
    out = {"start": start, "scales": scales}
    for run, make in OPTIONS.items():
        for tag, dtype in FLOATS.items():
            p = start.to(dtype, copy=True).requires_grad_()
            optimizer, steps = make([p]), []
            for c in scales.to(dtype):
                optimizer.zero_grad()
                (c * p**2).sum().backward()
                optimizer.step()
                steps.append(p.detach().clone())
            out[f"{run}:{tag}"] = torch.stack(steps)
    return out


def parametrized():
    """A model whose weights are computed: as PyTorch writes it, and three steps of training."""
    torch.manual_seed(11)
    model = nn.Sequential(parametrizations.weight_norm(nn.Linear(6, 5)), nn.Tanh(),
                          parametrizations.spectral_norm(nn.Linear(5, 4)))
    x, y = torch.randn(8, 6), torch.randn(8, 4)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    out = {"x": x, "y": y, "before": model.eval()(x), "losses": []}
    optimizer = torch.optim.SGD(model.train().parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        out["losses"].append(loss.detach())
    out["losses"] = torch.stack(out["losses"])
    out["after"] = model.eval()(x)
    return before, {**out, **{f"after.{name}": value for name, value in model.state_dict().items()}}


def model_file():
    """A model as PyTorch writes it, and what it computes in evaluation."""
    torch.manual_seed(5)
    model = classifier(16)
    for _ in range(3):
        model(torch.randn(32, 64))  # moves the running statistics
    model.eval()
    x = torch.randn(8, 64)
    return model.state_dict(), {"x": x, "y": model(x).detach()}
