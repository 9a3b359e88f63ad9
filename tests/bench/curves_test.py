# SPDX-License-Identifier: Apache-2.0
"""curves_test.py PROGRAMS: loss curves in 16 bits are those of f32 within the noise of the seeds: in a run of now, on
digits and, where WEFT_MNIST names a directory with the MNIST test files, on those; and in the committed runs."""
import glob
import json
import math
import os
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(sys.argv.pop(1), "bench_precision")
FIGURES = ["loss", "test_loss", "test_accuracy"]


def listed(value):
    return value if isinstance(value, list) else [value]


class Curves(unittest.TestCase):
    def check(self, curves, task):
        """Means over the seeds differ by less than the standard error of their difference."""
        f32 = curves[task]["f32"]
        for name in ("bf16", "f16"):
            for figure in FIGURES:
                half, deviation = curves[task][name], figure + "_deviation"
                rows = zip(listed(half[figure]), listed(half[deviation]), listed(f32[figure]), listed(f32[deviation]))
                for at, (a, s, b, t) in enumerate(rows):
                    self.assertLess(abs(a - b), math.sqrt((s * s + t * t) / curves["seeds"]),
                                    f"{task}, {name}: {figure} {at} is {a}, of f32 {b}")
            self.assertGreater(f32["test_accuracy"], 0.93, task)

    def test_of_now(self):
        mnist = os.environ.get("WEFT_MNIST")
        done = subprocess.run([PROGRAM] + (["--mnist", mnist] if mnist else []), capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        curves = json.loads(done.stdout)
        self.check(curves, "digits")
        if mnist:
            self.check(curves, "mnist-t10k")
        else:
            print("WEFT_MNIST names no directory with the MNIST test files: digits alone were trained on")

    def test_as_committed(self):
        files = glob.glob(os.path.join(ROOT, "bench", "curves", "*.json"))
        self.assertTrue(files)
        for path in files:
            with open(path, encoding="utf-8") as file:
                curves = json.load(file)
            for task in ("digits", "mnist-t10k"):
                with self.subTest(path=os.path.basename(path), task=task):
                    self.check(curves, task)


if __name__ == "__main__":
    unittest.main()
