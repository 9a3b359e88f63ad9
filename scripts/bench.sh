#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Benchmarks weft beside PyTorch on this machine's CPU: installs PyTorch (scripts/torch.sh), builds weft, runs both by turns
# and writes bench/results/<date>-<machine>.json and a table made from it.
#   scripts/bench.sh                  everything; leave the machine alone meanwhile
#   scripts/bench.sh --quick          fewer and shorter rounds, under 5 minutes
#   scripts/bench.sh --case NAME      one case; --list names them. --help has the rest
#   scripts/bench.sh --ops            every op of the public API alone, with each instruction set of this machine
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
build=build/bench
mkdir -p "$build"
python=.venv-torch/bin/python
if ! scripts/torch.sh >"$build/torch.log" 2>&1; then
  "$python" -c 'import torch' 2>/dev/null || { tail -n 20 "$build/torch.log"; exit 1; }
  echo "PyTorch could not be brought up to date; the one that is here is used" >&2
fi
if ! { cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DWEFT_CUDA=OFF -DWEFT_BUILD_TESTS=OFF \
         -DWEFT_BUILD_EXAMPLES=OFF -DWEFT_BUILD_BENCH=ON &&
       cmake --build "$build"; } >"$build/build.log" 2>&1; then
  tail -n 30 "$build/build.log"
  exit 1
fi
# glibc then keeps freed memory instead of giving it back after every large result, which PyTorch would pay for.
export MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=17179869184
export TORCHINDUCTOR_CACHE_DIR=$PWD/$build/torch-cache
if [ "${1:-}" = "--ops" ]; then
  shift
  for isa in avx2 ""; do
    # PyTorch has the same width: its own kernels, and those of oneDNN.
    if [ -n "$isa" ]; then export ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2; else unset ATEN_CPU_CAPABILITY ONEDNN_MAX_CPU_ISA; fi
    WEFT_ISA=$isa "$python" bench/driver/ops.py --programs "$build/bench" --out bench/results "$@"
  done
  exit
fi
exec "$python" bench/driver/run.py --programs "$build/bench" --out bench/results "$@"
