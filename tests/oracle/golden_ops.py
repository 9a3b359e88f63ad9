# SPDX-License-Identifier: Apache-2.0
"""The ops, as PyTorch computes them. Names match the rows in *_rows.cpp; elementwise ones are those of weft/fn.h."""
import pathlib
import re

import numpy as np
import torch
import torch.nn.functional as F

from golden_case import Case, bools, distinct, f, i, ints, u

NAN, INF = float("nan"), float("inf")
SPREAD = f(-30, -9, -3, -1.5, -0.7, -0.1, -1e-3, 0, 1e-3, 0.2, 0.9, 1, 2.5, 4, 12, 30)  # tails, both sides of 0
HALVES = f(-2.5, -1.5, -1.2, -0.5, -0.3, 0, 0.3, 0.5, 1.5, 1.7, 2.5, 3)


POSITIVE = f(1e-6, 1e-3, 0.3, 1, 2.5, 40, 1e6)
SMALL = f(-8, -2, -0.5, -1e-4, -1e-8, 0, 1e-8, 1e-3, 0.6, 1, 7)
TIES = f(-1, 0, 0.5, 0.5, 2, 3), f(0, 0, 0.5, -0.5, 3, 3)
TRUTHS = np.array([0, 0, 1, 1], bool), np.array([0, 1, 0, 1], bool)
COMPARISONS = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")

# A function of weft/fn.h is held against PyTorch's of the same name on these inputs, by the number of its arguments.
INPUTS = {1: (SPREAD,), 2: (u(-2, 2, 3, 1, 4), u(-2, 2, 2, 1)), 3: (u(-2, 2, 3, 4), u(-2, 2, 4), u(-2, 2, 3, 1))}
# The exceptions: functions that have another name there, or none but a formula, and inputs that suit a function better.
OTHER_NAMES = {
    "equal": torch.eq, "where": torch.where, "fma": lambda a, b, c: a * b + c,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"), "normal_cdf": torch.special.ndtr,
    "normal_pdf": lambda x: torch.exp(-x * x / 2) / (2 * torch.pi) ** 0.5,
    # torch.floor_divide has no gradient, this form has zeros.
    "floor_divide": lambda a, b: torch.div(a, b, rounding_mode="floor"),
    # PyTorch's default threshold replaces softplus by x above 20, which f64 would show.
    "softplus": lambda x: F.softplus(x, threshold=60),
}
OTHER_INPUTS = {
    "floor": (HALVES,), "ceil": (HALVES,), "round": (HALVES,), "sqrt": (POSITIVE,), "rsqrt": (POSITIVE,),
    "exp": (SMALL,), "expm1": (SMALL,), "log": (POSITIVE,),
    "log1p": (f(-0.999, -0.5, -1e-4, 0, 1e-7, 1e-3, 0.7, 5, 1e4),), "logical_not": (bools(7),),
    "divide": (u(-2, 2, 3, 1, 4), u(0.5, 3, 2, 1)), "pow": (u(0.2, 3, 3, 1, 4), u(-3, 3, 2, 1)),
    **dict.fromkeys(("remainder", "floor_divide"), (f(7.5, -7.5, 7.5, -7.5, 0.3), f(2, 2, -2, -2, 0.7))),
    "minimum": TIES, "maximum": TIES, **dict.fromkeys(COMPARISONS, TIES),
    "logical_and": TRUTHS, "logical_or": TRUTHS, "logical_xor": TRUTHS,
    "where": (bools(2, 3), u(-1, 1, 2, 3), u(-1, 1, 3)),
    # Not at the bounds: PyTorch's slope there is 1 in old releases and 0 (numbers) or 1/2 (tensors) in new ones.
    "clamp": (f(-2, -1, -0.5, 0.7, 0.9, 1.5), f(-1, -1.5, 0, 0, 0, 0), f(1, 1, 1, 1, 1, 1)),
}


def functions():
    """The elementwise functions of weft with the number of their arguments, from the list that weft itself reads."""
    text = (pathlib.Path(__file__).parents[2] / "core/scalar/include/weft/fn.h").read_text()
    found = {}
    for arity, kind in enumerate(("UNARY", "BINARY", "TERNARY"), 1):
        rows = re.search(rf"#define WEFT_{kind}_FNS\(X\)((?:.*\\\n)*.*)", text)[1]
        found.update(dict.fromkeys(re.findall(r"X\(\w+, (\w+)\)", rows), arity))
    assert found.keys() >= OTHER_NAMES.keys() | OTHER_INPUTS.keys(), "the tables name functions that weft has not"
    return found


def peer(name):
    """PyTorch's function, None where it has none."""
    return OTHER_NAMES.get(name) or getattr(torch, name, None) or getattr(F, name, None)


def elementwise():
    for name, arity in functions().items():
        if function := peer(name):
            yield Case(name, function, *OTHER_INPUTS.get(name, INPUTS[arity]))
    yield Case("pow_scalar", lambda x: x**3, f(-2, -0.5, 0, 0.5, 3))
    yield Case("scalar_pow", lambda x: 2.0**x, f(-2, -0.5, 0, 0.5, 3))
    yield Case("clamp_scalar", lambda x: torch.clamp(x, -1, 0.5), f(-3, -0.9, -0.2, 0.4, 0.6))
    yield Case("leaky_relu", lambda x: F.leaky_relu(x, 0.2), SPREAD)
    yield Case("scalars", lambda x: 2 - 3 / (1 + x) * x - 0.5, u(0.1, 2, 5))
    yield Case("not_a_number", lambda x, y: (torch.minimum(x, y), torch.maximum(x, y), torch.relu(x), x == y, x < y),
               f(NAN, 1, NAN, INF, -INF), f(1, NAN, NAN, -INF, 2), grad=[])


def movement():
    yield Case("reshape", lambda x: x.reshape(4, -1), u(-1, 1, 2, 6))
    yield Case("permute", lambda x: x.permute(2, 0, 1), u(-1, 1, 2, 3, 4))
    yield Case("broadcast_to", lambda x: x.broadcast_to(2, 3, 4), u(-1, 1, 3, 1))
    yield Case("concat", lambda *p: torch.cat(p, 1), u(-1, 1, 2, 3), u(-1, 1, 2, 1), u(-1, 1, 2, 2))
    yield Case("stack", lambda *p: torch.stack(p, -1), u(-1, 1, 2, 3), u(-1, 1, 2, 3))
    yield Case("split", lambda x: torch.split(x, 2, 1), u(-1, 1, 3, 5))
    yield Case("slice", lambda x: x[:, 1:6:2], u(-1, 1, 3, 7))
    yield Case("slice_from_end", lambda x: x[-3:-1], u(-1, 1, 5, 2))
    yield Case("pad", lambda x: F.pad(x, (2, 1, 0, 3)), u(-1, 1, 2, 3))
    yield Case("pad_interior", interleaved, u(-1, 1, 2, 3))
    yield Case("flip", lambda x: torch.flip(x, (0, 2)), u(-1, 1, 2, 3, 4))
    yield Case("stop_gradient", lambda x: x.detach() * x, u(-1, 1, 4))
    yield Case("shapes", lambda x: x.unsqueeze(1).transpose(-1, -2).flatten(1)[..., 2], u(-1, 1, 3, 4))
    yield Case("take", lambda x, at: x[:, at], u(-1, 1, 2, 5, 3), ints(0, 5, 2, 4))
    yield Case("take_rows", lambda x, at: x[at], u(-1, 1, 6, 3), i(5, 0, 0, 2, 5))
    yield Case("index_add", lambda x, at, y: x.index_add(1, at, y), u(-1, 1, 2, 5, 3), i(4, 0, 4, 4), u(-1, 1, 2, 4, 3))
    yield Case("gather", lambda x, at: torch.gather(x, 1, at), u(-1, 1, 3, 5), ints(0, 5, 3, 7))
    yield Case("scatter_add", lambda x, at, y: x.scatter_add(0, at, y), u(-1, 1, 4, 3), ints(0, 4, 6, 3),
               u(-1, 1, 6, 3))
    yield Case("one_hot", lambda at: F.one_hot(at, 4).float(), i(3, 0, 1), stored=True)


def interleaved(x):
    """weft's pad with low (1, 0), high (0, 2), interior (1, 2)."""
    base = torch.zeros((1 + 3, 7 + 2), dtype=x.dtype)
    return base + torch.zeros_like(base).index_put((torch.tensor([[1], [3]]), torch.tensor([[0, 3, 6]])), x)


def arrays():
    x = u(-1, 1, 4, 5)
    yield Case("triangles", lambda x: (torch.tril(x, 1), torch.triu(x, -1)), x)
    yield Case("diagonals", lambda x, v: (torch.diag(x, 1), torch.diag(x, -2), torch.diag(v, -1)), x, u(-1, 1, 3))
    yield Case("roll", lambda x: torch.roll(x, -2, 1), x)
    yield Case("repeat", lambda x: torch.repeat_interleave(x, 3, 0), x)
    yield Case("tile", lambda x: torch.tile(x, (2, 1, 3)), x)
    yield Case("outer", torch.outer, u(-1, 1, 3), u(-1, 1, 4))
    yield Case("cross", lambda a, b: torch.linalg.cross(a, b, dim=1), u(-1, 1, 2, 3, 4), u(-1, 1, 1, 3, 4))
    yield Case("einsum", lambda a, b: torch.einsum("bhqd,bhkd->bqhk", a, b), u(-1, 1, 2, 2, 3, 4), u(-1, 1, 2, 2, 5, 4))
    yield Case("einsum_diagonal", lambda a: torch.einsum("iji->ji", a), u(-1, 1, 3, 2, 3))
    yield Case("einsum_three", lambda a, b, c: torch.einsum("ij,jk,kl", a, b, c), u(-1, 1, 2, 3), u(-1, 1, 3, 4),
               u(-1, 1, 4, 2))
    yield Case("norms", lambda x: (torch.linalg.vector_norm(x, 2, 1), torch.linalg.vector_norm(x, 3),
                                   torch.linalg.vector_norm(x, 1, 0), torch.linalg.vector_norm(x, np.inf, 1)), x)
    yield Case("standard_deviation", lambda x: torch.std(x, 1), x)
    yield Case("quantile", lambda x: (torch.quantile(x, 0.3, 1), torch.quantile(x, 0.7, 0, True)), distinct(4, 6))
    yield Case("median", lambda x: torch.median(x, 1).values, distinct(4, 6))


def reductions():
    x = u(-2, 2, 3, 4, 5)
    for name, function in {"sum": torch.sum, "mean": torch.mean, "max": torch.amax, "min": torch.amin}.items():
        yield Case(name, lambda x, g=function: g(x, dim=(0, 2)), x)
        yield Case(name + "_keep", lambda x, g=function: g(x, dim=(1,), keepdim=True), x)
        yield Case(name + "_all", lambda x, g=function: g(x, dim=(0, 1)), u(-2, 2, 3, 7))
    ties = np.array([[1, 3, 3, 0], [2, 2, 2, 2.0]])
    yield Case("max_ties", lambda x: torch.amax(x, 1), ties)
    yield Case("min_ties", lambda x: torch.amin(x, 1), -ties)
    yield Case("prod", lambda x: torch.prod(x, 1), u(0.5, 2, 3, 4))
    yield Case("prod_zeros", lambda x: torch.prod(x, 1), np.array([[2, 0, 3.0], [0, 0, 5], [1, -2, 4]]))
    yield Case("variance", lambda x: torch.var(x, (0, 2)), x)
    yield Case("variance_biased", lambda x: torch.var(x, 1, correction=0, keepdim=True), x)
    yield Case("variance_offset", lambda x: torch.var(x, 1), u(1000, 1001, 3, 40))  # E[x^2] - E[x]^2 would drown here
    yield Case("logsumexp", lambda x: torch.logsumexp(x, (0, 2)), u(-20, 20, 3, 4, 5))
    yield Case("cumsum", lambda x: torch.cumsum(x, 1), x)
    yield Case("cumsum_reverse", lambda x: x.flip(-1).cumsum(-1).flip(-1), x)
    many = u(-1, 1, 2, 1500)
    yield Case("sum_many", lambda x: x.sum(1), many, grad=[])
    yield Case("variance_many", lambda x: x.var(1), many, grad=[])
    yield Case("argmax", lambda x: (x.argmax(1), x.argmin(0, keepdim=True)), x, grad=[])
    found = np.array([[1, NAN, 3], [2, 5, 5], [-INF, 0, INF], [4, 4, 1]])
    yield Case("extremes", lambda x: (x.amax(1), x.amin(1), x.argmax(1), x.argmin(1)), found, grad=[])
    yield Case("truth", lambda x: (x.any(1), x.all(1), x.any(), x.all()), np.array([[1, 0], [1, 1], [0, 0]], bool))


def structured():
    yield Case("matmul", torch.matmul, u(-1, 1, 5, 7), u(-1, 1, 7, 3))
    yield Case("matmul_transposed", lambda a, b: a.mT @ b.mT, u(-1, 1, 2, 7, 5), u(-1, 1, 2, 3, 7))
    yield Case("matmul_transpose_b", lambda a, b: a @ b.mT, u(-1, 1, 4, 6), u(-1, 1, 5, 6))
    yield Case("matmul_batch", torch.matmul, u(-1, 1, 2, 1, 3, 4), u(-1, 1, 5, 4, 2))
    yield Case("matmul_row", torch.matmul, u(-1, 1, 4), u(-1, 1, 4, 3))
    yield Case("matmul_column", torch.matmul, u(-1, 1, 2, 3, 4), u(-1, 1, 4))
    yield Case("matmul_dot", torch.matmul, u(-1, 1, 9), u(-1, 1, 9))
    yield Case("matmul_long", torch.matmul, u(-1, 1, 3, 300), u(-1, 1, 300, 2))
    yield Case("softmax", lambda x: x.softmax(-1), u(-5, 5, 3, 6))
    yield Case("softmax_axis", lambda x: x.softmax(1), u(-40, 40, 2, 4, 3))
    yield Case("log_softmax", lambda x: x.log_softmax(-1), u(-5, 5, 3, 6))
    yield Case("log_softmax_axis", lambda x: x.log_softmax(0), u(-40, 40, 4, 3))
    yield Case("sort", lambda x: torch.sort(x, dim=1, stable=True), distinct(3, 8))
    yield Case("sort_descending", lambda x: torch.sort(x, dim=0, descending=True, stable=True), distinct(7, 2))
    repeated = f(2, 1, NAN, 2, 0, 1, NAN, INF, -INF, 2)
    yield Case("sort_repeated", lambda x: (*torch.sort(x, stable=True), *torch.sort(x, descending=True, stable=True)),
               repeated, grad=[])
    yield Case("topk", lambda x: torch.topk(x, 3, 1), distinct(3, 8))
    yield Case("topk_smallest", lambda x: torch.topk(x, 2, 0, largest=False), distinct(5, 3))
    yield Case("unique", lambda x: torch.unique(x, return_inverse=True, return_counts=True),
               np.array([[3, 1, 3], [2, 1, 3.0]]), grad=[])
    yield Case("batch_norm", batch_statistics, u(-2, 3, 6, 3), u(0.5, 2, 3), u(-1, 1, 3))
    yield Case("batch_norm_images", batch_statistics, u(-2, 3, 2, 3, 2, 4), u(0.5, 2, 4), u(-1, 1, 4))
    yield Case("batch_norm_inference",
               lambda x, w, b, m, v: (x - m) * torch.rsqrt(v + 1e-5) * w + b,
               u(-2, 3, 6, 3), u(0.5, 2, 3), u(-1, 1, 3), u(-1, 1, 3), u(0.3, 2, 3))


def batch_statistics(x, weight, bias):
    rows = x.flatten(0, -2)  # channels last
    y = F.batch_norm(rows, None, None, weight, bias, training=True, eps=1e-5)
    return y.reshape(x.shape), rows.mean(0), rows.var(0, correction=0)


def promotion():
    """Dtypes of results where operands differ; values small enough for every dtype."""
    def of(dtype, *values):
        return torch.tensor(values, dtype=dtype)

    kinds = {"b": torch.bool, "u8": torch.uint8, "i32": torch.int32, "i64": torch.int64, "bf16": torch.bfloat16,
             "f16": torch.float16, "f32": torch.float32, "f64": torch.float64}
    names = list(kinds)
    for n, a in enumerate(names):
        for b in names[n + 1:]:
            yield Case(f"promote_{a}_{b}", lambda x, y: (torch.mul(x, y), torch.true_divide(x, y), x < y, x + 2),
                       of(kinds[a], 1, 0, 1), of(kinds[b], 1, 2, 3), stored=True)
    yield Case("integers", lambda x: (x.sum(), x.prod(), x.amax(), x.cumsum(0), x.float().mean(), x * 0.5, -x, x.abs()),
               of(torch.int64, 3, -4, 5), stored=True)
    yield Case("booleans", lambda x: (x.sum(), x.float().mean(), x.to(torch.int32), torch.where(x, 1.5, -2.0)),
               of(torch.bool, True, False, True), stored=True)
    yield Case("casts", lambda x: (x.to(torch.int64), x.to(torch.bool), x.to(torch.float16), x.to(torch.bfloat16),
                                   x.to(torch.float64)), of(torch.float32, -2.7, 0.0, 0.1, 3.9, 1000.06), stored=True)


def ops():
    return [*elementwise(), *movement(), *arrays(), *reductions(), *structured(), *promotion()]
