#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A program on the files of MNIST, where WEFT_MNIST names their folder. with_mnist.sh PROGRAM ARGUMENTS...
set -euo pipefail
if [ -z "${WEFT_MNIST:-}" ]; then
  echo "skipped: WEFT_MNIST names no folder with the files of MNIST"
  exit 77
fi
exec "$@" --data "$WEFT_MNIST"
