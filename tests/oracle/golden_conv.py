# SPDX-License-Identifier: Apache-2.0
"""Convolutions, as PyTorch computes them, with the channels last as weft has them. Names match conv_rows.cpp."""
import torch
import torch.nn.functional as F
from torch import nn

from golden_case import Case, u


def first(x):
    return x.movedim(-1, 1)


def last(x):
    return x.movedim(1, -1)


def conv(function, **options):
    return lambda x, w: last(function(first(x), first(w), **options))


def convolutions():
    yield Case("conv1d", conv(F.conv1d, stride=2, padding=1), u(-1, 1, 2, 9, 3), u(-1, 1, 4, 3, 3))
    yield Case("conv2d", conv(F.conv2d), u(-1, 1, 2, 5, 6, 3), u(-1, 1, 4, 3, 2, 3))
    yield Case("conv2d_padded", conv(F.conv2d, stride=(2, 1), padding=(2, 1), dilation=(1, 2)),
               u(-1, 1, 2, 5, 7, 2), u(-1, 1, 3, 3, 3, 2))
    yield Case("conv2d_groups", conv(F.conv2d, padding=1, groups=2), u(-1, 1, 2, 4, 4, 4), u(-1, 1, 6, 3, 3, 2))
    yield Case("conv2d_depthwise", conv(F.conv2d, padding=1, groups=4), u(-1, 1, 2, 4, 4, 4), u(-1, 1, 8, 3, 3, 1))
    yield Case("conv2d_same", conv(F.conv2d, padding="same"), u(-1, 1, 2, 5, 4, 2), u(-1, 1, 3, 4, 3, 2))
    yield Case("conv3d", conv(F.conv3d, padding=(1, 0, 1)), u(-1, 1, 2, 3, 4, 3, 2), u(-1, 1, 3, 2, 3, 2, 2))
    yield Case("conv_transpose1d", conv(F.conv_transpose1d, stride=3, padding=1, output_padding=2),
               u(-1, 1, 2, 4, 3), u(-1, 1, 3, 4, 2))
    yield Case("conv_transpose2d", conv(F.conv_transpose2d, stride=2, padding=1, output_padding=(1, 0), groups=2),
               u(-1, 1, 2, 3, 4, 4), u(-1, 1, 4, 3, 3, 3))
    yield Case("conv_transpose2d_dilated", conv(F.conv_transpose2d, stride=(2, 3), dilation=2),
               u(-1, 1, 1, 3, 3, 2), u(-1, 1, 2, 2, 3, 3))
    yield Case("conv_transpose3d", conv(F.conv_transpose3d, stride=2), u(-1, 1, 1, 2, 2, 3, 2), u(-1, 1, 2, 2, 2, 3, 3))


def conv_net():
    """A net as PyTorch writes it, and three steps of training. Inputs have their channels last."""
    torch.manual_seed(17)
    model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(),
                          nn.Conv2d(8, 12, 3, stride=2, padding=1, groups=4, bias=False), nn.ReLU(),
                          nn.ConvTranspose2d(12, 5, 3, stride=2, padding=1, output_padding=1), nn.Flatten(),
                          nn.Linear(5 * 6 * 4, 7))
    x, y = torch.randn(4, 6, 4, 3), torch.randn(4, 7)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    out = {"x": x, "y": y, "before": model.eval()(first(x)), "losses": []}
    optimizer = torch.optim.SGD(model.train().parameters(), lr=0.05)
    for _ in range(3):
        optimizer.zero_grad()
        loss = F.mse_loss(model(first(x)), y)
        loss.backward()
        optimizer.step()
        out["losses"].append(loss.detach())
    out["losses"] = torch.stack(out["losses"])
    out["after"] = model.eval()(first(x))
    return before, {**out, **{f"after.{name}": value for name, value in model.state_dict().items()}}
