# SPDX-License-Identifier: Apache-2.0
"""driver_test.py PROGRAMS: the benchmark's driver end to end without PyTorch, and its tables."""
import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DRIVER = os.path.join(ROOT, "bench", "driver")
RESULTS = os.path.join(ROOT, "bench", "results")
sys.path.insert(0, DRIVER)
import bars  # noqa: E402
import machine  # noqa: E402
import table  # noqa: E402

PROGRAMS = sys.argv.pop(1)


def run(*arguments):
    return subprocess.run([sys.executable, os.path.join(DRIVER, "run.py"), "--programs", PROGRAMS, *arguments],
                          capture_output=True, text=True)


def row(**changes):
    return {"case": "x", "weft_us": 10.0, "peer": "compile", "peer_us": 50.0, "ratio": 5.0, "floor_us": 6.0,
            "floor_share": 0.6, "spread": 0.1, "peers": {"eager": 70.0, "compile": 50.0}, "status": "ok", "bar": "≥ 7×",
            "met": False, "fraction": 5 / 7} | changes


class Driver(unittest.TestCase):
    def test_lists_every_case_of_the_bars(self):
        done = run("--list")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.split(), bars.CPU)

    def test_runs_a_case_without_a_peer_and_says_so(self):
        with tempfile.TemporaryDirectory() as out:
            done = run("--tiny", "--no-peer", "--case", "mlp128-b1", "--case", "start", "--case", "mlp128-b64-busy",
                       "--out", out)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("no peer", done.stdout)
            files = sorted(os.listdir(out))
            self.assertEqual([os.path.splitext(name)[1] for name in files], [".json", ".md"])
            with open(os.path.join(out, files[0]), encoding="utf-8") as file:
                result = json.load(file)
            self.assertEqual([case["case"] for case in result["cases"]], ["mlp128-b1", "start", "mlp128-b64-busy"])
            for case in result["cases"]:
                self.assertEqual(case["status"], "ok")
                self.assertGreater(case["weft_us"], 0)
                self.assertIsNone(case["ratio"])
            with open(os.path.join(out, files[1]), encoding="utf-8") as file:
                self.assertEqual(file.read(), table.markdown(result))

    def test_times_the_update_of_every_recipe(self):
        done = subprocess.run([sys.executable, os.path.join(DRIVER, "recipes.py"), "--programs", PROGRAMS, "--tiny",
                               "--rounds", "1", "--seconds", "0.001"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        rows = [line.split("|")[1].strip() for line in done.stdout.splitlines()[2:]]
        self.assertEqual(len(rows), len(set(rows)))
        self.assertTrue({"adamw", "lamb", "muon", "adamw-ema"} <= set(rows))

    def test_refuses_an_unknown_case(self):
        done = run("--tiny", "--case", "mlp7")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("mlp7", done.stderr)


class Bars(unittest.TestCase):
    def judged(self, conditions, **changes):
        _, met, fraction = bars.judge(row(**changes), conditions)
        return met, fraction

    def test_a_ratio_is_met_by_itself_or_by_the_floor(self):
        self.assertEqual(self.judged([("ratio", 5)]), (True, 1.0))
        self.assertEqual(self.judged([("ratio", 10)]), (False, 0.5))
        self.assertEqual(self.judged([("ratio", 10)], floor_share=0.8), (True, 1.0))
        self.assertEqual(self.judged([("ratio", 10)], floor_share=0.79), (False, 0.5))

    def test_a_named_mode_is_the_one_compared_with(self):
        self.assertEqual(self.judged([("ratio eager", 7)]), (True, 1.0))
        self.assertEqual(self.judged([("ratio cuda-graph", 7)]), (None, None))

    def test_every_condition_counts(self):
        self.assertEqual(self.judged([("ratio", 5), ("share", 0.8)]), (False, 0.6 / 0.8))

    def test_times_and_slowdowns(self):
        self.assertEqual(self.judged([("us", 20)]), (True, 2.0))
        self.assertEqual(self.judged([("slowdown", 3.5)], base_us=2.0), (False, 0.7))
        self.assertEqual(self.judged([("slowdown", 3.5)]), (None, None))

    def test_nothing_is_asked_of_bf16_without_its_units(self):
        self.assertEqual(bars.bar("mlp1024-bf16-b1024", {"cpu_flags": ["avx2"]}), [])
        self.assertEqual(bars.bar("mlp1024-bf16-b1024", {"cpu_flags": ["amx_bf16", "avx512_bf16"]}), [("ratio", 5)])


class Tables(unittest.TestCase):
    def test_a_row_of_each_sort(self):
        self.assertEqual(table.line(row()),
                         "| x | 10.0 | 50.0 compile | 5.00× | 6.00 | 60 % | ≥ 7× | no, 71 % of it |")
        self.assertEqual(table.line(row(peer_us=None, ratio=None, floor_us=None, floor_share=None, met=None)),
                         "| x | 10.0 | – | – | – | – | ≥ 7× | – |")
        self.assertEqual(table.line(row(status="failed: wrong value")),
                         "| x | failed: wrong value | | | | | ≥ 7× | – |")

    def test_the_sample(self):
        here = os.path.join(ROOT, "tests", "bench")
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            table.main([os.path.join(here, "sample.json")])
        with open(os.path.join(here, "sample.md"), encoding="utf-8") as file:
            self.assertEqual(said.getvalue(), file.read())

    def test_the_pages_show_the_committed_results(self):
        pages = [os.path.join(ROOT, name) for name in ("README.md", "docs/benchmarks.md")]
        self.assertEqual(table.main(["--check", RESULTS, *pages]), 0)

    def test_stale_tables_are_refused(self):
        for wanted in ("all", "adam-10m mlp128-b16"):
            with tempfile.TemporaryDirectory() as folder:
                page = os.path.join(folder, "page.md")
                with open(page, "w", encoding="utf-8") as file:
                    file.write(f"a\n<!-- measured: {wanted} -->\nold\n{table.END}\nb\n")
                with self.assertRaises(SystemExit):
                    table.main(["--check", RESULTS, page])
                table.main(["--write", RESULTS, page])
                self.assertEqual(table.main(["--check", RESULTS, page]), 0)
                with open(page, encoding="utf-8") as file:
                    text = file.read()
                self.assertTrue(text.startswith(f"a\n<!-- measured: {wanted} -->\n\n"))
                self.assertTrue(text.endswith(f"\n{table.END}\nb\n"))

    def test_a_short_table_has_the_named_cases_in_order(self):
        def result(name, **changes):
            return {"machine": {"cpu": name, "threads": 2} | changes, "cases": [row(), row(case="y", ratio=0.5)]}

        self.assertEqual(table.short([result("A"), result("B", gpu="G")], ["y", "x"]), table.SHORT_HEAD +
                         "| A, 2 threads | y | 10.0 | 50.0 compile | 0.50× | 60 % |\n"
                         "| G | y | 10.0 | 50.0 compile | 0.50× | 60 % |\n"
                         "| A, 2 threads | x | 10.0 | 50.0 compile | 5.00× | 60 % |\n"
                         "| G | x | 10.0 | 50.0 compile | 5.00× | 60 % |\n")
        self.assertEqual(table.short_line("G", row(status="failed: wrong value")),
                         "| G | x | failed: wrong value | | | |\n")
        with self.assertRaises(SystemExit):
            table.short([result("A")], ["z"])

    def test_names_of_machines(self):
        self.assertEqual(machine.slug("Intel(R) Xeon(R) Processor 2 threads"), "intel-xeon-2-threads")
        self.assertEqual(machine.slug("NVIDIA H200"), "nvidia-h200")


if __name__ == "__main__":
    unittest.main()
