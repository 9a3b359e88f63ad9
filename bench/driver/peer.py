# SPDX-License-Identifier: Apache-2.0
"""PyTorch's side: for each kind of case its modes, each a function that makes ready a step on random data that rotates.
The settings are its best known ones: fused Adam, channels-last images, gradients set to None, denormals flushed."""
import contextlib
import itertools

import torch
import torch.nn.functional as F

DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}


def configure(device, threads):
    torch.set_flush_denormal(True)  # before the first parallel region: its threads take it over
    if device == "cpu":
        torch.set_num_threads(threads)
    torch.backends.cudnn.benchmark = True
    torch._dynamo.config.cache_size_limit = 64


def release():
    """Forgets the programs and memory of the last case."""
    torch._dynamo.reset()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def synchronize(device):
    if device == "cuda":
        torch.cuda.synchronize()


def rotation(bytes_of_one):
    return int(min(max((256 << 20) // max(bytes_of_one, 1), 2), 8))


def modes(case, device):
    """Name -> function that gives a step, a function without arguments."""
    return {"mlp": mlp_modes, "adam": adam_modes}.get(case["kind"], stateless_modes)(case, device)


# ------------------------------------------------------------------------------------------------ training steps


def net(widths, device, dtype=torch.float32):
    layers = []
    for i in range(len(widths) - 1):
        layers.append(torch.nn.Linear(widths[i], widths[i + 1], device=device, dtype=dtype))
        if i + 2 < len(widths):
            layers.append(torch.nn.ReLU())
    return torch.nn.Sequential(*layers)


def optimizer_of(name, parameters, **options):
    return {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[name](parameters, lr=1e-3, **options)


def loss_of(case, model):
    loss = F.mse_loss if case["loss"] == "mse" else F.cross_entropy
    return lambda x, y: loss(model(x), y)


def batches_of(case, device):
    rows, first, last = case["batch"], case["widths"][0], case["widths"][-1]
    for _ in range(rotation(rows * first * 4)):
        y = torch.randn(rows, last, device=device) if case["loss"] == "mse" else torch.randint(
            0, last, (rows,), device=device)
        yield torch.randn(rows, first, device=device), y


def precision(case, device):
    """The context of a forward pass. On the CPU a bf16 case stands against f32, as its bar says."""
    torch.set_float32_matmul_precision("high" if case["precision"] == "tf32" else "highest")
    if case["precision"] == "bf16" and device == "cuda":
        return lambda: torch.autocast("cuda", torch.bfloat16)
    return contextlib.nullcontext


def mlp_modes(case, device):
    def stepper(compiled=None, **options):
        torch.manual_seed(1)
        model = net(case["widths"], device)
        optimizer = optimizer_of(case["optimizer"], model.parameters(), fused=True, **options)
        context = precision(case, device)
        plain = loss_of(case, model)

        def loss_function(x, y):
            with context():
                return plain(x, y)

        function = torch.compile(loss_function, dynamic=False, mode=compiled) if compiled else loss_function

        def train(x, y):
            function(x, y).backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

        return train

    def rotating(train):
        data = itertools.cycle(list(batches_of(case, device)))
        return lambda: train(*next(data))

    found = {"eager": lambda: rotating(stepper()), "compile": lambda: rotating(stepper(compiled="default"))}
    if device == "cuda":
        if case["batch"] == 64 or case["widths"][0] >= 4096:  # it takes long, and helps the smallest and the largest
            found["max-autotune"] = lambda: rotating(stepper(compiled="max-autotune"))
        found["cuda-graph"] = lambda: rotating(graphed(stepper(capturable=True), *next(batches_of(case, device))))
    return found


def graphed(train, *arguments):
    """The whole step as one CUDA graph on static inputs, as a careful user captures it by hand."""
    inputs = [argument.clone() for argument in arguments]
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(5):
            train(*inputs)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        train(*inputs)

    def step(*given):
        for to, value in zip(inputs, given):
            to.copy_(value, non_blocking=True)
        graph.replay()

    step.owner = train  # the graph works on the parameters' memory, which must not go to anyone else
    return step


# ------------------------------------------------------------------------------------------------ the update alone


def adam_modes(case, device):
    def stepper(**options):
        sizes = case["sizes"] if isinstance(case["sizes"], list) else [case["sizes"]]
        parameters = [torch.randn(size, device=device, requires_grad=True) for size in sizes]
        for parameter in parameters:
            parameter.grad = torch.randn_like(parameter)
        return optimizer_of(case["optimizer"], parameters, **options).step

    found = {"fused": lambda: stepper(fused=True), "default": stepper}
    if device == "cuda":
        found["fused-graph"] = lambda: graphed(stepper(fused=True, capturable=True))
    return found


# ------------------------------------------------------------------------------------------------ inputs to outputs


def layer_norm(x, case, weight, bias):
    return F.layer_norm(x, (case["width"],), weight.to(x.dtype), bias.to(x.dtype))


def chain(x):
    t = (x * 1.5 + 0.25) * x - 0.5
    t = t * 0.75 + x
    return t * t - x


def chain_math(x):
    t = torch.tanh((x * 1.5 + 0.25) * x)
    t = t * 0.75 + x
    return torch.sigmoid(t) - x


def forward_of(case):
    """The forward function of a case, and the shapes and dtypes of its inputs; the first `grads` of them get gradients.
    A forward whose result is not its loss is driven backward by a random gradient of its result."""
    kind = case["kind"]
    dtype = DTYPES[case.get("dtype", "bf16")]
    if kind == "chain":
        return chain, [((case["n"],), torch.float32)], 0
    if kind == "chain-math":
        return chain_math, [((case["n"],), torch.float32)], 1
    if kind == "xent":
        shape = (case["rows"], case["classes"])
        return F.cross_entropy, [(shape, dtype), (shape[:1], torch.int64)], 1
    if kind == "batchnorm":
        n, h, w, c = case["shape"]
        vectors = [((c,), torch.float32)] * 2
        image = ((n, c, h, w), dtype)

        def norm(x, weight, bias, *residual):
            y = F.batch_norm(x, None, None, weight, bias, training=True)
            return torch.relu(y + residual[0]) if residual else y

        return norm, [image, *vectors] + ([image] if case["add_relu"] else []), 4 if case["add_relu"] else 3
    if kind == "layernorm":
        vectors = [((case["width"],), torch.float32)] * 2
        rows = ((case["rows"], case["width"]), dtype)
        if case["dropout_residual"]:
            return (lambda x, w, b, r: layer_norm(F.dropout(x, 0.1) + r, case, w, b)), [rows, *vectors, rows], 4
        return (lambda x, w, b: layer_norm(x, case, w, b)), [rows, *vectors], 3
    if kind == "dropout":
        rows = ((case["rows"], case["width"]), dtype)
        if case["bias_gelu"]:
            return (lambda x, b: F.dropout(F.gelu(x + b, approximate="tanh"), 0.1)), [rows, (rows[0][1:], dtype)], 2
        return (lambda x: F.dropout(x, 0.1)), [rows], 1
    if kind == "product":
        shapes = [((case["m"], case["k"]), dtype), ((case["n"], case["k"]), dtype), ((case["n"],), dtype)]
        if case["bias_gelu"]:
            return (lambda x, w, b: F.gelu(F.linear(x, w, b), approximate="tanh")), shapes, 0
        return (lambda x, w, b: F.linear(x, w)), shapes, 0
    raise ValueError(f"no peer for a case of kind {kind}")


def random_input(shape, dtype, classes, device):
    if dtype == torch.int64:
        return torch.randint(0, classes, shape, device=device)
    value = torch.randn(shape, device=device, dtype=dtype)
    return value.contiguous(memory_format=torch.channels_last) if len(shape) == 4 else value


def stateless_modes(case, device):
    def stepper(compiled=None):
        function, specs, grads = forward_of(case)
        size = sum(torch.Size(shape).numel() * dtype.itemsize for shape, dtype in specs)
        batches = []
        for _ in range(rotation(size)):
            batch = [random_input(shape, dtype, case.get("classes"), device) for shape, dtype in specs]
            for value in batch[:grads]:
                value.requires_grad_()
            batches.append(batch)
        if compiled:
            function = torch.compile(function, dynamic=False, mode=compiled)
        data = itertools.cycle(batches)
        if grads == 0:
            return torch.no_grad()(lambda: function(*next(data)))
        ones = torch.randn_like(function(*batches[0]))
        seed = None if ones.dim() == 0 else ones

        def step():
            batch = next(data)
            return torch.autograd.grad(function(*batch), batch[:grads], seed)

        return step

    found = {"eager": stepper, "compile": lambda: stepper(compiled="default")}
    if device == "cuda" and case["kind"] == "product":
        found["max-autotune"] = lambda: stepper(compiled="max-autotune-no-cudagraphs")
    return found
