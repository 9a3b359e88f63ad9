#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Follows "Adding an elementwise function" in CONTRIBUTING.md on a copy of the tree: walkthrough.sh COMPILER.
# Compiles only what shows each promise; the copy's whole test suite would take minutes.
set -euo pipefail
compiler=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
cp -r "$root/core" "$root/tests" "$root/CONTRIBUTING.md" "$tree"
cd "$tree"

die() {
  echo "contributing_walkthrough: $*" >&2
  exit 1
}

# Blocks follow a line <!-- walkthrough: FILE before: TEXT -->; `apply N` puts block N before the line that holds TEXT.
mapfile -t places < <(sed -n 's/^<!-- walkthrough: \(.*\) -->$/\1/p' CONTRIBUTING.md)
[ "${#places[@]}" -eq 3 ] || die "CONTRIBUTING.md names ${#places[@]} places, not 3"

apply() {
  local place=${places[$(($1 - 1))]}
  local file=${place%% before: *} anchor=${place#* before: }
  [ "$(grep -cF -- "$anchor" "$file")" -eq 1 ] || die "$file does not have exactly one line with $anchor"
  awk -v n="$1" '/^<!-- walkthrough: /{seen++; next} /^```/{if (seen == n) {inside = !inside; if (!inside) exit} next}
                 inside' CONTRIBUTING.md >block
  [ -s block ] || die "block $1 is empty"
  anchor=$anchor awk 'index($0, ENVIRON["anchor"]) {while ((getline line < "block") > 0) print line} {print}' "$file" >edited
  mv edited "$file"
}

flags=(-std=c++20 -ffp-contract=off -Wall -Wextra -Wconversion -Wno-sign-conversion -Wshadow -Werror -I.)
for folder in core/*/include; do flags+=("-I$folder"); done
compile_op() { "$compiler" "${flags[@]}" -fsyntax-only core/ops/elementwise.cpp 2>errors; }
# The completeness test itself, without the rest of its program.
rows_are_complete() {
  "$compiler" "${flags[@]}" -O0 tests/kernels/elementwise/pointwise_functions.cpp tests/kernels/elementwise/pointwise_functions_test.cpp \
    -o rows -lgtest_main -lgtest -lpthread || die "the test rows do not compile"
  ./rows >report 2>&1
}

apply 1
if compile_op; then die "a function without a formula compiles"; fi
grep -qE 'incomplete type|undefined template' errors || die "expected an incomplete type: $(head -n 5 errors)"

apply 2
compile_op || die "the formula does not compile: $(head -n 20 errors)"
if rows_are_complete; then die "a function without a test row passes"; fi
grep -q 'test rows for mish' report || die "the test does not name the function: $(cat report)"

apply 3
rows_are_complete || die "the test row is not found: $(cat report)"
