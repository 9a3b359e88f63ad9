#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Writes the API reference to build/reference/html, from the comments in the public headers. Fails on an entity that has
# none. Needs doxygen, which `scripts/setup.sh --tests` installs.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p build
mapfile -t folders < <(git ls-files '*/include/weft/*.h' | sed 's|/[^/]*$||' | sort -u)
{ cat docs/Doxyfile; echo "INPUT = ${folders[*]}"; } | doxygen -
echo "reference: build/reference/html/index.html"
