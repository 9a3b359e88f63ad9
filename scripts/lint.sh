#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clang-format over every file, clang-tidy over the files that differ from main (on main: from the last commit);
# `scripts/lint.sh --all` runs clang-tidy over every file. CUDA files are read as the emulated device compiles them.
set -euo pipefail
cd "$(dirname "$0")/.."

git ls-files -z '*.h' '*.cpp' '*.cu' '*.cuh' | xargs -0 clang-format --dry-run -Werror
echo "clang-format: ok"

# Results of a run that were added by mistake.
stray=$(git ls-files ':(glob)*' | grep -vE '^\.|\.md$|^CMake|^LICENSE$' || true)
[ -z "$stray" ] || { echo "files that do not belong in the root: $stray"; exit 1; }

if [ "${1:-}" = "--all" ]; then
  mapfile -t files < <(git ls-files '*.cpp' '*.cu')
else
  base=$(git merge-base HEAD main 2>/dev/null || true)
  if [ -z "$base" ] || [ "$base" = "$(git rev-parse HEAD)" ]; then base=HEAD~1; fi
  git rev-parse -q --verify "$base" >/dev/null || { echo "clang-tidy: no earlier commit to compare with"; exit 0; }
  mapfile -t files < <(git diff --name-only --diff-filter=d "$base" -- '*.cpp' '*.cu')
fi

database=build/cuda-emulated/compile_commands.json
cmake --preset cuda-emulated >/dev/null
known=()
for file in "${files[@]}"; do
  # What that build leaves out (the real CUDA library's calls, the branch without CUDA) clang 14 cannot read.
  if grep -qF "\"file\": \"$PWD/$file\"" "$database"; then known+=("$file"); fi
done
[ "${#known[@]}" -eq 0 ] || printf '%s\0' "${known[@]}" | xargs -0 -n 1 -P "$(nproc)" clang-tidy -p build/cuda-emulated --quiet
echo "clang-tidy: ok, ${#known[@]} files"
