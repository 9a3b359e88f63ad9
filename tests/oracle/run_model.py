# SPDX-License-Identifier: Apache-2.0
"""Reads a model that weft wrote and runs it: run_model.py <classifier|tied> <model> <input> <output>."""
import sys

import torch
from safetensors.torch import load_file, load_model, save_file
from torch import nn

from golden_training import classifier


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Linear(6, 6), nn.Linear(6, 6)
        self.decoder.weight = self.encoder.weight

    def forward(self, x):
        return self.decoder(torch.relu(self.encoder(x)))


def main():
    kind, model_path, input_path, output_path = sys.argv[1:]
    if kind == "classifier":
        model = classifier(16)
        model.load_state_dict(load_file(model_path), strict=True)
    else:
        model = Tied()
        load_model(model, model_path, strict=True)  # knows that tied tensors are stored once
    model.eval()
    with torch.no_grad():
        save_file({"y": model(load_file(input_path)["x"])}, output_path)


if __name__ == "__main__":
    main()
