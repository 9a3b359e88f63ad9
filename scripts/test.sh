#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds everything and runs everything: the optimized build (with the CUDA objects where nvcc is), the CUDA kernels on the
# host and the readers of files under the address and undefined-behavior sanitizers, the latter with inputs made up by
# fuzzers, the threads under the thread sanitizer, the installed package, the API reference and the lint. Prints one summary
# with the wall and CPU time (user and system, children included) of each.
set -uo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh --tests || exit 1
jobs=$(nproc)
mkdir -p build
passed=0 failed=0 skipped=0
summary=()

# Milliseconds of CPU that this shell and what it has waited for have used. `times` must not run in a subshell.
cpu_now() {
  times >build/times.txt
  cpu=$(awk '{for (i = 1; i <= NF; ++i) {split($i, part, "[ms]"); s += part[1] * 60 + part[2]}} END {printf "%d", s * 1000}' \
            build/times.txt)
}

minutes() { awk -v ms="$1" 'BEGIN {printf "%.1f", ms / 60000}'; }

begin() {
  echo "== $1"
  wall_start=$SECONDS
  cpu_now
  cpu_start=$cpu
}

# end WORD TEXT: the stage's line in the summary.
end() {
  cpu_now
  summary+=("$(printf '%-7s %s (%d s, %s CPU-minutes)' "$1" "$2" $((SECONDS - wall_start)) "$(minutes $((cpu - cpu_start)))")")
}

# stage NAME COMMAND...: one build or check that is either right or wrong.
stage() {
  local name=$1 log="build/log-${1// /-}.txt"
  shift
  begin "$name"
  if "$@" >"$log" 2>&1; then
    passed=$((passed + 1))
    end ok "$name"
  else
    failed=$((failed + 1))
    end FAILED "$name, log: $log"
    tail -n 40 "$log"
    return 1
  fi
}

# tests PRESET [REGEX]: counts each test by itself.
tests() {
  local preset=$1 log="build/log-ctest-$1.txt" ran bad skip
  begin "tests: $preset"
  ctest --test-dir "build/$preset" --output-on-failure -j "$jobs" ${2:+-R "$2"} >"$log" 2>&1
  ran=$(grep -cE '^ *[0-9]+/[0-9]+ Test ' "$log")
  skip=$(grep -cE '^ *[0-9]+/[0-9]+ Test .*\*\*\*Skipped' "$log")
  bad=$(grep -cE '^ *[0-9]+/[0-9]+ Test .*(\*\*\*(Failed|Timeout|Exception|Not Run)|Subprocess aborted|\(Child)' "$log")
  if [ "$ran" -eq 0 ]; then bad=1; fi
  passed=$((passed + ran - bad - skip)) failed=$((failed + bad)) skipped=$((skipped + skip))
  end "$([ "$bad" -eq 0 ] && echo ok || echo FAILED)" "tests: $preset: $ran run, $bad failed, $skip skipped"
  [ "$bad" -eq 0 ] || grep -E '(\*\*\*(Failed|Timeout|Exception)|FAILED|Failure|error:|ERROR:)' "$log" | head -n 60
}

build() {
  local preset=$1
  shift
  cmake --preset "$preset" "$@" && cmake --build "build/$preset" -j "$jobs"
}

# Without a GPU the CUDA objects are compiled and never run: nvcc may take the quick way, a fifth of the time.
quick=()
if ! nvidia-smi -L >/dev/null 2>&1 && [[ "$(nvcc --help 2>/dev/null)" == *--Ofast-compile* ]]; then
  quick=(-DCMAKE_CUDA_FLAGS=--Ofast-compile=mid)
fi

stage "build release" build release "${quick[@]}" && tests release
stage "build cuda-emulated" build cuda-emulated && tests cuda-emulated
stage "fuzz" scripts/fuzz.sh 60
stage "build tsan" bash -c "cmake --preset tsan && cmake --build build/tsan -j $jobs --target test_device test_exec test_data test_api" &&
  tests tsan '^(ThreadPool|ParallelChunks|Loader|Executable|On/Executable|On/Session|On/Snapshot|Threads|Dataset|Images)'
stage "install and consume" tests/install/run.sh
stage "api reference" scripts/reference.sh
stage "lint" scripts/lint.sh

cpu_now
echo
printf '%s\n' "${summary[@]}"
echo "$((SECONDS / 60)) minutes of wall time, $(minutes "$cpu") CPU-minutes"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
