# SPDX-License-Identifier: Apache-2.0
"""Pooling and resizing of images, channels last as weft has them."""
import torch.nn.functional as F

from golden_case import Case, distinct, u

WINDOWS = {"kernel_size": (3, 2), "stride": (1, 2), "padding": (1, 0), "dilation": (2, 1)}


def case(name, f, *shape, draws=u):
    """f of an image with channels first, for images with channels last."""
    given = draws(*shape) if draws is distinct else draws(-2, 2, *shape)
    return Case(name, lambda x: f(x.movedim(-1, 1)).movedim(1, -1), given)


def max_pools():
    yield case("max_pool", lambda x: F.max_pool2d(x, 3, 2, 1), 2, 7, 6, 3, draws=distinct)
    yield case("max_pool_ceil", lambda x: F.max_pool2d(x, (3, 2), (2, 3), (1, 0), ceil_mode=True), 2, 8, 6, 17,
               draws=distinct)
    yield case("max_pool_dilated", lambda x: F.max_pool2d(x, 2, 1, 1, dilation=(3, 2)), 1, 6, 7, 2, draws=distinct)
    yield case("max_pool_1d", lambda x: F.max_pool1d(x, 3), 2, 10, 4, draws=distinct)
    yield case("max_pool_3d", lambda x: F.max_pool3d(x, 2, (1, 2, 2), 1), 1, 3, 5, 4, 2, draws=distinct)
    yield case("max_unpool", lambda x: F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2), 2, 6, 4, 3,
               draws=distinct)
    yield case("max_unpool_size",
               lambda x: F.max_unpool2d(*F.max_pool2d(x, 3, 3, 1, return_indices=True), 3, 3, 1, output_size=(8, 7)), 1, 8,
               7, 2, draws=distinct)
    yield case("adaptive_max_pool", lambda x: F.adaptive_max_pool2d(x, (3, 4)), 2, 7, 4, 3, draws=distinct)
    yield case("adaptive_max_pool_3d", lambda x: F.adaptive_max_pool3d(x, (2, 5, 1)), 1, 3, 4, 6, 2, draws=distinct)


def averages():
    yield case("avg_pool", lambda x: F.avg_pool2d(x, 3, 2, 1), 2, 7, 6, 3)
    yield case("avg_pool_ceil", lambda x: F.avg_pool2d(x, (3, 2), (2, 3), (1, 0), ceil_mode=True), 2, 8, 6, 17)
    yield case("avg_pool_elements",
               lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False), 2, 6, 7, 3)
    yield case("avg_pool_divisor", lambda x: F.avg_pool2d(x, 2, divisor_override=3), 1, 6, 5, 2)
    yield case("avg_pool_1d", lambda x: F.avg_pool1d(x, 4, 3, 2), 2, 10, 4)
    yield case("avg_pool_3d", lambda x: F.avg_pool3d(x, 2, (1, 2, 2), 1), 1, 3, 5, 4, 2)
    yield case("lp_pool", lambda x: F.lp_pool2d(x, 2, 3, 2), 2, 7, 5, 3)
    # Windows that end behind the image are left out: PyTorch scales their sums up to those of whole windows.
    yield case("lp_pool_1d", lambda x: F.lp_pool1d(x, 4, 3, 2), 2, 9, 3)
    yield case("adaptive_avg_pool", lambda x: F.adaptive_avg_pool2d(x, (3, 4)), 2, 7, 4, 3)
    yield case("adaptive_avg_pool_even", lambda x: F.adaptive_avg_pool2d(x, (3, 2)), 2, 6, 4, 3)
    yield case("adaptive_avg_pool_3d", lambda x: F.adaptive_avg_pool3d(x, (2, 5, 1)), 1, 3, 4, 6, 2)


def resizes():
    modes = {"nearest": {}, "nearest-exact": {}, "bilinear": {}, "bicubic": {}, "area": {},
             "bilinear_aligned": {"mode": "bilinear", "align_corners": True},
             "bicubic_aligned": {"mode": "bicubic", "align_corners": True}}
    for name, given in modes.items():
        options = {"mode": name, **given}
        for sizes, to in {"up": (9, 13), "down": (3, 2), "mixed": (4, 11)}.items():
            yield case(f"resize_{name}_{sizes}", lambda x, o=options, s=to: F.interpolate(x, s, **o), 2, 5, 6, 3)
        if name != "area":
            yield case(f"resize_{name}_scaled", lambda x, o=options: F.interpolate(x, scale_factor=(2.5, 0.7), **o), 1, 5, 6,
                       2)
    yield case("resize_linear_1d", lambda x: F.interpolate(x, 11, mode="linear"), 2, 4, 3)
    yield case("resize_trilinear", lambda x: F.interpolate(x, (5, 3, 8), mode="trilinear"), 1, 2, 5, 4, 2)
    yield case("resize_nearest_3d", lambda x: F.interpolate(x, scale_factor=2), 1, 2, 3, 2, 2)


def paddings():
    for mode in ("reflect", "replicate", "circular"):
        yield case(f"pad_{mode}", lambda x, m=mode: F.pad(x, (2, 1, 0, 3), mode=m), 2, 4, 5, 3)
        yield case(f"pad_{mode}_1d", lambda x, m=mode: F.pad(x, (3, 2), mode=m), 2, 4, 2)


def rearrangements():
    yield case("pixel_shuffle", lambda x: F.pixel_shuffle(x, 2), 2, 3, 2, 12)
    yield case("pixel_unshuffle", lambda x: F.pixel_unshuffle(x, 3), 2, 6, 3, 2)
    yield case("unfold", lambda x: windows_apart(F.unfold(x, **WINDOWS), (3, 2), (3, 3)), 2, 5, 6, 3)
    yield Case("fold", lambda x: F.fold(windows_together(x), (5, 6), **WINDOWS).movedim(1, -1),
               u(-2, 2, 2, 3, 3, 3, 2, 3))


def windows_apart(x, window, counts):
    """(n, c window, windows) as weft has them, (n, windows, window, c), with the channels first."""
    n, columns, _ = x.shape
    channels = columns // (window[0] * window[1])
    return x.reshape(n, channels, *window, *counts).permute(0, 1, 4, 5, 2, 3)


def windows_together(x):
    """The inverse, from channels last."""
    n, h, w, i, j, c = x.shape
    return x.permute(0, 5, 3, 4, 1, 2).reshape(n, c * i * j, h * w)


def images():
    return [*max_pools(), *averages(), *resizes(), *paddings(), *rearrangements()]
