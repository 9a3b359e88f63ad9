#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# On a machine with an NVIDIA GPU, in under ten minutes: every test on the device, the kernels' tests under compute-sanitizer
# with one allocation per buffer, the demo, and the benchmarks beside PyTorch, whose table it prints last. It builds what it
# needs, or takes the binaries under WEFT_BUILD_DIR. Writes to ${OUT:-bench/results}: tests.txt, sanitizer.txt, demo.txt, and
# the benchmarks' JSON and Markdown. WEFT_TORCH_PYTHON names a Python with PyTorch for CUDA (default: python3).
#   scripts/gpu.sh            everything
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
# Where the CUDA libraries came with PyTorch only, weft finds cuBLASLt there.
if ! ldconfig -p | grep -q libcublasLt; then
  folders=$("$python" -c 'import glob, sysconfig; print(":".join(glob.glob(sysconfig.get_path("purelib") + "/nvidia/*/lib")))')
  export LD_LIBRARY_PATH="$folders${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
fi
if [ -d /dev/shm ]; then export TMPDIR=/dev/shm; fi  # values under check are gigabytes
status=0

run_tests() {
  local name
  : >"$out/tests.txt"
  for name in "$WEFT_BUILD_DIR"/tests/test_*; do
    [ -x "$name" ] && [ -f "$name" ] || continue
    echo "== $(basename "$name")" >>"$out/tests.txt"
    timeout 120 "$name" --gtest_brief=1 >>"$out/tests.txt" 2>&1 || { status=1; echo "FAILED: $(basename "$name")"; }
  done
  grep -E '^== |PASSED|FAILED|SKIPPED' "$out/tests.txt"
}

run_sanitizer() {
  local tool name log
  : >"$out/sanitizer.txt"
  command -v compute-sanitizer >/dev/null || { echo "no compute-sanitizer here"; return; }
  for tool in memcheck racecheck synccheck; do
    for name in test_kernels test_api test_bench; do
      log=$(mktemp)
      WEFT_NO_CACHE=1 timeout 60 compute-sanitizer --tool "$tool" --error-exitcode 1 \
        "$(find "$WEFT_BUILD_DIR/tests" -name "$name" -type f | head -n 1)" --gtest_brief=1 --gtest_filter='*cuda*:Bench*' \
        >"$log" 2>&1
      case $? in
        0) echo "$tool $name: no errors" ;;
        124) echo "$tool $name: stopped after a minute; no verdict" ;;
        *) status=1; echo "$tool $name: ERRORS, see sanitizer.txt" ;;
      esac
      { echo "== $tool $name"; tail -n 40 "$log"; } >>"$out/sanitizer.txt"
      rm -f "$log"
    done
  done
}

run_demo() {
  local folder
  folder=$(mktemp -d)
  "$WEFT_BUILD_DIR/examples/digits" --device cuda --out "$folder" >"$out/demo.txt" 2>&1 || status=1
  tail -n 2 "$out/demo.txt"
  rm -rf "$folder"
}

run_bench() {
  "$python" bench/driver/run.py --programs "$WEFT_BUILD_DIR/bench" --device cuda --out "$out" "$@" || status=1
}

if [ "${1:-}" = bench ]; then
  shift
  run_bench "$@"
else
  run_tests
  run_sanitizer
  run_demo
  run_bench --quick --seconds 300
fi
exit $status
