#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# On a machine with an NVIDIA GPU, in under ten minutes: every test on the device, the kernels' tests under compute-sanitizer
# with one allocation per buffer, the demo, and the benchmarks beside PyTorch, whose table it prints last. It builds what it
# needs, or takes the binaries under WEFT_BUILD_DIR. Writes to ${OUT:-bench/results}: tests.txt, sanitizer.txt, demo.txt, and
# the benchmarks' JSON and Markdown. WEFT_TORCH_PYTHON names a Python with PyTorch for CUDA (default: python3).
#   scripts/gpu.sh            everything
#   scripts/gpu.sh tests      the tests, compute-sanitizer and the demo alone
#   scripts/gpu.sh bench ...  the benchmarks alone; arguments as of scripts/bench.sh
set -uo pipefail
cd "$(dirname "$0")/.."

out=${OUT:-bench/results}
python=${WEFT_TORCH_PYTHON:-python3}
mkdir -p "$out"
nvidia-smi -L || { echo "no NVIDIA driver here" >&2; exit 1; }
if [ -z "${WEFT_BUILD_DIR:-}" ]; then
  WEFT_BUILD_DIR=build/cuda
  cmake --preset cuda && cmake --build "$WEFT_BUILD_DIR" -j "$(nproc)" || exit 1
fi
# Where the CUDA libraries came with PyTorch only, weft finds cuBLASLt and cuDNN there.
installed=$(ldconfig -p)
if [[ $installed != *libcublasLt* || $installed != *libcudnn_graph* ]]; then
  folders=$("$python" -c 'import glob, sysconfig; print(":".join(glob.glob(sysconfig.get_path("purelib") + "/nvidia/*/lib")))')
  export LD_LIBRARY_PATH="$folders${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
fi
if [ -d /dev/shm ]; then export TMPDIR=/dev/shm; fi  # values under check are gigabytes
status=0
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# Runs a command in the background, its output in a log that ends with its exit status.
logged() {
  local log=$logs/$1
  shift
  { timeout 200 "$@" >"$log" 2>&1; echo "status $?" >>"$log"; } &
}

# Tests and sanitizers at once: each keeps the device busy for a small part of its time only.
run_tests() {
  local program name tool log
  rm -f "$out/tests.txt" "$out/sanitizer.txt"
  command -v compute-sanitizer >/dev/null || echo "no compute-sanitizer here"
  for program in "$WEFT_BUILD_DIR"/tests/test_* "$WEFT_BUILD_DIR"/tests/bench/test_*; do
    name=$(basename "$program")
    [ -x "$program" ] && [ -f "$program" ] || continue
    logged "test $name" "$program"
    case $name in test_kernels | test_api | test_bench) ;; *) continue ;; esac
    command -v compute-sanitizer >/dev/null || continue
    for tool in memcheck racecheck synccheck; do
      logged "$tool $name" env WEFT_NO_CACHE=1 compute-sanitizer --tool "$tool" --error-exitcode 9 "$program" \
        --gtest_brief=1 --gtest_filter='*cuda*:*Cuda*:Bench*'
    done
  done
  wait
  for log in "$logs"/*; do
    name=$(basename "$log")
    case "$name: $(tail -n 1 "$log")" in
      *"status 0") echo "$name: passed" ;;
      *check*"status 124") echo "$name: stopped after 200 s; no verdict" ;;
      *) status=1; echo "$name: FAILED, $(tail -n 1 "$log")" ;;
    esac
    case $name in
      test*) { echo "== $name"; grep -v '^\[       OK\|^\[ RUN\|^\[---' "$log"; tail -n 3 "$log"; } >>"$out/tests.txt" ;;
      *) { echo "== $name"; grep -v '^=========     Host Frame' "$log" | head -n 400; } >>"$out/sanitizer.txt" ;;
    esac
  done
}

run_demo() {
  "$WEFT_BUILD_DIR/examples/digits" --device cuda --out "$logs/demo" >"$out/demo.txt" 2>&1 || status=1
  tail -n 2 "$out/demo.txt"
}

run_bench() {
  "$python" bench/driver/run.py --programs "$WEFT_BUILD_DIR/bench" --device cuda --out "$out" "$@" || status=1
}

case ${1:-} in
  bench)
    shift
    run_bench "$@"
    ;;
  tests) run_tests && run_demo ;;
  *)
    run_tests
    run_demo
    run_bench --quick --seconds 300
    ;;
esac
exit $status
