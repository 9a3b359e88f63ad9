#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Ends main() while a thread computes, many times at different moments.
# usage: threads.sh exit_cases
export ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0"
milliseconds=2
while [ $milliseconds -le 80 ]; do
  "$1" thread $milliseconds 2>/dev/null || { echo "after $milliseconds ms: status $?"; exit 1; }
  milliseconds=$((milliseconds + 2))
done
