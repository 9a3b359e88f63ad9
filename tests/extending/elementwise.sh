#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# docs/extending/elementwise.md, word for word: elementwise.sh BUILD_DIRECTORY COMPILER.
. "$(dirname "$0")/follow.sh"

[ "${#places[@]}" -eq 3 ] || die "the page names ${#places[@]} places, not 3"
# Every file that has read the list of functions in the build: with the enumeration changed, no object of theirs fits.
mapfile -t readers < <(ninja -C "$build" -t deps | awk '
  /^[^ ]/ {source = ""; next}
  source == "" {source = $1}
  /core\/scalar\/include\/weft\/fn\.h$/ {print source}' | sort -u | (cd "$build" && xargs -r realpath -e --relative-base="$root") |
  grep -v '^/\|^build\|\.cu$' | sort -u)
[ "${#readers[@]}" -gt 50 ] || die "only ${#readers[@]} files of the build read the list of functions: build everything first"

apply 1
if compile core/ops/elementwise.cpp; then die "a function without a formula compiles"; fi
grep -qE 'incomplete type|undefined template' errors || die "expected an incomplete type: $(head -n 5 errors)"

apply 2
check() {
  local command
  command=$(command_of "$1")
  if ! (cd "$build" && eval "$command -fsyntax-only $tree/$1") >"$tree/said_${1//\//_}" 2>&1; then
    echo "$1: $(head -n 20 "$tree/said_${1//\//_}")"
    return 1
  fi
}
export -f check command_of
export build root tree
# The CUDA files in any build, as the emulator compiles them: nvcc takes minutes for some.
if command -v clang++ >/dev/null; then
  includes=(-I. -Itests/emulator/include)
  for folder in core/*/include; do includes+=("-I$folder"); done
  for file in kernels/elementwise/cuda/*.cu kernels/activation/*.cu; do
    clang++ -x c++ -std=c++20 -DWEFT_CUDA_EMULATED=1 -DWEFT_HAS_CUDA=1 "${includes[@]}" -ffp-contract=off -Wall -Wextra \
      -Wno-unknown-pragmas -Wno-pass-failed -Werror -fsyntax-only "$file" 2>errors || die "$file: $(head -n 20 errors)"
  done
fi
printf '%s\n' "${readers[@]}" | xargs -P "$(nproc)" -I{} bash -c 'check {}' >unfit || die "$(cat unfit)"

# The rows against the formulas, in a program by themselves.
link_rows() { "$compiler" objects/{core_scalar,tests_kernels_elementwise}_*.o -o test_rows -lgtest_main -lgtest -lpthread; }
must_compile core/scalar/functions.cpp
for file in tests/kernels/elementwise/pointwise_functions{,_test}.cpp; do must_compile "$file"; done
link_rows
fails rows 'PointwiseRows.*' 'test rows for exp2'

apply 3
must_compile tests/kernels/elementwise/pointwise_functions.cpp
link_rows
run rows 'PointwiseRows.*'

# The derivatives of all functions, with what these need of the library.
for file in "${readers[@]}"; do
  case $file in
    core/scalar/functions.cpp) ;;
    core/ops/* | core/autodiff/* | core/program/ending.cpp | tests/core/autodiff/*) must_compile "$file" ;;
  esac
done
link autodiff tests/core/autodiff
run autodiff 'Derivatives.OfElementwiseFunctions:Derivatives.EveryDifferentiableOpHasARow'
