# SPDX-License-Identifier: Apache-2.0
"""What the GPU can do at most, in the same run: the library's own matrix product and device-to-device copy."""
import statistics
import time

import torch


def rate(units, work):
    """Units per second, the median of several bursts."""
    burst = 10
    times = []
    for _ in range(12):
        begin = time.perf_counter()
        for _ in range(burst):
            work()
        torch.cuda.synchronize()
        times.append((time.perf_counter() - begin) / burst)
    return units / statistics.median(times[2:])


def products():
    """FLOPs per second by precision."""
    found = {}
    for name, size, dtype, allowed in (("f32", 4096, torch.float32, "highest"), ("tf32", 8192, torch.float32, "high"),
                                       ("bf16", 8192, torch.bfloat16, "highest")):
        torch.set_float32_matmul_precision(allowed)
        a, b = (torch.randn(size, size, device="cuda", dtype=dtype) for _ in range(2))
        found[name] = rate(2 * size**3, lambda: torch.matmul(a, b))
    return found


def copy(footprint):
    """Bytes per second, read and written, of a copy whose two buffers take this many bytes."""
    half = max(int(footprint) // 2, 1 << 20)
    a = torch.randint(0, 255, (half,), device="cuda", dtype=torch.uint8)
    b = torch.empty_like(a)
    return rate(2 * half, lambda: b.copy_(a))
