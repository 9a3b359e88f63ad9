#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the release build to a fresh prefix, builds the consumer project against it, and runs it; then the same with
# weft as a sub-directory and as an installed shared library, with CMake and with pkg-config.
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

# Installs BUILD-FOLDER and moves the prefix, which must not matter to those who use it.
install_to() {  # BUILD-FOLDER PREFIX
  cmake --install "$1" --prefix "$scratch/prefix-first"
  mv "$scratch/prefix-first" "$2"
  if grep -nE '"[^"]*(;|")?/(usr|home|root|opt|tmp|work)/' "$2"/lib*/cmake/weft/weft-targets*.cmake; then
    echo "The installed targets name folders of this machine."
    exit 1
  fi
}

with_pkg_config() {  # PREFIX PKG-CONFIG-ARGUMENTS...
  local path
  path=$(dirname "$(find "$1" -name weft.pc)")
  shift
  PKG_CONFIG_PATH=$path c++ -std=c++20 -O2 "$root/tests/install/consumer/main.cpp" -o "$scratch/by-pkg-config" \
    $(PKG_CONFIG_PATH=$path pkg-config "$@" --cflags --libs weft) -Wl,-rpath,"$(dirname "$path")"
  "$scratch/by-pkg-config"
}

# The release build: with CUDA where nvcc is.
install_to build/release "$scratch/prefix-release"
consume "$scratch/find-release" -DCMAKE_PREFIX_PATH="$scratch/prefix-release"
if ! grep -q cudart "$scratch"/prefix-release/lib*/pkgconfig/weft.pc; then  # libcudart_static lies in no usual folder
  with_pkg_config "$scratch/prefix-release" --static
fi

# A project without a build type gets optimized code, and one that asks for Debug does not.
for type in "" Debug; do
  cmake -S "$root/tests/install/consumer" -B "$scratch/type-$type" -G Ninja -DWEFT_SOURCE="$root" -DWEFT_CUDA=OFF \
    -DCMAKE_BUILD_TYPE="$type" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON >/dev/null
  optimized=$(grep '"command"' "$scratch/type-$type/compile_commands.json" | grep 'core/exec/instance' | grep -c -- ' -O3 ' || true)
  [ "$optimized" -eq "$([ -z "$type" ] && echo 2 || echo 0)" ] || { echo "build type '$type': -O3 in $optimized files"; exit 1; }
done

# As a sub-directory, without CUDA and shared, so that hidden visibility and exceptions across the library's border are
# seen to work; then that shared library from where it is installed. Nothing here is about speed, and compiling without
# optimization takes half the time.
consume build/subdirectory -DWEFT_SOURCE="$root" -DWEFT_CUDA=OFF -DBUILD_SHARED_LIBS=ON -DCMAKE_BUILD_TYPE=Debug \
  -DCMAKE_CXX_FLAGS_DEBUG=-O0
install_to build/subdirectory "$scratch/prefix-shared"
consume "$scratch/find-shared" -DCMAKE_PREFIX_PATH="$scratch/prefix-shared"
with_pkg_config "$scratch/prefix-shared"
python3 tests/install/exports.py "$(find "$scratch/prefix-shared" -name libweft.so)" "$scratch/prefix-shared/include"
