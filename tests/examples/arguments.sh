#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The examples' arguments, and what a missed bar means: arguments.sh DIE FOLDER
set -uo pipefail
die=$1 folder=$2

# gives STATUS TEXT ARGUMENT...: the exit status, and a part of what is said.
gives() {
  local wanted=$1 text=$2 said status=0
  shift 2
  said=$("$die" --out "$folder" "$@" 2>&1) || status=$?
  if [ "$status" -ne "$wanted" ] || ! grep -qF -- "$text" <<<"$said"; then
    echo "'$*' gives exit status $status, wanted $wanted and '$text':"
    echo "$said"
    exit 1
  fi
}

gives 1 "(bar: 1e-3)" 2 cpu
gives 0 "(bar: 1e-3)" 2 cpu --no-bar
gives 2 '"many", want a number' many
gives 2 '"0", want a number above 0' 0
gives 2 '"--sed" is no argument' 2 --sed 3
gives 2 "--seed wants a value" --seed
gives 2 "tpu" 2 tpu
gives 2 '"more" is no argument' 2 cpu more
gives 2 "cannot create the directory" 2 cpu --out /proc/weft
