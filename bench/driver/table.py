#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Markdown from the JSON files of bench/results.
    table.py FILE                       prints one file's table
    table.py --readme README.md RESULTS puts the newest table of each machine between the README's markers
    table.py --check README.md RESULTS  fails when the README's tables are not the ones that --readme would put there"""
import json
import os
import sys

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
HEAD = ("| case | weft µs | PyTorch µs | ratio | floor µs | share of the floor | bar | met |\n"
        "|---|---|---|---|---|---|---|---|\n")


def number(value):
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def verdict(row):
    if row["met"] is None:
        return "–"
    return "yes" if row["met"] else f"no, {100 * row['fraction']:.0f} % of it"


def line(row):
    if row["status"] != "ok":
        return f"| {row['case']} | {row['status']} | | | | | {row['bar']} | – |"
    peer = "–" if row["peer_us"] is None else f"{number(row['peer_us'])} {row['peer']}"
    ratio = "–" if row["ratio"] is None else f"{row['ratio']:.2f}×"
    share = "–" if row["floor_share"] is None else f"{100 * row['floor_share']:.0f} %"
    return (f"| {row['case']} | {number(row['weft_us'])} | {peer} | {ratio} | {number(row['floor_us'])} | {share} | "
            f"{row['bar']} | {verdict(row)} |")


def markdown(result):
    machine, versions = result["machine"], result["versions"]
    torch = f"PyTorch {versions['torch']}" if versions["torch"] else "without PyTorch"
    checked = [row["check"] for row in result["cases"] if row["status"] == "ok" and "check" in row]
    values = f"{sum(isinstance(check, dict) for check in checked)} of {len(checked)} cases checked against f64"
    where = machine.get("gpu") or f"{machine['cpu']}, {machine['threads']} threads"
    text = f"{result['date']}, {where}, {torch}; {values}; medians of {result['rounds']} rounds by turns.\n\n"
    return text + HEAD + "".join(line(row) + "\n" for row in result["cases"])


def newest(folder):
    """The newest result of each machine."""
    found = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".json"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                result = json.load(file)
            found[result["machine"]["name"]] = result
    return [found[name] for name in sorted(found)]


def section(folder):
    tables = [markdown(result) for result in newest(folder)]
    return "\n" + ("\n".join(tables) if tables else "No results are committed yet.\n")


def with_section(text, folder):
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"the file has no {BEGIN} ... {END}")
    return before + begin + "\n" + section(folder) + "\n" + end + after


def main(arguments):
    if len(arguments) == 1:
        with open(arguments[0], encoding="utf-8") as file:
            print(markdown(json.load(file)), end="")
        return 0
    if len(arguments) != 3 or arguments[0] not in ("--readme", "--check"):
        sys.exit(__doc__)
    action, readme, folder = arguments
    with open(readme, encoding="utf-8") as file:
        text = file.read()
    wanted = with_section(text, folder)
    if action == "--check":
        if text != wanted:
            sys.exit(f"{readme}: its tables differ from {folder}; run bench/driver/table.py --readme {readme} {folder}")
    else:
        with open(readme, "w", encoding="utf-8") as file:
            file.write(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
