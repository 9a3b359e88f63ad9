# SPDX-License-Identifier: Apache-2.0
"""weft's side: the program bench_weft behind a pipe."""
import os
import subprocess
import time


class Failed(Exception):
    """The case gave an error or a wrong value."""


class Weft:
    def __init__(self, program, device, threads):
        self._process = subprocess.Popen([program, device, str(threads)], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True, bufsize=1)

    def ask(self, command):
        """One command, the words of its answer."""
        try:
            self._process.stdin.write(command + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise Failed(f"bench_weft ended with status {self._process.wait()} at '{command}'")
        verdict, _, rest = answer.rstrip("\n").partition(" ")
        if verdict != "ok":
            raise Failed(rest)
        return rest

    def cases(self):
        return self.ask("list").split()

    def open(self, case, tiny):
        """What the case is: its key=value words; numbers and lists of numbers as such."""
        return facts(self.ask(f"open {case}" + (" tiny" if tiny else "")))

    def run(self, seconds, burst):
        """Microseconds per step, one number per burst."""
        return [float(word) for word in self.ask(f"run {seconds} {burst}").split()]

    def close(self):
        self._process.stdin.close()
        self._process.wait()


def facts(text):
    def value(word):
        if "," in word:
            return [value(part) for part in word.split(",")]
        for number in (int, float):
            try:
                return number(word)
            except ValueError:
                pass
        return word

    return {key: value(word) for key, word in (pair.split("=", 1) for pair in text.split() if "=" in pair)}


def start_microseconds(command):
    """From starting a program to its first line of output."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    line = process.stdout.readline()
    elapsed = time.perf_counter() - begin
    process.stdout.close()
    if process.wait() != 0 or not line.startswith("loss"):
        raise Failed(f"{os.path.basename(command[0])} did not finish a step")
    return elapsed * 1e6
