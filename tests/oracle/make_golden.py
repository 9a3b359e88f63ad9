#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what PyTorch computes as golden files: make_golden.py [directory]."""
import json
import pathlib
import sys

import numpy as np
import safetensors
import torch
from safetensors.torch import save_file

from golden_conv import conv_net, convolutions
from golden_images import images
from golden_losses import losses
from golden_ops import functions, ops, peer
from golden_recipes import lbfgs, recipes
from golden_training import model_file, optimizer_options, parametrized, trajectories


def write(directory, stem, arrays, metadata=None):
    arrays = {name: value.detach().clone().contiguous() for name, value in arrays.items()}
    path = directory / f"{stem}.safetensors"
    save_file(arrays, str(path), metadata)
    path.chmod(0o644)
    return {"bytes": path.stat().st_size, "tensors": len(arrays)}


def of_cases(cases):
    arrays = {}
    for case in cases:
        assert f"{case.name}:in0" not in arrays, f"{case.name} is there twice"
        arrays.update(case.arrays())
    return arrays


def main():
    here = pathlib.Path(__file__).parent
    directory = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here / "golden"
    directory.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    torch.set_num_threads(1)  # sums in one order
    files = {}
    # What the tests may ask for: a function that weft gets later is not in here, and PyTorch need not have each.
    asked = {"functions": " ".join(functions()), "without_peer": " ".join(n for n in functions() if not peer(n))}
    for stem, cases, metadata in (("ops", ops(), asked), ("losses", losses(), None),
                                  ("convolutions", convolutions(), None), ("images", images(), None)):
        files[stem] = {**write(directory, stem, of_cases(cases), metadata), "cases": [c.name for c in cases]}
    model, expected = model_file()
    computed, computed_expected = parametrized()
    net, net_expected = conv_net()
    for stem, arrays in {"trajectories": trajectories(), "optimizers": optimizer_options(), "model": model,
                         "model_expected": expected, "parametrized": computed,
                         "parametrized_expected": computed_expected, "conv_net": net,
                         "conv_net_expected": net_expected, "recipes": recipes(), "lbfgs": lbfgs()}.items():
        files[stem] = write(directory, stem, arrays)
    index = {"made_by": "tests/oracle/make_golden.py", "torch": torch.__version__, "numpy": np.__version__,
             "safetensors": safetensors.__version__, "files": files}
    (directory / "index.json").write_text(json.dumps(index, indent=1) + "\n")


if __name__ == "__main__":
    main()
