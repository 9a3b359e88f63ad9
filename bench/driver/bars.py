# SPDX-License-Identifier: Apache-2.0
"""Which cases a run has, and what each is asked for."""

CPU = ["mlp128-b1", "mlp128-b16", "mlp128-b64", "mlp128-b1024", "mlp1024-b64", "mlp1024-b1024", "mlp1024-bf16-b1024",
       "mlp128-b64-busy", "start", "chain8", "chain8-math", "xent-4096x1000", "batchnorm-nhwc", "adam-10m", "adam-tiny"]
# Cases of the driver's own: each times something that bench_weft serves under another name, or not at all.
OWN = {"mlp128-b64-busy": "mlp128-b64", "start": None}


def names(weft_cases, device, everything=False):
    """The cases of a device, in the order of the table; or those of both kinds of device."""
    others = [name for name in weft_cases if name not in CPU]
    if everything:
        return CPU + others
    return CPU if device == "cpu" else others


# A bar is a list of conditions, all of which must hold: (what, wanted). "ratio" is against the better peer mode or the
# named one, "share" the share of the floor; "us" and "slowdown" (against the case's own time on an idle machine, or
# another case's time) are at most what is wanted.
FLOOR_ENOUGH = 0.8  # a ratio is also met by this share of the floor


def bar(case, machine):
    fixed = {
        "mlp128-b1": [("ratio", 7)],
        "mlp128-b16": [("ratio", 5)],
        "mlp128-b64": [("ratio", 4.5)],
        "mlp128-b1024": [("ratio", 1.5)],
        "mlp1024-b64": [("ratio", 1.5)],
        "mlp1024-b1024": [("ratio", 1.08)],
        "mlp128-b64-busy": [("slowdown", 3.5)],
        "start": [("us", 30_000)],
        "chain8": [("share", 0.75)],
        "chain8-math": [("ratio", 4)],
        "xent-4096x1000": [("ratio", 2)],
        "batchnorm-nhwc": [("ratio", 1.3), ("share", 0.7)],
        "adam-10m": [("ratio fused", 1), ("ratio default", 8)],
        "adam-tiny": [("ratio fused", 10)],
        "product-bias-gelu-bf16-8192x4096x4096": [("slowdown", 1.05)],
    }
    if case == "mlp1024-bf16-b1024":
        flags = machine.get("cpu_flags", [])
        return [("ratio", 5)] if "amx_bf16" in flags else [("ratio", 1.7)] if "avx512_bf16" in flags else []
    if case in fixed:
        return fixed[case]
    if case.startswith("mlp512-") and case.endswith("-b64"):
        return [("us", 10), ("ratio cuda-graph", 4)]
    if case.startswith(("xent-", "batchnorm-", "dropout-bf16", "bias-gelu-dropout", "adamw-100m")):
        return [("share", 0.85)]
    return []


def wanted(conditions, row):
    """The bar in words."""
    texts = []
    for what, value in conditions:
        kind, _, mode = what.partition(" ")
        texts.append({"ratio": f"≥ {value}× {mode}".rstrip(), "share": f"≥ {100 * value:.0f} % of the floor",
                      "slowdown": f"≤ {value}× {row.get('base', 'its base')}", "us": f"≤ {value:,} µs"}[kind])
    return ", ".join(texts)


def fraction(row, what, value):
    """The share of one condition that was reached: 1 is the bar itself. None when it was not measured."""
    kind, _, mode = what.partition(" ")
    weft, share = row["weft_us"], row.get("floor_share")
    if kind == "ratio":
        peer = row["peers"].get(mode) if mode else row["peer_us"]
        reached = peer / weft / value if peer else None
        return max(reached or 0, share / FLOOR_ENOUGH) if share and share >= FLOOR_ENOUGH else reached
    if kind == "share":
        return share / value if share else None
    if kind == "slowdown":
        return value * row["base_us"] / weft if row.get("base_us") else None
    return value / weft


def judge(row, conditions):
    """(text, met, fraction): what was asked, whether it was reached, and the share of it that was."""
    fractions = [fraction(row, what, value) for what, value in conditions]
    if not fractions or None in fractions:
        return wanted(conditions, row), None, None
    return wanted(conditions, row), min(fractions) >= 1, min(fractions)
