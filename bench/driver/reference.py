# SPDX-License-Identifier: Apache-2.0
"""The values of a case in double precision, by PyTorch on the very inputs that weft had, and how far weft and PyTorch in
the case's own precision are from them. Distances are |a - b| / |b| over all elements of a result."""
import torch
from safetensors.torch import load_file

import peer

# The largest distance that passes, by the precision of the products or of the tensors. The loss and the results of one
# pass carry the rounding of their type. An update is more sensitive: Adam's first steps are about lr * sign(gradient),
# so an element whose gradient is lost in rounding is off by twice the step. PyTorch itself is off by up to 4e-3 in f32
# and 0.2 in bf16 (autocast) on these cases.
LIMITS = {
    "f32": {"pass": 2e-5, "loss": 1e-5, "update": 1e-2},
    "tf32": {"pass": 2e-3, "loss": 5e-4, "update": 0.1},
    "bf16": {"pass": 1e-2, "loss": 2e-3, "update": 0.4},
}


def check(case, file, device):
    """{"error": ..., "limit": ..., "result": name, "peer_error": ...} of the result that is closest to its limit."""
    data = load_file(file, device=device)
    check_kind = {"mlp": check_training, "adam": check_update}.get(case["kind"], check_pass)
    distances = check_kind(case, data, device)
    limits = LIMITS[case.get("precision") or case.get("dtype") or default_dtype(case["kind"])]
    worst = max(distances, key=lambda row: ratio_to(limits, row))
    result, kind, error, peer_error = worst
    return {"result": result, "error": error, "limit": limits[kind], "peer_error": peer_error}


def passed(verdict):
    """Within the limit, or no further off than PyTorch in the same precision; false for NaN."""
    return verdict["error"] <= max(verdict["limit"], verdict["peer_error"])


def ratio_to(limits, row):
    _, kind, error, _ = row
    return error / limits[kind] if error == error else float("inf")


def default_dtype(kind):
    return "f32" if kind in ("adam", "chain", "chain-math") else "bf16"


def distance(value, truth):
    value, truth = value.double().reshape(-1), truth.double().reshape(-1)
    scale = truth.norm().item()
    return (value - truth).norm().item() / (scale if scale > 0 else 1)


def numbered(data, prefix):
    return [data[f"{prefix}{i}"] for i in range(sum(name.startswith(prefix) for name in data))]


# ------------------------------------------------------------------------------------------------ training steps


def check_training(case, data, device):
    before, after = numbered(data, "before."), numbered(data, "after.")
    xs, ys, losses = numbered(data, "x."), numbered(data, "y."), numbered(data, "loss.")
    steps = list(zip(xs, ys))
    true_losses, true_after = train(case, before, steps, device, torch.float64)
    peer_losses, peer_after = train(case, before, steps, device, torch.float32)
    update = [torch.cat([(a.double() - b.double()).reshape(-1) for a, b in zip(values, before)])
              for values in (after, true_after, peer_after)]
    rows = [("update", "update", distance(update[0], update[1]), distance(update[2], update[1]))]
    for i, truth in enumerate(true_losses):
        rows.append((f"loss {i}", "loss", distance(losses[i], truth), distance(peer_losses[i], truth)))
    return rows


def train(case, before, steps, device, dtype):
    model = peer.net(case["widths"], device, dtype)
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), before):
            parameter.copy_(value)
    optimizer = peer.optimizer_of(case["optimizer"], model.parameters())
    loss_function = peer.loss_of(case, model)
    half = case["precision"] == "bf16" and dtype == torch.float32
    torch.set_float32_matmul_precision("high" if case["precision"] == "tf32" else "highest")
    losses = []
    for x, y in steps:
        with torch.autocast(device, torch.bfloat16, enabled=half):
            loss = loss_function(x.to(dtype), y.to(dtype) if y.is_floating_point() else y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return losses, [parameter.detach() for parameter in model.parameters()]


def check_update(case, data, device):
    before, after, gradients = numbered(data, "before."), numbered(data, "after."), numbered(data, "gradient.")

    def updated(dtype):
        parameters = [value.to(dtype, copy=True).requires_grad_() for value in before]
        for parameter, gradient in zip(parameters, gradients):
            parameter.grad = gradient.to(dtype)
        optimizer = peer.optimizer_of(case["optimizer"], parameters)
        for _ in range(3):
            optimizer.step()
        return [parameter.detach() for parameter in parameters]

    def update(values):
        return torch.cat([(a.double() - b.double()).reshape(-1) for a, b in zip(values, before)])

    truth = update(updated(torch.float64))
    return [("update", "update", distance(update(after), truth), distance(update(updated(torch.float32)), truth))]


# ------------------------------------------------------------------------------------------------ one pass


def check_pass(case, data, device):
    truth = evaluate(case, data, torch.float64)
    own = evaluate(case, data, None)
    return [(name, "pass", distance(data[name], truth[name]), distance(own[name], truth[name])) for name in truth]


def cross_entropy(logits, labels, dtype):
    """Loss and gradient, some rows at a time: in double precision all rows of a large case would not fit."""
    losses, gradients = [], []
    for x, y in zip(logits.split(1024), labels.split(1024)):
        x = x.to(dtype or x.dtype, copy=True).requires_grad_()
        losses.append(torch.nn.functional.cross_entropy(x, y, reduction="sum") / len(labels))
        gradients.append(torch.autograd.grad(losses[-1], x)[0])
    return {"loss": torch.stack(losses).detach().sum(), "dx": torch.cat(gradients)}


def evaluate(case, data, dtype):
    """The case's results by PyTorch in a dtype, or in the dtypes of the data. A dropped element is told from weft's own
    result, so that both drop the same ones."""
    def given(name, grad=True):
        value = data[name] if dtype is None or not data[name].is_floating_point() else data[name].to(dtype)
        return value.detach().clone().requires_grad_() if grad and value.is_floating_point() else value

    kind = case["kind"]
    if kind == "xent":
        return cross_entropy(data["x"], data["y"], dtype)
    if kind == "chain":
        return {"y": peer.chain(given("x", False))}
    if kind == "product":
        y = torch.nn.functional.linear(given("x", False), given("weight", False),
                                       given("bias", False) if case["bias_gelu"] else None)
        return {"y": torch.nn.functional.gelu(y, approximate="tanh") if case["bias_gelu"] else y}
    x, gy = given("x"), given("gy", False)
    names = ["dx"]
    of = [x]
    extra = {}
    if kind == "chain-math":
        y = peer.chain_math(x)
    elif kind == "dropout":
        kept = (data["y"] != 0) | (data["dx"] != 0)  # GELU of 0 is 0, but its slope is not
        y = x
        if case["bias_gelu"]:
            of.append(given("bias"))
            names.append("dbias")
            y = torch.nn.functional.gelu(x + of[1], approximate="tanh")
        y = y * kept / 0.9
    else:
        width = data["x"].shape[-1]
        weight = torch.ones(width, device=x.device, dtype=dtype or torch.float32, requires_grad=True)
        bias = torch.zeros(width, device=x.device, dtype=dtype or torch.float32, requires_grad=True)
        of += [weight, bias]
        names += ["dweight", "dbias"]
        residual = given("residual") if "residual" in data else None
        if kind == "batchnorm":
            y = torch.nn.functional.batch_norm(x.movedim(-1, 1), None, None, weight, bias, training=True).movedim(1, -1)
            if residual is not None:
                # An element next to zero falls on either side by rounding; its gradient is all or nothing.
                passes = data["y"] > 0
                extra["y"] = torch.relu(y + residual).detach()
                y = (y + residual) * passes
        else:
            inner = x
            if residual is not None:
                # An element may be kept and yet be lost in the sum's rounding.
                inner = x * ((data["sum"] != data["residual"]) | (data["dx"] != 0)) / 0.9 + residual
                extra["sum"] = inner.detach()
            y = peer.layer_norm(inner, case, weight, bias)
        if residual is not None:
            of.append(residual)
            names.append("dresidual")
    results = dict(zip(names, torch.autograd.grad(y, of, gy)))
    return {"y": y.detach(), **results, **extra}
