#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the builds that are there to a fresh prefix, builds the consumer project against each, and runs it; then once more
# with weft as a sub-directory and as a shared library.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

consume() {  # NAME CMAKE-ARGUMENTS...
  local name=$1
  shift
  cmake -S "$root/tests/install/consumer" -B "$scratch/$name" -G Ninja -DCMAKE_BUILD_TYPE=Release "$@"
  cmake --build "$scratch/$name" --target consumer
  "$scratch/$name/consumer"
}

# The release build: with CUDA where nvcc is.
cmake --install build/release --prefix "$scratch/prefix-release"
consume find-release -DCMAKE_PREFIX_PATH="$scratch/prefix-release"

# Without CUDA, shared, so that hidden visibility and exceptions across the library's border are seen to work.
cmake -S . -B build/shared -G Ninja -DCMAKE_BUILD_TYPE=Release -DWEFT_CUDA=OFF -DBUILD_SHARED_LIBS=ON \
  -DWEFT_BUILD_TESTS=OFF -DWEFT_BUILD_EXAMPLES=OFF
cmake --build build/shared
cmake --install build/shared --prefix "$scratch/prefix-shared"
consume find-shared -DCMAKE_PREFIX_PATH="$scratch/prefix-shared"

consume subdirectory -DWEFT_SOURCE="$root" -DWEFT_CUDA=OFF
