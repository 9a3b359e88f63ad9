#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fuzzes every reader of files for some seconds each, under the address and undefined-behavior sanitizers:
# `scripts/fuzz.sh` for 60, `scripts/fuzz.sh 8 csv gzip` for 8 and these two. What ends a reader is kept in
# build/fuzz/found; it goes to tests/fuzz/corpus/<reader> together with the fix.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-60}
readers=("${@:2}")
[ "${#readers[@]}" -gt 0 ] || mapfile -t readers < <(basename -s .cpp tests/fuzz/*.cpp)
cmake --preset cuda-emulated >/dev/null
cmake --build build/cuda-emulated -j "$(nproc)" --target "${readers[@]/#/fuzz_}" >build/log-fuzz-build.txt ||
  { tail -n 40 build/log-fuzz-build.txt; exit 1; }

# Freed memory is kept for a while and stacks of allocations are recorded to less depth: twice the inputs.
export ASAN_OPTIONS=quarantine_size_mb=8:malloc_context_size=6
mkdir -p build/fuzz/found
fuzz() {
  local seconds=$1 reader=$2 log=build/fuzz/$2.txt
  mkdir -p "build/fuzz/$reader"  # inputs that reach new branches, for the next time
  # An input may take half a GiB and a minute, because machines stall; what it takes beyond is a fault, too.
  if build/cuda-emulated/tests/fuzz/fuzz_"$reader" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=2048 \
       -malloc_limit_mb=512 -max_len=2048 -print_final_stats=1 -artifact_prefix="build/fuzz/found/$reader-" \
       "build/fuzz/$reader" "tests/fuzz/corpus/$reader" >"$log" 2>&1; then
    awk -v reader="$reader" '/number_of_executed_units/ {n = $2} /new_units_added/ {m = $2}
                             END {printf "%-13s %9d inputs, %d of them new\n", reader, n, m}' "$log"
  else
    echo "$reader: FAILED, log: $log"
    grep -E 'ERROR|SUMMARY|runtime error|Test unit written' "$log" || tail -n 20 "$log"
    return 1
  fi
}
export -f fuzz
# One reader per processor. The exit status is not 0 if that of one is not.
printf '%s\0' "${readers[@]}" | xargs -0 -P "$(nproc)" -I{} bash -c 'fuzz "$1" "$2"' fuzz "$seconds" {}
