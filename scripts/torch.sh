#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes .venv-torch with today's PyTorch, for the tests that ask it live; nothing else needs it.
#   scripts/torch.sh && WEFT_TORCH_PYTHON=$PWD/.venv-torch/bin/python ctest --preset cpu-only -R "[Oo]racle|Exchange"
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
python3 -m venv "$root/.venv-torch"
"$root/.venv-torch/bin/python" -m pip install --upgrade torch safetensors numpy
echo "WEFT_TORCH_PYTHON=$root/.venv-torch/bin/python"
