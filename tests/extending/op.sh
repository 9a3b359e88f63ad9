#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# docs/extending/op.md, word for word: op.sh BUILD_DIRECTORY COMPILER.
. "$(dirname "$0")/follow.sh"

[ "${#places[@]}" -eq 17 ] || die "the page names ${#places[@]} places, not 17"
for ((i = 1; i <= 11; ++i)); do apply "$i"; done
must_compile core/ops/rotate.cpp core/ops/sort.cpp
must_compile kernels/rotate/rotate_cpu.cpp kernels/table.cpp
for file in core/ops/list.cpp kernels/table.cpp core/api/tensor/ops.cpp; do must_compile "$file"; done
# The CUDA kernel, where the build has a compiler for it.
if [ -n "$(command_of kernels/rotate/rotate_cuda.cu kernels/movement/movement_cuda.cu)" ]; then
  must_compile kernels/rotate/rotate_cuda.cu kernels/movement/movement_cuda.cu
fi
link kernels tests/kernels
fails kernels 'KernelRows.EveryOpAndEveryKernelHasARow' 'no test row for op rotate'
link ops tests/core/ops
fails ops 'ShapeRules.EveryOpHasARow' 'rotate'

for ((i = 12; i <= 17; ++i)); do apply "$i"; done
must_compile tests/kernels/rotate/rotate_cases.cpp tests/kernels/support/kernel_cases.cpp
for file in tests/kernels/support/kernel_cases.cpp tests/core/ops/shape_rules_test.cpp \
  tests/core/autodiff/{derivative_cases,interpreter_movement}.cpp; do
  must_compile "$file"
done
link kernels tests/kernels
run kernels '*rotate*:KernelRows.EveryOpAndEveryKernelHasARow:BatchRows.*'
link ops tests/core/ops
run ops 'ShapeRules.*:Registry.*'
link autodiff tests/core/autodiff
run autodiff 'Derivatives.*'
