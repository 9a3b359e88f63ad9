#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds weft and trains a small network on handwritten digits. Arguments go to the program: see `scripts/demo.sh --help`.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
# Compiling the CUDA kernels takes minutes: only where a GPU can run them.
cuda=OFF
if command -v nvidia-smi >/dev/null && nvidia-smi -L >/dev/null 2>&1; then cuda=AUTO; fi
log=build/demo.log
mkdir -p build
echo "Building (log in $log) ..."
if ! { cmake -S . -B build/demo -G Ninja -DCMAKE_BUILD_TYPE=Release -DWEFT_CUDA=$cuda -DWEFT_BUILD_TESTS=OFF &&
       cmake --build build/demo --target digits; } >"$log" 2>&1; then
  tail -n 30 "$log"
  exit 1
fi
exec build/demo/examples/digits "$@"
