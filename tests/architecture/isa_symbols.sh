#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Files built for one instruction set (<name>_avx2.cpp, <name>_avx512.cpp) may define no symbol that other files could be
# linked to by chance: nothing weak, and everything global in the instruction set's namespace.
# usage: isa_symbols.sh nm object...
nm=$1
shift
[ $# -gt 0 ] || exit 77
failed=0
for object in "$@"; do
  isa=$(basename "$object" | sed -E 's/.*_(avx2|avx512)\.cpp\.o(bj)?$/\1/')
  bad=$("$nm" --demangle --defined-only --extern-only "$object" | grep -vE "^[0-9a-f]* [TDBR] weft::([a-z]+::)*$isa::")
  [ -z "$bad" ] && continue
  failed=1
  echo "$object:"
  echo "$bad"
done
exit $failed
