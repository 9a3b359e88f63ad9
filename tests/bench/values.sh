#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# values.sh PROGRAMS: every case at a tiny size on the CPU, beside its uncompiled peer, its values checked against PyTorch in double precision.
set -euo pipefail
if [ -z "${WEFT_TORCH_PYTHON:-}" ]; then
  echo "WEFT_TORCH_PYTHON names no Python with PyTorch"
  exit 77
fi
driver=$(cd "$(dirname "$0")/../../bench/driver" && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
"$WEFT_TORCH_PYTHON" "$driver/run.py" --programs "$1" --tiny --all --modes eager,fused,default --out "$out"
"$WEFT_TORCH_PYTHON" "$driver/ops.py" --programs "$1" --tiny --rounds 1 --seconds 0.001
