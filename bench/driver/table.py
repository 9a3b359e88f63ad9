#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Markdown from the JSON files of bench/results.
    table.py FILE                       prints one file's table
    table.py --write RESULTS PAGE...    puts tables between the markers of pages, from the newest file of each machine
    table.py --check RESULTS PAGE...    fails when the pages' tables are not the ones that --write would put there
A page begins its tables with <!-- measured: all --> for everything, or names cases for one short table:
<!-- measured: mlp128-b16 adam-10m -->. The line <!-- measured: end --> ends them."""
import json
import os
import re
import sys

BEGIN, END = re.compile(r"<!-- measured: (?!end )([^\n]+) -->\n"), "<!-- measured: end -->"
HEAD = ("| case | weft µs | PyTorch µs | ratio | floor µs | share of the floor | bar | met |\n"
        "|---|---|---|---|---|---|---|---|\n")
SHORT_HEAD = ("| machine | case | weft µs | PyTorch µs | ratio | share of the floor |\n"
              "|---|---|---|---|---|---|\n")


def number(value):
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def verdict(row):
    if row["met"] is None:
        return "–"
    return "yes" if row["met"] else f"no, {100 * row['fraction']:.0f} % of it"


def compared(row):
    """The peer's time, the ratio and the share of the floor as texts."""
    peer = "–" if row["peer_us"] is None else f"{number(row['peer_us'])} {row['peer']}"
    ratio = "–" if row["ratio"] is None else f"{row['ratio']:.2f}×"
    return peer, ratio, "–" if row["floor_share"] is None else f"{100 * row['floor_share']:.0f} %"


def line(row):
    if row["status"] != "ok":
        return f"| {row['case']} | {row['status']} | | | | | {row['bar']} | – |"
    peer, ratio, share = compared(row)
    return (f"| {row['case']} | {number(row['weft_us'])} | {peer} | {ratio} | {number(row['floor_us'])} | {share} | "
            f"{row['bar']} | {verdict(row)} |")


def short_line(where, row):
    if row["status"] != "ok":
        return f"| {where} | {row['case']} | {row['status']} | | | |\n"
    return f"| {where} | {row['case']} | {number(row['weft_us'])} | " + " | ".join(compared(row)) + " |\n"


def place(result):
    machine = result["machine"]
    return machine.get("gpu") or f"{machine['cpu']}, {machine['threads']} threads"


def markdown(result):
    versions = result["versions"]
    torch = f"PyTorch {versions['torch']}" if versions["torch"] else "without PyTorch"
    checked = [row["check"] for row in result["cases"] if row["status"] == "ok" and "check" in row]
    values = f"{sum(isinstance(check, dict) for check in checked)} of {len(checked)} cases checked against f64"
    text = f"{result['date']}, {place(result)}, {torch}; {values}; medians of {result['rounds']} rounds by turns.\n\n"
    return text + HEAD + "".join(line(row) + "\n" for row in result["cases"])


def newest(folder):
    """The newest result of each machine."""
    found = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".json") and not name.startswith(("ops-", "read-table-")):  # not of run.py
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                result = json.load(file)
            found[result["machine"]["name"]] = result
    return [found[name] for name in sorted(found)]


def full(results):
    return "\n".join(markdown(result) for result in results) if results else "No results are committed yet.\n"


def short(results, names):
    """One table of these cases, in this order. A name that no machine has measured ends the program."""
    lines = []
    for name in names:
        rows = [(place(result), row) for result in results for row in result["cases"] if row["case"] == name]
        if not rows:
            sys.exit(f"no machine has measured the case {name}")
        lines += [short_line(where, row) for where, row in rows]
    return SHORT_HEAD + "".join(lines)


def with_tables(text, folder, page):
    begin = BEGIN.search(text)
    end = text.find(END, begin.end()) if begin else -1
    if end < 0:
        sys.exit(f"{page}: has no <!-- measured: ... --> with {END} behind it")
    results, wanted = newest(folder), begin[1]
    tables = full(results) if wanted == "all" else short(results, wanted.split())
    return text[:begin.end()] + "\n" + tables + "\n" + text[end:]


def main(arguments):
    if len(arguments) == 1:
        with open(arguments[0], encoding="utf-8") as file:
            print(markdown(json.load(file)), end="")
        return 0
    if len(arguments) < 3 or arguments[0] not in ("--write", "--check"):
        sys.exit(__doc__)
    action, folder, *pages = arguments
    for page in pages:
        with open(page, encoding="utf-8") as file:
            text = file.read()
        wanted = with_tables(text, folder, page)
        if action == "--check" and text != wanted:
            sys.exit(f"{page}: its tables differ from {folder}; run bench/driver/table.py --write {folder} {page}")
        if action == "--write":
            with open(page, "w", encoding="utf-8") as file:
                file.write(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
