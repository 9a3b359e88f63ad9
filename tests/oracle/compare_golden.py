# SPDX-License-Identifier: Apache-2.0
"""Compares two directories of golden files: compare_golden.py <committed> <made now>. Says what differs; status 1 then.

Other releases and processors sum in another order, so values may differ as much as torch.testing allows.
Single-precision training amplifies that: there a tensor may be four times as far from the f64 run as the committed one.
"""
import json
import pathlib
import sys

import torch
from safetensors.torch import load_file

FREE = ("0.bias", "1.running_mean")  # no true gradient in front of a batch norm: rounding alone moves them


def trained_alike(name, old, new, all_old):
    exact = all_old[name.replace(":f32:", ":f64:")].double()
    return (new.double() - exact).norm() <= 4 * (old.double() - exact).norm()


def difference(stem, name, old, new, all_old):
    if old.dtype != new.dtype or old.shape != new.shape:
        return f"was {old.dtype} {tuple(old.shape)}, is {new.dtype} {tuple(new.shape)}"
    if stem == "trajectories" and ":f32:" in name:
        alike = name.endswith(FREE) or trained_alike(name, old, new, all_old)
        return None if alike else "is farther from the f64 run"
    tolerance = {"rtol": 1e-8, "atol": 1e-8} if stem == "trajectories" and old.dtype == torch.float64 else {}
    try:
        torch.testing.assert_close(new, old, equal_nan=True, **tolerance)
    except AssertionError as error:
        return str(error).replace("\n", " ")
    return None


def main():
    committed, made = (pathlib.Path(a) for a in sys.argv[1:3])
    old_index, new_index = (json.loads((d / "index.json").read_text())["files"] for d in (committed, made))
    wrong = [] if old_index == new_index else ["index.json lists other files, cases or sizes"]
    for stem in sorted(old_index):
        old, new = (load_file(str(d / f"{stem}.safetensors")) for d in (committed, made))
        wrong += [f"{stem}: {name} is in one of them only" for name in sorted(old.keys() ^ new.keys())]
        for name in sorted(old.keys() & new.keys()):
            if text := difference(stem, name, old[name], new[name], old):
                wrong.append(f"{stem}: {name}: {text}")
    print("\n".join(wrong) if wrong else f"{len(old_index)} golden files are what PyTorch {torch.__version__} computes")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
