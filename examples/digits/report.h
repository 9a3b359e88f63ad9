// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "files.h"

// A page that needs no other file: loss and accuracy curves, the confusion matrix, the worst mistakes drawn. `images`
// are the test set's, f32 (n, pixels) in [0, 1], square.
std::string report_html(const Run& run, const weft::Tensor& images);
