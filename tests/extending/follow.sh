# SPDX-License-Identifier: Apache-2.0
# Follows a page of docs/extending on a copy of the tree. Sourced by the scripts beside it: SCRIPT BUILD_DIRECTORY COMPILER.
# Only what a page changes is compiled, with the commands of the build; the rest comes from the build's objects.
set -euo pipefail
build=$(cd "$1" && pwd)
compiler=$2
root=$(cd "$(dirname "$0")/../.." && pwd)
page=$root/docs/extending/$(basename "$0" .sh).md
[ -f "$build/build.ninja" ] || { echo "not a build by Ninja"; exit 77; }
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
cp -r "$root/core" "$root/kernels" "$root/layers" "$root/optim" "$root/tests" "$root/bench" "$root/examples" "$tree"
mkdir "$tree/objects"
cd "$tree"

die() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# Blocks follow a line <!-- walkthrough: FILE before: TEXT -->, for a place in a file, or <!-- walkthrough: FILE new -->.
mapfile -t places < <(sed -n 's/^<!-- walkthrough: \(.*\) -->$/\1/p' "$page")
changed=()

# apply N: puts block N in its place.
apply() {
  local place=${places[$(($1 - 1))]} block=$tree/block
  awk -v n="$1" '/^<!-- walkthrough: /{seen++; next} /^```/{if (seen == n) {inside = !inside; if (!inside) exit} next}
                 inside' "$page" >"$block"
  [ -s "$block" ] || die "block $1 is empty"
  local file=${place%% *}
  changed+=("$file")
  if [ "$place" = "$file new" ]; then
    [ ! -e "$file" ] || die "$file is there already"
    mkdir -p "$(dirname "$file")"
    cp "$block" "$file"
    return
  fi
  local anchor=${place#* before: }
  [ "$(grep -cF -- "$anchor" "$file")" -eq 1 ] || die "$file does not have exactly one line with $anchor"
  anchor=$anchor block=$block awk 'index($0, ENVIRON["anchor"]) {while ((getline line < ENVIRON["block"]) > 0) print line}
                                   {print}' "$file" >edited
  mv edited "$file"
}

# command_of FILE [LIKE]: the build's command for a file, or for a new file beside LIKE, without source and output.
command_of() {
  awk -v want="\"$root/${2:-$1}\"" '/^ *"command": / {command = $0} /^ *"file": / && index($0, want) {print command; exit}' \
    "$build/compile_commands.json" |
    sed -e 's|^ *"command": "\(.*\)",$|\1|; s|\\"|"|g; s|\\\\|\\|g' -e 's| -o [^ ]*||; s| -c [^ ]*||' \
      -e "s#$root/\(core\|kernels\|layers\|optim\|tests\|bench\|examples\)#$tree/\1#g" -e "s#-I$root #-I$tree #g"
}

made=()
# compile FILE [LIKE]: an object, or the compiler's words in the file `errors`.
compile() {
  local command
  command=$(command_of "$@")
  [ -n "$command" ] || die "the build has no command for ${2:-$1}"
  (cd "$build" && eval "$command -o $tree/objects/${1//\//_}.o -c $tree/$1") 2>"$tree/errors" || return 1
  made+=("$1")
}
must_compile() { compile "$@" || die "$1 does not compile: $(head -n 20 "$tree/errors")"; }

# link ROOM FOLDER: the build's test program of a room with the objects made here in place of its own.
link() {
  local program=tests/test_$1 source object own command
  command=$(ninja -C "$build" -t commands "$program" | tail -n 1 | sed -e 's|^: && ||; s| && .*||')
  command=${command/" -o $program "/" -o $tree/test_$1 "}
  for source in "${made[@]}"; do
    object=$tree/objects/${source//\//_}.o own=tests/CMakeFiles/test_$1.dir/${source#tests/}.o
    case $source in
      "$2"/*) [[ $command == *" $own "* ]] && command=${command/" $own "/" $object "} && continue ;;
      tests/*) continue ;;
    esac
    command=${command/" -o "/" $object -o "}
  done
  (cd "$build" && eval "$command") || die "test_$1 does not link"
}

# run ROOM FILTER: the tests of this name pass, and there are some.
run() {
  "$tree/test_$1" --gtest_filter="$2" >"$tree/report" 2>&1 || die "test_$1: $(grep -v '^\[ *\(OK\|RUN\)' "$tree/report" | head -n 40)"
  grep -q '\[  PASSED  \] [1-9]' "$tree/report" || die "test_$1 has no test named $2"
}
fails() {
  if "$tree/test_$1" --gtest_filter="$2" >"$tree/report" 2>&1; then die "$2 passes, and should not yet"; fi
  grep -q -- "$3" "$tree/report" || die "$2 does not say \"$3\": $(cat "$tree/report")"
}
