#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The digits program finds MNIST's files by the library's rule and never trains on those to test on:
# mnist_files.sh PROGRAM FOLDER
set -euo pipefail
program=$1 folder=$2
rm -rf "$folder"
mkdir -p "$folder"

# images FILE, labels FILE: two images of 2x2 pixels, and their labels.
images() { printf '\0\0\10\3\0\0\0\2\0\0\0\2\0\0\0\2\1\2\3\4\5\6\7\10' >"$folder/$1"; }
labels() { printf '\0\0\10\1\0\0\0\2\1\2' >"$folder/$1"; }
# says TEXT: the text is in what the program says, and its exit status is $status.
says() {
  local status_then=0 said
  said=$("$program" --device cpu --mnist "$folder" --dry-run --memory 16MiB 2>&1) || status_then=$?
  if [ "$status_then" -ne "$status" ] || ! grep -qF "$1" <<<"$said"; then
    echo "exit status $status_then, wanted $status and '$1':"
    echo "$said"
    exit 1
  fi
}

images t10k-images-idx3-ubyte
labels t10k-labels-idx1-ubyte
status=1 says "train-images-idx3-ubyte: there is no such file"
mkdir "$folder/train-images-idx3-ubyte"
status=1 says "train-images-idx3-ubyte: there is no such file"
images train-images.idx3-ubyte
labels train-labels.idx1-ubyte
status=0 says "MNIST: 2 images to train on, 2 to test"
