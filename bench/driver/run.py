#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs weft and PyTorch by turns on the same cases, checks weft's values against double precision, and writes a JSON and
the Markdown table made from it. scripts/bench.sh calls it with a Python that has PyTorch; without PyTorch the peer and
the check of the values are left out, and the table says so."""
import argparse
import datetime
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import bars
import machine
import table
from weft import Failed, Weft, start_microseconds

try:
    import torch

    import peer
    import reference
    import torch_roof
except ImportError:
    torch = None


class Effort:
    """How long and how often things are measured."""

    def __init__(self, quick, tiny):
        self.rounds = 1 if tiny else 3 if quick else 7
        self.seconds = 0.01 if tiny else 0.2 if quick else 0.5  # of one turn
        self.busy_seconds = 0.05 if tiny else 2 if quick else 6
        self.starts = 1 if tiny else 10 if quick else 30
        self.peer_starts = 1 if quick or tiny else 3


class Bench:
    def __init__(self, options):
        self.options = options
        self.effort = Effort(options.quick, options.tiny)
        self.weft = Weft(os.path.join(options.programs, "bench_weft"), options.device, options.threads)
        self.burst = 20 if options.device != "cpu" and not options.tiny else 1
        self.machine = machine.describe(options.threads, options.device, torch)
        self.machine["weft"] = self.weft.ask("machine")
        self.with_peer = torch is not None and not options.no_peer
        if torch:
            peer.configure(self.torch_device(), options.threads)
        self.product_roofs = {} if options.tiny else self.measure_product_roofs()
        self.rows = []

    def torch_device(self):
        return "cuda" if self.options.device.startswith("cuda") and torch.cuda.is_available() else "cpu"

    # ---------------------------------------------------------------------------------------- floors

    def measure_product_roofs(self):
        if self.options.device != "cpu":
            return torch_roof.products() if torch and self.torch_device() == "cuda" else {}
        words = self.weft.ask("roof product")
        return {key: float(value) for key, value in (word.split("=") for word in words.split())}

    def copy_roof(self, footprint):
        """Bytes per second of the fastest copy whose buffers take as much memory as the case."""
        if self.options.device != "cpu":
            return torch_roof.copy(footprint) if torch and self.torch_device() == "cuda" else None
        words = self.weft.ask(f"roof copy {footprint:.0f}")
        return max(float(word.split("=")[1]) for word in words.split())

    def floor(self, case, copy_roof):
        """Microseconds: FLOPs at the rate of a product plus bytes at the rate of a copy."""
        rate = self.product_roofs.get(case.get("precision") or ("bf16" if case["kind"] == "product" else "f32"))
        if copy_roof is None or (case["flops"] and not rate):
            return None
        return 1e6 * ((case["flops"] / rate if case["flops"] else 0) + case["bytes"] / copy_roof)

    # ---------------------------------------------------------------------------------------- turns

    def turn(self, step, seconds):
        """Microseconds per step of a peer, one number per burst."""
        device = self.torch_device()
        samples = []
        before = begin = time.perf_counter()
        while len(samples) < 3 or before - begin < seconds:
            for _ in range(self.burst):
                step()
            peer.synchronize(device)
            now = time.perf_counter()
            samples.append((now - before) * 1e6 / self.burst)
            before = now
        return samples

    def peers_of(self, case):
        """Mode -> step, each compiled and warm. A mode that fails is named, not hidden."""
        steps, failures = {}, {}
        if not self.with_peer:
            return steps, failures
        for mode, make in peer.modes(case, self.torch_device()).items():
            if self.options.modes and mode not in self.options.modes:
                continue
            try:
                steps[mode] = make()
                self.turn(steps[mode], self.effort.seconds)
            except Exception as error:  # whatever the peer throws
                steps.pop(mode, None)
                failures[mode] = f"{type(error).__name__}: {error}".split("\n")[0]
                print(f"{case['kind']}: the peer's mode {mode} failed: {failures[mode]}", file=sys.stderr)
        return steps, failures

    def interleaved(self, steps):
        """Weft, then each peer mode, and again: the median of each, and how far weft's rounds lie apart."""
        self.weft.run(self.effort.seconds, self.burst)  # warms up
        samples = {"weft": []} | {mode: [] for mode in steps}
        for _ in range(self.effort.rounds):
            samples["weft"].append(self.weft.run(self.effort.seconds, self.burst))
            for mode, step in steps.items():
                samples[mode].append(self.turn(step, self.effort.seconds))
                time.sleep(0.02)  # its threads stop spinning
        medians = {name: statistics.median(sum(rounds, [])) for name, rounds in samples.items()}
        of_rounds = [statistics.median(one) for one in samples["weft"]]
        return medians, (max(of_rounds) - min(of_rounds)) / medians["weft"]

    # ---------------------------------------------------------------------------------------- cases

    def run(self, name):
        row = {"case": name, "weft_us": None, "peer": None, "peer_us": None, "ratio": None, "floor_us": None,
               "floor_share": None, "spread": None, "peers": {}, "status": "ok"}
        try:
            {"start": self.run_start, "mlp128-b64-busy": self.run_busy}.get(name, self.run_turns)(name, row)
        except Failed as error:
            row["status"] = f"failed: {error}"
        if row["status"] != "ok":
            row.update(weft_us=None, ratio=None, floor_share=None)
        self.judge(row)
        self.rows.append(row)
        if torch:
            peer.release()

    def judge(self, row):
        conditions = [] if self.options.tiny else bars.bar(row["case"], self.machine)
        if row["status"] == "ok":
            row["bar"], row["met"], row["fraction"] = bars.judge(row, conditions)
        else:
            row["bar"], row["met"], row["fraction"] = bars.wanted(conditions, row), None, None

    def open(self, name, row):
        """Opens a case and checks its values, before anything is timed."""
        case = self.weft.open(name, self.options.tiny)
        with tempfile.TemporaryDirectory(prefix="weft-bench-") as folder:
            file = os.path.join(folder, "probe.safetensors")
            self.weft.ask(f"probe {file}")
            if torch is None:
                row["check"] = "not checked: no PyTorch"
                return case
            row["check"] = reference.check(case, file, self.torch_device())
        if not reference.passed(row["check"]):
            raise Failed("wrong value: {result} is {error:.1e} from its f64 value, {limit:.0e} is the most".format(
                **row["check"]))
        return case

    def run_turns(self, name, row):
        case = self.open(name, row)
        steps, row["peer_failures"] = self.peers_of(case)
        copy_roof = None if self.options.tiny else self.copy_roof(case["footprint"])
        medians, row["spread"] = self.interleaved(steps)
        if self.options.explain:
            self.explain(name)
        row["weft_us"] = medians.pop("weft")
        self.compare(row, medians)
        row["floor_us"] = self.floor(case, copy_roof)
        if row["floor_us"]:
            row["floor_share"] = row["floor_us"] / row["weft_us"]
            row["copy_bytes_per_second"] = copy_roof
        if name.startswith("product-bias-gelu"):
            row["base"] = name.replace("-bias-gelu", "")
            row["base_us"] = next((other["weft_us"] for other in self.rows if other["case"] == row["base"]), None)

    def explain(self, name):
        """Adds the kernels of a step to a text beside the results."""
        path = os.path.join(self.options.out, "explain.txt")
        with tempfile.NamedTemporaryFile("r", encoding="utf-8") as kernels:
            self.weft.ask(f"explain {kernels.name}")
            with open(path, "a", encoding="utf-8") as file:
                file.write(f"== {name}\n{kernels.read()}\n")

    @staticmethod
    def compare(row, medians):
        row["peers"] = medians
        if medians:
            row["peer"], row["peer_us"] = min(medians.items(), key=lambda item: item[1])
            row["ratio"] = row["peer_us"] / row["weft_us"]

    def run_busy(self, name, row):
        case = self.open(bars.OWN[name], row)
        steps, row["peer_failures"] = self.peers_of(case)
        seconds = self.effort.busy_seconds
        self.weft.run(self.effort.seconds, 1)
        idle = self.weft.run(seconds, 1)
        neighbors = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count())]
        try:
            time.sleep(0.3)
            row["weft_us"] = statistics.mean(self.weft.run(seconds, 1))
            medians = {mode: statistics.mean(self.turn(step, seconds)) for mode, step in steps.items()}
        finally:
            for neighbor in neighbors:
                neighbor.kill()
                neighbor.wait()
        row["base"], row["base_us"] = "its own time with idle cores", statistics.mean(idle)
        self.compare(row, medians)

    def run_start(self, name, row):
        program = os.path.join(self.options.programs, "bench_start")
        times = [start_microseconds([program, self.options.device]) for _ in range(self.effort.starts)]
        row["weft_us"] = statistics.median(times)
        row["spread"] = (max(times) - min(times)) / row["weft_us"]
        if self.with_peer:
            command = [sys.executable, os.path.join(os.path.dirname(__file__), "torch_start.py"), self.torch_device()]
            self.compare(row, {"eager": statistics.median(
                start_microseconds(command) for _ in range(self.effort.peer_starts))})

    # ---------------------------------------------------------------------------------------- results

    def result(self):
        return {"date": datetime.date.today().isoformat(), "machine": self.machine, "versions": machine.versions(torch),
                "rounds": self.effort.rounds, "seconds_per_turn": self.effort.seconds,
                "product_flops_per_second": self.product_roofs, "cases": self.rows}

    def save(self):
        result = self.result()
        os.makedirs(self.options.out, exist_ok=True)
        path = os.path.join(self.options.out, f"{result['date']}-{self.machine['name']}.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
            file.write("\n")
        with open(path.replace(".json", ".md"), "w", encoding="utf-8") as file:
            file.write(table.markdown(result))
        return path


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", required=True, help="the folder of bench_weft and bench_start")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N")
    parser.add_argument("--threads", type=int, default=machine.cores(), help="of both sides; default: all cores")
    parser.add_argument("--case", action="append", help="only this one; may be repeated")
    parser.add_argument("--all", action="store_true", help="also the cases that are meant for the other kind of device")
    parser.add_argument("--modes", type=lambda text: text.split(","), help="only these modes of the peer")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--seconds", type=float, help="start no other case after this time")
    parser.add_argument("--no-peer", action="store_true", help="weft and its floors alone")
    parser.add_argument("--explain", action="store_true", help="add the kernels of every case to OUT/explain.txt")
    parser.add_argument("--tiny", action="store_true", help="tiny sizes and one round: a test of the cases, not of speed")
    parser.add_argument("--list", action="store_true", help="print the cases and stop")
    parser.add_argument("--out", default=".", help="the folder that JSON and Markdown go to")
    return parser.parse_args()


def main():
    options = parse()
    bench = Bench(options)
    names = bars.names(bench.weft.cases(), options.device, options.all)
    if options.list:
        print("\n".join(names))
        return 0
    unknown = set(options.case or []) - set(names)
    if unknown:
        sys.exit(f"no such case: {', '.join(sorted(unknown))}; --list names them")
    if not bench.with_peer:
        print("without PyTorch: no peer" + ("" if torch else ", no check of the values"))
    if bench.machine["load_average_before"][0] > 0.5:
        print(f"the machine is busy (load {bench.machine['load_average_before'][0]:.1f}): do not trust the times")
    begin = time.monotonic()
    for name in options.case or names:
        if options.seconds and time.monotonic() - begin > options.seconds:
            print(f"stopped before {name}: {options.seconds} s are over")
            break
        bench.run(name)
        print(table.line(bench.rows[-1]), flush=True)
        path = bench.save()  # after every case, so that a run cut short leaves what it has
    print(f"\n{table.markdown(bench.result())}\nwrote {path}")
    bench.weft.close()
    return 1 if any(row["status"].startswith("failed") for row in bench.rows) else 0


if __name__ == "__main__":
    sys.exit(main())
