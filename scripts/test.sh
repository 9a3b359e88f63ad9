#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds everything and runs everything: the optimised build (with the CUDA objects where nvcc is), the CUDA kernels on the
# host under the address and undefined-behaviour sanitizers, the threads under the thread sanitizer, the installed package,
# and the lint. Prints one summary.
set -uo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh --tests || exit 1
jobs=$(nproc)
mkdir -p build
passed=0 failed=0 skipped=0
summary=()

# stage NAME COMMAND...: one build or check that is either right or wrong.
stage() {
  local name=$1 log="build/log-${1// /-}.txt" start=$SECONDS
  shift
  echo "== $name"
  if "$@" >"$log" 2>&1; then
    passed=$((passed + 1))
    summary+=("ok      $name ($((SECONDS - start)) s)")
  else
    failed=$((failed + 1))
    summary+=("FAILED  $name ($((SECONDS - start)) s), log: $log")
    tail -n 40 "$log"
    return 1
  fi
}

# tests PRESET [REGEX]: counts each test by itself.
tests() {
  local preset=$1 log="build/log-ctest-$1.txt" start=$SECONDS ran bad skip
  echo "== tests: $preset"
  ctest --test-dir "build/$preset" --output-on-failure -j "$jobs" ${2:+-R "$2"} >"$log" 2>&1
  ran=$(grep -cE '^ *[0-9]+/[0-9]+ Test ' "$log")
  skip=$(grep -cE '^ *[0-9]+/[0-9]+ Test .*\*\*\*Skipped' "$log")
  bad=$(grep -cE '^ *[0-9]+/[0-9]+ Test .*(\*\*\*(Failed|Timeout|Exception|Not Run)|Subprocess aborted|\(Child)' "$log")
  if [ "$ran" -eq 0 ]; then bad=1; fi
  passed=$((passed + ran - bad - skip)) failed=$((failed + bad)) skipped=$((skipped + skip))
  summary+=("$([ "$bad" -eq 0 ] && echo 'ok    ' || echo FAILED)  tests: $preset: $ran run, $bad failed, $skip skipped ($((SECONDS - start)) s)")
  [ "$bad" -eq 0 ] || grep -E '(\*\*\*(Failed|Timeout|Exception)|FAILED|Failure|error:|ERROR:)' "$log" | head -n 60
}

build() {
  local preset=$1
  shift
  cmake --preset "$preset" "$@" && cmake --build "build/$preset" -j "$jobs"
}

stage "build release" build release && tests release
stage "build cuda-emulated" build cuda-emulated && tests cuda-emulated
stage "build tsan" bash -c "cmake --preset tsan && cmake --build build/tsan -j $jobs --target test_device test_exec test_data test_api" &&
  tests tsan '^(ThreadPool|ParallelChunks|Loader|Executable|On/Executable|On/Session|Dataset)'
stage "install and consume" tests/install/run.sh
stage "lint" scripts/lint.sh

echo
printf '%s\n' "${summary[@]}"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
