#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Static and thread_local objects with destructors are gone while a program still uses the library at its exit. The
# compiler registers each such destructor by a call of __cxa_atexit or __cxa_thread_atexit. Only core/base/lasting.cpp
# may have one: others use Lasting or PerThread.
# usage: exit_symbols.sh nm object...
nm=$1
shift
[ $# -gt 0 ] || exit 77
failed=0
seen=0
for object in "$@"; do
  "$nm" --undefined-only "$object" | grep -qE '__cxa_(thread_)?atexit' || continue
  case $object in
    */core/base/lasting.cpp.o*) seen=1 ;;
    *)
      failed=1
      echo "$object: a static or thread_local object with a destructor; make it Lasting or PerThread (core/base/lasting.h)"
      ;;
  esac
done
[ $seen = 1 ] || { echo "lasting.cpp should have one: is this the right way to look for them?"; exit 1; }
exit $failed
