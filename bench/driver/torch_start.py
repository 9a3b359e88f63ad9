# SPDX-License-Identifier: Apache-2.0
"""The peer of bench_start: from nothing to one finished training step, of the same network on a batch of the same shape."""
import sys

import torch
from torch import nn

device = sys.argv[1]
model = nn.Sequential(nn.Linear(64, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 10)).to(device)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
x, y = torch.rand(64, 64, device=device), torch.randint(0, 10, (64,), device=device)
loss = nn.functional.cross_entropy(model(x), y)
loss.backward()
optimizer.step()
print("loss", loss.item())
