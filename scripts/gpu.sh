#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# On a machine with an NVIDIA GPU: builds (or takes the binaries under WEFT_BUILD_DIR), runs the suite on the device, the
# suite again under compute-sanitizer with one allocation per buffer, the demo and the benchmarks. Results go to
# ${OUT:-bench/results}.
set -uo pipefail
cd "$(dirname "$0")/.."

out=${OUT:-bench/results}
mkdir -p "$out"
nvidia-smi -L || { echo "no NVIDIA driver here" >&2; exit 1; }
if [ -z "${WEFT_BUILD_DIR:-}" ]; then
  WEFT_BUILD_DIR=build/cuda
  cmake --preset cuda && cmake --build "$WEFT_BUILD_DIR" -j "$(nproc)" || exit 1
fi

status=0
for test in "$WEFT_BUILD_DIR"/tests/test_*; do
  [ -x "$test" ] && [ -f "$test" ] || continue
  name=$(basename "$test")
  "$test" --gtest_brief=1 --gtest_output="json:$out/$name.json" || status=1
done
if command -v compute-sanitizer >/dev/null; then
  for name in test_kernels test_api test_layers test_optim; do
    for tool in memcheck racecheck synccheck; do
      WEFT_NO_CACHE=1 compute-sanitizer --tool "$tool" --error-exitcode 1 "$WEFT_BUILD_DIR/tests/$name" \
        --gtest_brief=1 --gtest_filter='*cuda*' >"$out/$tool-$name.txt" 2>&1 || { status=1; tail -n 20 "$out/$tool-$name.txt"; }
    done
  done
fi
"$WEFT_BUILD_DIR/examples/digits" --device cuda --out "$out/digits" || status=1
if [ -x "$WEFT_BUILD_DIR/bench/bench_steps" ]; then
  "$WEFT_BUILD_DIR/bench/bench_steps" --benchmark_out="$out/steps.json" --benchmark_out_format=json || status=1
fi
nvidia-smi --query-gpu=name,driver_version,clocks.sm,clocks.max.sm --format=csv >"$out/gpu.csv"
exit $status
