#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times the update of every recipe on 10 million parameters in 150 tensors, by turns with AdamW's, and prints how many
times the floor each takes, and that beside AdamW: recipes.py --programs FOLDER. Needs no PyTorch; tests/oracle holds the
values."""
import argparse
import os
import statistics

import machine
from weft import Weft


def roof(weft, what):
    """The best of three."""
    return max(float(pair.split("=")[1]) for _ in range(3) for pair in weft.ask(f"roof {what}").split()
               if not pair.startswith("bf16"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", required=True, help="the folder of bench_weft")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=machine.cores(), help="default: all cores")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.3, help="of one turn")
    parser.add_argument("--tiny", action="store_true", help="sizes for a test, not for a clock")
    options = parser.parse_args()
    weft = Weft(os.path.join(options.programs, "bench_weft"), options.device, options.threads)
    product = roof(weft, "product")
    # One rate for all recipes, because all work in memory.
    copy = roof(weft, f"copy {int(weft.open('update-adamw', options.tiny)['footprint'])}")

    def turn(name):
        case = weft.open(name, options.tiny)
        weft.run(options.seconds / 3, 1)
        floor = 1e6 * (case["bytes"] / copy + case["flops"] / product)
        return statistics.median(weft.run(options.seconds, 1)), floor

    print("| recipe | \u00b5s | floor \u00b5s | times the floor | beside AdamW |\n|---|---|---|---|---|")
    for name in weft.ask("recipes").split():
        times, beside, bound = [], [], 0
        for _ in range(options.rounds):
            reference, reference_floor = turn("update-adamw")
            time, bound = turn(name)
            times.append(time)
            beside.append((time / bound) / (reference / reference_floor))
        time = statistics.median(times)
        print(f"| {name.removeprefix('update-')} | {time:,.0f} | {bound:,.0f} | {time / bound:.2f} | "
              f"{statistics.median(beside):.2f} |", flush=True)
    weft.close()


if __name__ == "__main__":
    main()
