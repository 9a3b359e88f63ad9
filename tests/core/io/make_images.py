#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes images of every kind that weft reads, and what Pillow decodes: make_images.py [directory].

expected.npz holds "FILE gray", "FILE rgb" and "FILE rgba" (height, width, channels). PNG files that Pillow cannot write are
written by the encoder below. Copies of some files become the corpus of the fuzzer."""
import io
import pathlib
import shutil
import struct
import sys
import zlib

import numpy as np
from PIL import Image, ImageOps

HEIGHT, WIDTH = 9, 13
ADAM7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]


def smooth(channels, top=255):
    """Values that JPEG keeps: waves along both axes, different in each channel."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    waves = [0.5 + 0.45 * np.sin(0.5 * x + c) * np.cos(0.4 * y + 2 * c) for c in range(channels)]
    return np.round(np.stack(waves, -1) * top).astype(np.int64)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed_rows(values, depth):
    """Rows of a (height, width, channels) array, each behind its filter byte."""
    out = b""
    for row in values.reshape(values.shape[0], -1):
        bits = "".join(format(v, f"0{depth}b") for v in row)
        bits += "0" * (-len(bits) % 8)
        out += b"\0" + bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))
    return out


def png(values, color, depth, interlaced=False, extra=b""):
    height, width = values.shape[:2]
    passes = [values[y::dy, x::dx] for y, x, dy, dx in ADAM7] if interlaced else [values]
    rows = b"".join(packed_rows(part, depth) for part in passes if part.size)
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows, 9)) +
            chunk(b"IEND", b""))


def exif(orientation, order="<"):
    mark = b"II" if order == "<" else b"MM"
    entry = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    return mark + struct.pack(order + "HIH", 42, 8, 1) + entry + struct.pack(order + "I", 0)


def jpeg(values, mode, **options):
    out = io.BytesIO()
    Image.fromarray(values.astype(np.uint8).squeeze(), mode).save(out, "JPEG", quality=95, **options)
    return out.getvalue()


def files():
    gray, gray_alpha, rgb, rgba = (smooth(c) for c in (1, 2, 3, 4))
    palette = smooth(3)[:4, :4].reshape(16, 3)
    places = smooth(1, 15)
    plte = chunk(b"PLTE", palette.astype(np.uint8).tobytes())
    yield "gray.png", png(gray, 0, 8)
    yield "gray1.png", png(smooth(1, 1), 0, 1)
    yield "gray2.png", png(smooth(1, 3), 0, 2)
    yield "gray4.png", png(smooth(1, 15), 0, 4)
    yield "gray16.png", png(smooth(1, 65535), 0, 16)
    yield "gray_transparent.png", png(gray, 0, 8, extra=chunk(b"tRNS", struct.pack(">H", int(gray[0, 0, 0]))))
    yield "gray_alpha.png", png(gray_alpha, 4, 8)
    yield "gray_alpha16.png", png(smooth(2, 65535), 4, 16)
    yield "palette.png", png(places, 3, 4, extra=plte)
    yield "palette_transparent.png", png(places, 3, 4, extra=plte + chunk(b"tRNS", bytes([0, 80, 255, 7])))
    yield "rgb.png", png(rgb, 2, 8)
    yield "rgb16.png", png(smooth(3, 65535), 2, 16)
    yield "rgb_interlaced.png", png(rgb, 2, 8, interlaced=True)
    yield "rgb_transparent.png", png(rgb, 2, 8, extra=chunk(b"tRNS", struct.pack(">HHH", *map(int, rgb[1, 2]))))
    yield "rgb_turned.png", png(rgb, 2, 8, extra=chunk(b"eXIf", exif(6, ">")))
    yield "rgba.png", png(rgba, 6, 8)
    yield "rgba16_interlaced.png", png(smooth(4, 65535), 6, 16, interlaced=True)
    yield "gray.jpg", jpeg(gray, "L")
    yield "color.jpg", jpeg(rgb, "RGB", subsampling=0)
    yield "color420.jpg", jpeg(rgb, "RGB", subsampling=2)
    yield "progressive.jpg", jpeg(rgb, "RGB", subsampling=0, progressive=True)
    yield "rgb.jpg", jpeg(rgb, "RGB", keep_rgb=True)
    cmyk = jpeg(rgba, "CMYK")
    yield "cmyk.jpg", cmyk
    mark = cmyk.index(b"Adobe")
    yield "ycck.jpg", cmyk[:mark + 11] + b"\2" + cmyk[mark + 12:]  # the same values, taken for YCCK
    for orientation in range(1, 9):
        data = b"Exif\0\0" + exif(orientation, "<>"[orientation % 2])
        yield f"turned{orientation}.jpg", jpeg(rgb, "RGB", subsampling=0, exif=data)


def decoded(path):
    image = ImageOps.exif_transpose(Image.open(path))
    if image.mode.startswith("I"):  # 16 bits, of which the upper 8 count
        image = Image.fromarray((np.asarray(image).astype(np.int64) >> 8).astype(np.uint8))
    for name, mode in (("gray", "L"), ("rgb", "RGB"), ("rgba", "RGBA")):
        of = image.convert("RGBA") if "transparency" in image.info or image.mode == "LA" else image
        if mode == "L" and image.mode in ("LA", "P"):
            of = of.convert("RGB")
        yield name, np.asarray(of.convert(mode)).reshape(image.height, image.width, -1)


def main():
    here = pathlib.Path(__file__).parent
    directory = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here / "images"
    directory.mkdir(parents=True, exist_ok=True)
    expected = {}
    for name, data in files():
        (directory / name).write_bytes(data)
        for channels, pixels in decoded(directory / name):
            expected[f"{name} {channels}"] = pixels
    np.savez_compressed(directory / "expected.npz", **expected)
    if len(sys.argv) > 1:
        return
    corpus = here.parents[1] / "fuzz/corpus/image"
    corpus.mkdir(parents=True, exist_ok=True)
    for name in ("gray4.png", "palette_transparent.png", "rgba16_interlaced.png", "rgb_turned.png", "color420.jpg",
                 "progressive.jpg", "cmyk.jpg", "turned6.jpg"):
        shutil.copy(directory / name, corpus / name)
    color = (directory / "color.jpg").read_bytes()
    (corpus / "cut_off.png").write_bytes((directory / "rgb.png").read_bytes()[:-40])
    (corpus / "cut_off.jpg").write_bytes(color[:-40])
    (corpus / "huge.png").write_bytes(png(np.zeros((1, 1, 3), np.int64), 2, 8).replace(
        chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)),
        chunk(b"IHDR", struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 8, 2, 0, 0, 0))))
    turned = (directory / "rgb_turned.png").read_bytes()
    (corpus / "chunk.png").write_bytes(turned.replace(b"\0\0\0\x1aeXIf", b"\x40\0\0\0eXIf"))
    size = struct.pack(">HH", HEIGHT, WIDTH)
    (corpus / "huge.jpg").write_bytes(color.replace(size, b"\xff\xdc\xff\xdc", 1))
    (corpus / "exif.jpg").write_bytes((directory / "turned6.jpg").read_bytes().replace(b"MM\0*\0\0\0\x08", b"MM\0*\xff\xff\xff\xff")
                                      .replace(b"II*\0\x08\0\0\0", b"II*\0\xff\xff\xff\xff"))


if __name__ == "__main__":
    main()
