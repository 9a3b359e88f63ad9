#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing to build weft on Debian 12: `scripts/setup.sh` for the library and the examples,
# `scripts/setup.sh --tests` for the tests as well. Says what it installs; without root it prints the command and stops.
set -euo pipefail

packages=(g++ cmake ninja-build zlib1g-dev libpng-dev libjpeg-dev nlohmann-json3-dev libcli11-dev)
case "$(uname -m)" in
  x86_64) packages+=(libxsmm-dev libxbyak-dev) ;;
  *) packages+=(libopenblas-dev) ;;
esac
if [ "${1:-}" = "--tests" ]; then
  packages+=(libgtest-dev libgmock-dev libboost-context-dev clang clang-format clang-tidy
             libclang-rt-14-dev lld doxygen git pkgconf python3)
fi

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ "${#missing[@]}" -eq 0 ] && exit 0

echo "weft needs these packages, which are not installed: ${missing[*]}"
if [ "$(id -u)" -ne 0 ]; then
  echo "Run this as root, then try again:"
  echo "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
echo "Installed."
