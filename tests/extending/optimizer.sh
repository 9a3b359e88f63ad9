#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A page whose C++ blocks are one program: optimizer.sh PAGE prints the program; optimizer.sh PAGE PROGRAM runs it and
# compares its output with the page's text block.
set -euo pipefail
blocks() { awk -v open="\`\`\`$1" '$0 == open {on = 1; next} /^```$/ {on = 0} on' "$2"; }
if [ $# -eq 1 ]; then
  blocks cpp "$1"
else
  diff <(blocks text "$1") <("$2")
fi
