#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads a CSV file of numbers and texts with weft and with pandas' C parser, by turns, and prints wall and CPU time:
read_table.py --programs FOLDER. With --out it writes a JSON, too. Without pandas it says so and ends with 77."""
import argparse
import datetime
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

import machine

try:
    import pandas
except ImportError:
    pandas = None

SKIPPED = 77
NUMBERS, TEXTS = 15, 5
WORDS = ("north", "south", "east", "west", "blue sky", "a \"quoted\" text", "comma, inside", "none given")


def write(path, rows):
    """15 columns of numbers and 5 of texts; a cell of a hundred is missing, a text of four is quoted."""
    draw = random.Random(7)
    quoted = ['"' + word.replace('"', '""') + '"' if set('",') & set(word) else word for word in WORDS]
    missing = 0
    with open(path, "w", encoding="utf-8") as file:
        file.write(",".join([f"x{i}" for i in range(NUMBERS)] + [f"t{i}" for i in range(TEXTS)]) + "\n")
        for _ in range(rows):
            cells = [f"{draw.gauss(0, 100):.4f}" if i % 3 else str(draw.randrange(100000)) for i in range(NUMBERS)]
            cells += [draw.choice(quoted) for _ in range(TEXTS)]
            if draw.random() < 0.2:
                cells[draw.randrange(NUMBERS)] = ""
                missing += 1
            file.write(",".join(cells) + "\n")
    return missing


def with_pandas(path):
    cpu, wall = time.process_time(), time.perf_counter()
    frame = pandas.read_csv(path, engine="c")
    times = (time.perf_counter() - wall) * 1e6, (time.process_time() - cpu) * 1e6
    return *times, len(frame), int(frame.isna().sum().sum())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", required=True, help="the folder of bench_read_table")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1, help="of weft; pandas has one")
    parser.add_argument("--out", help="folder of a JSON")
    options = parser.parse_args()
    if pandas is None:
        print("pandas is not installed: nothing to read beside")
        return SKIPPED
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "table.csv")
        missing, turns = write(path, options.rows), {"weft": [], "pandas": []}
        size = os.path.getsize(path)
        program = [os.path.join(options.programs, "bench_read_table"), path, str(options.threads)]
        with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as weft:
            for _ in range(options.rounds):
                print(file=weft.stdin, flush=True)
                turns["weft"].append(tuple(float(x) for x in weft.stdout.readline().split()))
                turns["pandas"].append(with_pandas(path))
            weft.stdin.close()
    for name, seen in turns.items():
        if any((rows, gaps) != (options.rows, missing) for _, _, rows, gaps in seen):
            print(f"{name} read {seen[0][2:]}, the file has {options.rows} rows and {missing} missing cells")
            return 1
    result = {"case": "read-table", "rows": options.rows, "columns": NUMBERS + TEXTS, "bytes": size,
              "rounds": options.rounds, "threads": options.threads, "load_average_before": load,
              "date": datetime.date.today().isoformat(), "pandas_version": pandas.__version__,
              "machine": machine.describe(options.threads, "cpu", None), "versions": machine.versions(None)}
    for name, seen in turns.items():
        result[name] = {"wall_us": statistics.median(t[0] for t in seen), "cpu_us": statistics.median(t[1] for t in seen),
                        "least_wall_us": min(t[0] for t in seen)}
    print("| | wall ms | CPU ms |\n|---|---|---|")
    for name in turns:
        print(f"| {name} | {result[name]['wall_us'] / 1e3:,.0f} | {result[name]['cpu_us'] / 1e3:,.0f} |")
    print(f"ratio: wall {result['pandas']['wall_us'] / result['weft']['wall_us']:.2f}, "
          f"CPU {result['pandas']['cpu_us'] / result['weft']['cpu_us']:.2f}")
    if options.out:
        name = f"read-table-{result['date']}-{result['machine']['name']}.json"
        with open(os.path.join(options.out, name), "w", encoding="utf-8") as file:
            file.write(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
