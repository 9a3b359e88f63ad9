# SPDX-License-Identifier: Apache-2.0
"""What a golden case is: inputs, a PyTorch function, and how its outputs and gradients become named arrays."""
import zlib

import numpy as np
import torch

FLOATS = {"f32": torch.float32, "f64": torch.float64}


class Case:
    """One function of PyTorch on fixed inputs.

    `inputs` are arrays, or functions of a random state. Floating inputs are held in f32, so that the f32 and the f64
    run see the same numbers. `grad` lists the inputs that are differentiated (None: all floating ones); `stored` cases
    run once, in the dtypes given, and have outputs only.
    """

    def __init__(self, name, f, *inputs, grad=None, stored=False):
        self.name, self.f, self.stored = name, f, stored
        # The name keys the draws: a case that comes or goes leaves the others as they are.
        self.random = np.random.RandomState(zlib.crc32(name.encode()))
        self.inputs = [as_tensor(value(self.random) if callable(value) else value) for value in inputs]
        floating = [k for k, value in enumerate(self.inputs) if value.dtype.is_floating_point]
        self.grad = [] if stored else floating if grad is None else grad

    def arrays(self):
        out = {f"{self.name}:in{k}": value for k, value in enumerate(self.inputs)}
        if self.stored:
            for k, y in enumerate(as_tuple(self.f(*self.inputs))):
                out[f"{self.name}:own:out{k}"] = y
            return out
        cotangents = {}
        for tag, dtype in FLOATS.items():
            x = [v.to(dtype, copy=True) if v.dtype.is_floating_point else v for v in self.inputs]
            for k in self.grad:
                x[k].requires_grad_()
            outputs = as_tuple(self.f(*x))
            scalar = None
            for k, y in enumerate(outputs):
                out[f"{self.name}:{tag}:out{k}"] = y.detach()
                if not (self.grad and y.dtype.is_floating_point and y.requires_grad):
                    continue
                if k not in cotangents:
                    cotangents[k] = as_tensor(np.asarray(self.random.uniform(-1, 1, tuple(y.shape))))
                    out[f"{self.name}:cotangent{k}"] = cotangents[k]
                term = (y * cotangents[k].to(dtype)).sum()
                scalar = term if scalar is None else scalar + term
            if scalar is not None:
                gradients = torch.autograd.grad(scalar, [x[k] for k in self.grad], materialize_grads=True)
                for k, g in zip(self.grad, gradients):
                    out[f"{self.name}:{tag}:grad{k}"] = g
        return out


def as_tensor(value):
    if isinstance(value, torch.Tensor):
        return value
    return torch.from_numpy(np.asarray(value, np.float32 if value.dtype.kind == "f" else value.dtype))


def as_tuple(y):
    return tuple(y) if isinstance(y, (tuple, list)) else (y,)


def u(low, high, *shape):
    """Uniform draws."""
    return lambda r: np.asarray(r.uniform(low, high, shape))


def ints(low, high, *shape):
    return lambda r: np.asarray(r.randint(low, high, shape), np.int64)


def bools(*shape):
    return lambda r: r.randint(0, 2, shape).astype(bool)


def rows(*shape):
    """Probabilities along the last axis."""
    def draw(r):
        x = r.uniform(0.05, 1, shape)
        return x / x.sum(-1, keepdims=True)
    return draw


def distinct(*shape):
    """A permutation, so that sorting has one answer."""
    return lambda r: np.asarray(r.permutation(int(np.prod(shape))), np.float64).reshape(shape) / 8 - 1


def f(*values):
    return np.asarray(values, np.float64)


def i(*values):
    return np.asarray(values, np.int64)
