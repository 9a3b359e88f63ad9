#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# scripts/setup.sh on a machine that lacks everything, for a user who is not root: it prints the apt line and stops.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
stand_ins=$(mktemp -d)
trap 'rm -rf "$stand_ins"' EXIT
stand_in() { printf '#!/bin/sh\n%s\n' "$2" >"$stand_ins/$1" && chmod +x "$stand_ins/$1"; }
stand_in dpkg-query 'exit 1'
stand_in id 'echo 1000'
stand_in apt-get 'echo apt-get was run; exit 99'

status=0
said=$(PATH="$stand_ins:$PATH" "$root/scripts/setup.sh" 2>&1) || status=$?
[ "$status" -eq 1 ] || { echo "exit status $status: $said"; exit 1; }
wanted="  apt-get update && apt-get install -y --no-install-recommends g++ cmake ninja-build"
grep -qF -- "$wanted" <<<"$said" || { echo "no apt line in: $said"; exit 1; }
if grep -q 'apt-get was run' <<<"$said"; then echo "it installed without root"; exit 1; fi

stand_in dpkg-query 'echo install ok installed'
said=$(PATH="$stand_ins:$PATH" "$root/scripts/setup.sh" --tests 2>&1)
[ -z "$said" ] || { echo "nothing is missing, but it said: $said"; exit 1; }
