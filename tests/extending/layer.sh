#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# docs/extending/layer.md, word for word: layer.sh BUILD_DIRECTORY COMPILER.
. "$(dirname "$0")/follow.sh"

[ "${#places[@]}" -eq 4 ] || die "the page names ${#places[@]} places, not 4"
for ((i = 1; i <= 4; ++i)); do apply "$i"; done
must_compile layers/layer/layer_scale.cpp layers/layer/dropout.cpp
must_compile tests/layers/layer_scale_test.cpp tests/layers/layers_test.cpp
link layers tests/layers
run layers 'LayerScale.*'
