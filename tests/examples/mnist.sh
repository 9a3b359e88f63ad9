#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The digits program on MNIST, where WEFT_MNIST names a folder with its files: on all of them, or on a split of the test
# files where there are no others. mnist.sh PROGRAM FOLDER EPOCHS
set -uo pipefail
program=$1 folder=$2 epochs=$3
if [ -z "${WEFT_MNIST:-}" ]; then
  echo "skipped: WEFT_MNIST names no folder with the files of MNIST"
  exit 77
fi
split=() bar=98
if ! compgen -G "$WEFT_MNIST/train-images*" >/dev/null; then
  echo "no training files: a split of the test files"
  split=(--split 0.8) bar=96
fi
device=best
if [ "$epochs" -lt 30 ]; then device=cpu bar=50; fi  # too short to be held to the bar
said=$("$program" --device "$device" --mnist "$WEFT_MNIST" "${split[@]}" --epochs "$epochs" --out "$folder" --quiet) || exit 1
echo "$said"
score=$(sed -n 's/^test accuracy \([0-9.]*\) %$/\1/p' <<<"$said")
awk -v score="$score" -v bar="$bar" 'BEGIN {exit score >= bar ? 0 : 1}' || { echo "below the bar of $bar %"; exit 1; }
