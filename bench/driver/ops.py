#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sweeps every op of the public API beside PyTorch, by turns, forward and with its backward, and writes a JSON and a
table with a ratio per op and shape. scripts/bench.sh --ops calls it once for each instruction set."""
import argparse
import datetime
import json
import math
import os
import statistics
import sys
import tempfile
import time

import machine
from weft import Failed, Weft

try:
    import torch
    import torch.nn.functional as F
    from safetensors.torch import load_file
except ImportError:
    torch = None


def norm(x, weight, bias):
    channels = torch.movedim(x, -1, 1) if x.dim() > 2 else x
    y = F.batch_norm(channels, None, None, weight, bias, training=True)
    return torch.movedim(y, 1, -1) if x.dim() > 2 else y


def norm_inference(x, weight, bias, mean, variance):
    channels = torch.movedim(x, -1, 1) if x.dim() > 2 else x
    y = F.batch_norm(channels, mean, variance, weight, bias)
    return torch.movedim(y, 1, -1) if x.dim() > 2 else y


def images(function, *arguments, **options):
    return lambda *x: function(*(t.movedim(-1, 1) for t in x), *arguments, **options).movedim(1, -1)


def unpooled(x):
    return F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2)


def patches(x):
    return F.unfold(x, 2).unflatten(1, (-1, 2, 2)).unflatten(-1, (x.shape[2] - 1, -1)).permute(0, 4, 5, 2, 3, 1)


def rows(x):
    return x.reshape(-1, x.shape[-1])


def signs(i):
    return i.clamp(max=1) * 2 - 1


def focal(x, y):
    p = torch.sigmoid(x)
    loss = F.binary_cross_entropy_with_logits(x, y, reduction="none") * (p + y - 2 * p * y) ** 2
    return (loss * (0.25 * y + 0.75 * (1 - y))).mean()


def contrastive(a, b, i):
    distance = F.pairwise_distance(rows(a), rows(b))
    return torch.where(i > 0, distance, torch.relu(1 - distance)).square().mean() / 2


def prelu(x, weight):
    return torch.where(x > 0, x, x * weight) if x.dim() < 2 else F.prelu(x.movedim(-1, 1), weight).movedim(1, -1)


def gate(x, function):
    a, b = x.chunk(2, -1)
    return a * function(b)


def peers():
    """Op -> PyTorch's function of the same inputs; an op that is missing has PyTorch's name and meaning."""
    return {
        "equal": torch.eq, "not_equal": torch.ne, "less": torch.lt, "less_equal": torch.le, "greater": torch.gt,
        "greater_equal": torch.ge, "fma": lambda a, b, c: torch.addcmul(c, a, b), "gelu": F.gelu,
        "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"), "silu": F.silu, "softplus": F.softplus,
        "normal_cdf": torch.special.ndtr, "normal_pdf": lambda x: torch.exp(-x * x / 2) / (2 * torch.pi) ** 0.5,
        "leaky_relu": F.leaky_relu, "clamp": lambda x: torch.clamp(x, -0.5, 0.75), "pow3": lambda x: torch.pow(x, 3),
        "reshape": lambda x: x.reshape(-1).clone(), "permute": lambda x: x.permute(*range(x.dim())[::-1]).contiguous(),
        "broadcast_to": lambda c, x: torch.broadcast_to(c, x.shape).contiguous(),
        "concat": lambda a, b: torch.cat((a, b)), "stack": lambda a, b: torch.stack((a, b), -1),
        "split": lambda x: [part.clone() for part in torch.split(x, max(1, x.shape[-1] // 2), -1)],
        "flip": lambda x: torch.flip(x, (-1,)), "pad": lambda x: F.pad(x, (1, 1) * x.dim()),
        "take": lambda x, i: torch.index_select(x, 0, i), "index_add": lambda x, i, u: torch.index_add(x, 0, i, u),
        "gather": lambda x, i: torch.gather(x, -1, i), "scatter_add": lambda x, i, u: torch.scatter_add(x, -1, i, u),
        "one_hot": lambda i: F.one_hot(i.clamp(max=63), 64).float(), "to_bf16": lambda x: x.to(torch.bfloat16),
        "stop_gradient": lambda x: x.detach(), "sum": lambda x: x.sum(-1), "sum_first": lambda x: x.sum(0),
        "sum_all": lambda x: x.sum(), "mean": lambda x: x.mean(-1), "prod": lambda x: x.prod(-1),
        "max": lambda x: x.amax(-1), "min": lambda x: x.amin(-1), "any": lambda x: x.any(-1), "all": lambda x: x.all(-1),
        "argmax": lambda x: x.argmax(-1), "argmin": lambda x: x.argmin(-1), "variance": lambda x: x.var(-1),
        "logsumexp": lambda x: torch.logsumexp(x, -1), "cumsum": lambda x: torch.cumsum(x, -1),
        "softmax": lambda x: torch.softmax(x, -1), "log_softmax": lambda x: torch.log_softmax(x, -1),
        "sort": lambda x: torch.sort(x, dim=-1, stable=True), "topk": lambda x: torch.topk(x, 8, -1),
        "conv": images(F.conv2d, padding=1), "conv_transpose": images(F.conv_transpose2d, padding=1),
        "max_pool": images(F.max_pool2d, 3, 2, 1), "max_unpool": images(unpooled),
        "adaptive_max_pool": images(F.adaptive_max_pool2d, 5), "global_max_pool": lambda x: x.amax((1, 2)),
        "avg_pool": images(F.avg_pool2d, 3, 2, 1), "adaptive_avg_pool": images(F.adaptive_avg_pool2d, 5),
        "global_avg_pool": lambda x: x.mean((1, 2)), "lp_pool": images(F.lp_pool2d, 2, 2),
        "resize": images(F.interpolate, scale_factor=2, mode="bilinear"),
        "pixel_shuffle": images(F.pixel_shuffle, 2), "pixel_unshuffle": images(F.pixel_unshuffle, 2),
        "unfold": lambda x: patches(x.movedim(-1, 1)),
        "fold": images(lambda x: F.fold(F.unfold(x, 2), x.shape[2:], 2)),
        "dropout": lambda x: F.dropout(x, 0.5), "batch_norm": norm, "batch_norm_inference": norm_inference,
        "cross_entropy": lambda x, i: F.cross_entropy(rows(x), i), "mse_loss": F.mse_loss, "l1_loss": F.l1_loss,
        "huber_loss": F.huber_loss, "bce_with_logits": F.binary_cross_entropy_with_logits,
        "log_cosh_loss": lambda a, b: (torch.logaddexp(a - b, b - a) - math.log(2)).mean(),
        "smooth_l1_loss": F.smooth_l1_loss, "quantile_loss": lambda a, b: F.l1_loss(a, b) / 2,
        "poisson_nll": F.poisson_nll_loss, "gaussian_nll": F.gaussian_nll_loss,
        "nll": lambda x, i: F.nll_loss(rows(x), i),
        "nll_of_probabilities": lambda p, i: F.nll_loss(rows(p).log(), i), "bce": F.binary_cross_entropy,
        "focal_loss": focal, "kl_divergence": lambda x, p: F.kl_div(rows(x), rows(p), reduction="batchmean"),
        "hinge_loss": lambda x, y: torch.relu(1 - x * y).mean(),
        "squared_hinge_loss": lambda x, y: torch.relu(1 - x * y).square().mean(),
        "multi_margin_loss": lambda x, i: F.multi_margin_loss(rows(x), i),
        "cosine_similarity": lambda a, b: F.cosine_similarity(a, b, -1),
        "pairwise_distance": F.pairwise_distance,
        "cosine_embedding_loss": lambda a, b, i: F.cosine_embedding_loss(rows(a), rows(b), signs(i)),
        "contrastive_loss": contrastive, "triplet_margin_loss": F.triplet_margin_loss,
        "discriminator_loss": lambda x, z: torch.relu(1 - x).mean() + torch.relu(1 + z).mean(),
        "generator_loss": lambda z: F.softplus(-z).mean(),
        "unit_step": lambda x: torch.heaviside(x, torch.tensor(0.5, dtype=x.dtype)),
        "piecewise_linear": lambda x: torch.clamp(x + 0.5, 0, 1), "hardtanh": F.hardtanh, "relu6": F.relu6,
        "hardsigmoid": F.hardsigmoid, "hardswish": F.hardswish, "prelu": prelu,
        "threshold": lambda x: F.threshold(x, 0.5, -1),
        "elu": F.elu, "selu": F.selu, "celu": lambda x: F.celu(x, 2), "log_sigmoid": F.logsigmoid,
        "softsign": F.softsign,
        "tanhshrink": F.tanhshrink, "swish": lambda x: x * torch.sigmoid(1.5 * x), "e_swish": lambda x: 1.5 * F.silu(x),
        "mish": F.mish, "softmin": lambda x: F.softmin(x, -1), "glu": F.glu,
        "swiglu": lambda x: gate(x, F.silu), "geglu": lambda x: gate(x, F.gelu),
        "maxout": lambda x: x.unflatten(-1, (-1, 4)).amax(-1),
        "tril": lambda x: torch.tril(rows(x)), "triu": lambda x: torch.triu(rows(x)),
        "diag": lambda x: torch.diag(rows(x)).clone(), "roll": lambda x: torch.roll(x, 3, -1),
        "repeat": lambda x: torch.repeat_interleave(x, 2, -1), "tile": lambda x: torch.tile(x, (2,)),
        "cross": lambda a, b: torch.linalg.cross(a[..., :3], b[..., :3]),
        "einsum": lambda x, w: torch.einsum("...i,ij->...j", x, w), "nonzero": lambda x: torch.nonzero(x > 0),
        "norm": lambda x: torch.linalg.vector_norm(x, 2, -1), "standard_deviation": lambda x: torch.std(x, -1),
        "quantile": lambda x: torch.quantile(x, 0.3, -1), "median": lambda x: torch.median(x, -1).values,
        "eye": lambda x: torch.eye(min(x.shape[0], 4096), 64), "linspace": lambda x: torch.linspace(0, 1, x.numel()),
        "randint": lambda x: torch.randint(0, 100, x.shape), "randperm": lambda x: torch.randperm(x.numel()),
        "gamma": lambda x: torch.distributions.Gamma(2.0, 1.0).sample(x.shape),
        "beta": lambda x: torch.distributions.Beta(2.0, 2.0).sample(x.shape),
        "alpha_dropout": lambda x: F.alpha_dropout(x, 0.5, True),
        "feature_dropout": lambda x: F.dropout1d(rows(x).unsqueeze(-1), 0.5),
        "stochastic_depth": lambda x: x * torch.bernoulli(torch.full((x.shape[0],) + (1,) * (x.dim() - 1), 0.5)) / 0.5,
        "gaussian_noise": lambda x: x + 0.5 * torch.randn_like(x),
        "accuracy": lambda x, i: (rows(x).argmax(-1) == i).float().mean(),
        "zeros": lambda x: torch.zeros(x.shape), "ones": lambda x: torch.ones(x.shape),
        "full": lambda x: torch.full(x.shape, 0.5), "full_like": lambda x: torch.full_like(x, 0.5),
        "arange": lambda x: torch.arange(x.numel()), "uniform": lambda x: torch.rand(x.shape),
        "randn": lambda x: torch.randn(x.shape),
    }


RANDOM = ("dropout", "uniform", "randn", "randint", "randperm", "bernoulli", "gamma", "beta", "alpha_dropout",
          "feature_dropout", "stochastic_depth", "gaussian_noise")  # whose values no peer has


def peer_of(op):
    return peers().get(op) or getattr(torch, op)


def as_list(results):
    return list(results) if isinstance(results, (tuple, list)) else [results]


def forward_and_backward(function, inputs, backward):
    """The results and, with `backward`, the gradients of their sum by the floating inputs, as PyTorch computes both."""
    if not backward:
        with torch.no_grad():
            return as_list(function(*inputs))
    for x in inputs:
        x.grad = None
    results = as_list(function(*inputs))
    torch.autograd.backward(results, [torch.ones_like(y) for y in results])
    return [y.detach() for y in results] + [x.grad for x in inputs if x.requires_grad]


def prepared(data, dtype=None):
    inputs = [data[f"in{i}"] for i in range(sum(name.startswith("in") for name in data))]
    inputs = [x.to(dtype) if dtype and x.is_floating_point() else x for x in inputs]
    return [x.detach().clone().requires_grad_(f"grad{i}" in data) for i, x in enumerate(inputs)]


def check(op, data, backward):
    """The largest distance of a result from PyTorch's in f64, relative to the largest value."""
    if op in RANDOM:
        return 0.0
    true = forward_and_backward(peer_of(op), prepared(data, torch.float64), backward)
    got = [data[name] for name in sorted((n for n in data if not n.startswith("in")),
                                         key=lambda n: (n.startswith("grad"), int(n.lstrip("outgrad"))))]
    worst = 0.0
    for a, b in zip(got, (t for t in true if t is not None), strict=True):
        a, b = a.double(), b.double().reshape(a.shape)
        if a.numel():
            worst = max(worst, ((a - b).abs().max() / b.abs().max().clamp(min=1)).item())
    return worst


class Sweep:
    def __init__(self, options):
        self.options = options
        self.weft = Weft(os.path.join(options.programs, "bench_weft"), "cpu", options.threads)
        torch.set_flush_denormal(True)
        torch.set_num_threads(options.threads)

    def turn(self, step):
        samples, begin = [], time.perf_counter()
        before = begin
        while len(samples) < 3 or before - begin < self.options.seconds:
            step()
            now = time.perf_counter()
            samples.append((now - before) * 1e6)
            before = now
        return statistics.median(samples)

    def run(self, name):
        case = self.weft.open(name, self.options.tiny)
        backward = bool(case["backward"])
        with tempfile.NamedTemporaryFile(suffix=".safetensors") as file:
            self.weft.ask(f"probe {file.name}")
            data = load_file(file.name)
        row = {"case": name, "op": case["op"], "error": check(case["op"], data, backward)}
        if not row["error"] < 2e-2:
            raise Failed(f"{name}: {row['error']:.1e} from PyTorch's f64 value")
        inputs, function = prepared(data), peer_of(case["op"])
        step = lambda: forward_and_backward(function, inputs, backward)
        self.weft.run(self.options.seconds / 2, 1)
        self.turn(step)
        ours, theirs = [], []
        for _ in range(self.options.rounds):
            ours.append(statistics.median(self.weft.run(self.options.seconds, 1)))
            theirs.append(self.turn(step))
            time.sleep(0.005)  # its threads stop spinning
        row.update(weft_us=statistics.median(ours), peer_us=statistics.median(theirs))
        row["ratio"] = statistics.median(b / a for a, b in zip(ours, theirs))
        return row


def table(result):
    """A line per op, the ratios of its shapes side by side; bold where PyTorch is faster."""
    shapes = sorted({row["case"].split("-")[2] for row in result["cases"]})
    lines = ["| op | " + " | ".join(shapes) + " |", "|---" * (len(shapes) + 1) + "|"]
    groups = {}
    for row in result["cases"]:
        parts = row["case"].split("-")
        groups.setdefault(parts[1] + (", backward" if len(parts) > 3 else ""), {})[parts[2]] = row["ratio"]
    for op, ratios in groups.items():
        cells = ("" if s not in ratios else f"**{ratios[s]:.2f}**" if ratios[s] < 1 else f"{ratios[s]:.2f}" for s in shapes)
        lines.append(f"| {op} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", required=True, help="the folder of bench_weft")
    parser.add_argument("--threads", type=int, default=machine.cores(), help="of both sides; default: all cores")
    parser.add_argument("--out", help="the folder of the results; default: standard output alone")
    parser.add_argument("--op", action="append", help="only this one; may be repeated")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.04, help="of one turn")
    parser.add_argument("--tiny", action="store_true", help="sizes for a test, not for a clock")
    options = parser.parse_args()
    if torch is None:
        sys.exit("ops.py: this Python has no PyTorch")
    sweep, cases, failed = Sweep(options), [], []
    for name in sweep.weft.ask("ops").split():
        if options.op and name.split("-")[1] not in options.op:
            continue
        try:
            cases.append(sweep.run(name))
        except (Failed, RuntimeError) as error:
            failed.append(f"{name}: {error}")
            print(failed[-1], file=sys.stderr)
    isa = os.environ.get("WEFT_ISA", "")
    result = {"date": datetime.date.today().isoformat(), "machine": machine.describe(options.threads, "cpu", torch),
              "versions": machine.versions(torch), "isa": isa or "widest", "rounds": options.rounds,
              "seconds_per_turn": options.seconds, "cases": cases, "failed": failed}
    print(table(result))
    if options.out:
        name = f"ops-{result['date']}-{result['machine']['name']}" + (f"-{isa}" if isa else "")
        path = os.path.join(options.out, name + ".json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
            file.write("\n")
        with open(path.replace(".json", ".md"), "w", encoding="utf-8") as file:
            file.write(table(result))
        print(path)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
