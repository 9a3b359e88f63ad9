#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the release build to a fresh prefix, builds the consumer project against it, and runs it; then the same with
# weft as a sub-directory and as an installed shared library.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

consume() {  # BUILD-FOLDER CMAKE-ARGUMENTS...
  local build=$1
  shift
  cmake -S "$root/tests/install/consumer" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release "$@"
  cmake --build "$build" --target consumer
  "$build/consumer"
}

# The release build: with CUDA where nvcc is.
cmake --install build/release --prefix "$scratch/prefix-release"
consume "$scratch/find-release" -DCMAKE_PREFIX_PATH="$scratch/prefix-release"

# As a sub-directory, without CUDA and shared, so that hidden visibility and exceptions across the library's border are
# seen to work; then that shared library from where it is installed. Nothing here is about speed, and compiling without
# optimization takes half the time.
consume build/subdirectory -DWEFT_SOURCE="$root" -DWEFT_CUDA=OFF -DBUILD_SHARED_LIBS=ON -DCMAKE_BUILD_TYPE=Debug \
  -DCMAKE_CXX_FLAGS_DEBUG=-O0
cmake --install build/subdirectory --prefix "$scratch/prefix-shared"
consume "$scratch/find-shared" -DCMAKE_PREFIX_PATH="$scratch/prefix-shared"
