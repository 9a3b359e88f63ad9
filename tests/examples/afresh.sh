#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A program with a folder that holds nothing of an earlier run. afresh.sh FOLDER PROGRAM ARGUMENTS...
set -euo pipefail
rm -rf "$1"
exec "${@:2}" --out "$1"
