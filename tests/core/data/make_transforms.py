#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what Pillow makes of an image: make_transforms.py [file]. Hues come from colorsys, normalized values from NumPy."""
import colorsys
import pathlib
import sys

import numpy as np
from PIL import Image, ImageEnhance

HEIGHT, WIDTH = 17, 23


def pixels():
    """Waves and noise, with black, white and gray pixels."""
    random = np.random.RandomState(3)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    waves = np.stack([127 + 90 * np.sin(0.3 * x + c) * np.cos(0.5 * y - c) for c in range(3)], -1)
    image = np.clip(waves + random.randint(-40, 40, waves.shape), 0, 255).astype(np.uint8)
    image[0, 0], image[0, 1], image[0, 2] = 0, 255, 100
    return image


def with_hue(image, part):
    def moved(r, g, b):
        h, s, v = colorsys.rgb_to_hsv(r / 255, g / 255, b / 255)
        return [255 * value for value in colorsys.hsv_to_rgb((h + part) % 1, s, v)]

    return np.array([[moved(*map(float, pixel)) for pixel in row] for row in image]).astype(np.float32)


def cases():
    image = pixels()
    picture = Image.fromarray(image)
    yield "input", image
    for height, width in ((8, 8), (40, 50), (17, 5), (6, 23), (1, 1), (17, 23)):
        yield f"resize {height} {width}", picture.resize((width, height), Image.Resampling.BILINEAR)
    yield "resize gray", picture.convert("L").resize((9, 4), Image.Resampling.BILINEAR)
    yield "resize part", picture.crop((4, 3, 4 + 11, 3 + 9)).resize((7, 6), Image.Resampling.BILINEAR)
    yield "gray", picture.convert("L")
    for factor in (0.0, 0.6, 1.0, 1.7):
        yield f"brightness {factor}", ImageEnhance.Brightness(picture).enhance(factor)
        yield f"contrast {factor}", ImageEnhance.Contrast(picture).enhance(factor)
        yield f"saturation {factor}", ImageEnhance.Color(picture).enhance(factor)
    for part in (-0.5, -0.1, 0.0, 0.3):
        yield f"hue {part}", with_hue(image, part)
    for degrees in (-150, 0, 30, 90):
        yield f"rotation {degrees}", picture.rotate(degrees, Image.Resampling.BILINEAR)
    scaled = image.astype(np.float32) / np.float32(255)
    yield "imagenet", (scaled - np.float32([0.485, 0.456, 0.406])) / np.float32([0.229, 0.224, 0.225])


def main():
    here = pathlib.Path(__file__).parent / "golden/transforms.npz"
    np.savez_compressed(sys.argv[1] if len(sys.argv) > 1 else here,
                        **{name: np.atleast_3d(np.asarray(value)) for name, value in cases()})


if __name__ == "__main__":
    main()
