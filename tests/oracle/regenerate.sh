#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the golden files again and compares them with the committed ones. Status 77 (skipped) without PyTorch.
set -eu
if [ -z "${WEFT_TORCH_PYTHON:-}" ]; then
  echo "skipped: WEFT_TORCH_PYTHON is not set; scripts/torch.sh makes a Python that has PyTorch"
  exit 77
fi
here=$(cd "$(dirname "$0")" && pwd)
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
"$WEFT_TORCH_PYTHON" -B "$here/make_golden.py" "$made"
"$WEFT_TORCH_PYTHON" -B "$here/compare_golden.py" "$here/golden" "$made"
