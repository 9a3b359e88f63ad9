#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A run that goes on from its first epoch ends with the bits of one that was never stopped. resumes.sh PROGRAM FOLDER
set -euo pipefail
program=$1 whole=$2/whole part=$2/part
rm -rf "$whole" "$part"
mkdir -p "$part"
"$program" 2 cpu --no-bar --out "$whole"
cp "$whole/epoch-0001.safetensors" "$part/"
said=$("$program" 2 cpu --no-bar --out "$part")
grep -q "goes on with epoch 2" <<<"$said" || { echo "began anew"; exit 1; }
cmp "$whole/residual.safetensors" "$part/residual.safetensors"
