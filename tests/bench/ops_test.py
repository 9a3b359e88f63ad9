#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The sweep over ops has a case for every public function, and each case runs: ops_test.py PROGRAMS."""
import pathlib
import re
import sys
import tempfile

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "bench/driver"))
from weft import Weft  # noqa: E402


def public_functions():
    names = set()
    fn = (root / "core/scalar/include/weft/fn.h").read_text()
    names.update(re.findall(r"^ *X\(\w+, (\w+)\)", fn, re.MULTILINE))
    headers = [root / "core/api/include/weft" / name for name in ("ops.h", "elementwise.h", "random.h", "array.h",
                                                             "statistics.h", "conv.h", "pool.h", "resize.h")]
    for header in [*headers, *(root / "layers/functional/include/weft").glob("*.h")]:
        text = header.read_text()
        names.update(re.findall(r"^(?:\[\[nodiscard\]\] )?(?:Tensor|std::vector<Tensor>|std::pair<Tensor, Tensor>|"
                                r"RowLoss|BatchNormResult|Unique) (\w+)\(", text, re.MULTILINE))
    names -= {"softmax_cross_entropy", "only_weight"}  # parts of losses
    names -= {"identity", "straight_through", "gradient_penalty"}  # no work; no work; a function of a function
    return names


def main():
    weft = Weft(sys.argv[1] + "/bench_weft", "cpu", 2)
    cases = weft.ask("ops").split()
    swept = {case.split("-")[1] for case in cases}
    functions = public_functions()
    assert len(functions) > 80, functions
    missing = functions - swept
    assert not missing, f"bench/cases/ops.cpp has no case for {sorted(missing)}"
    with tempfile.NamedTemporaryFile() as file:
        for case in cases:
            weft.open(case, True)
            weft.ask(f"probe {file.name}")
            weft.run(0, 1)
    weft.close()


if __name__ == "__main__":
    main()
