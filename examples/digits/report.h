// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "examine.h"
#include "weft/report.h"
#include "weft/tensor.h"

// Sections of the report that only digits have: accuracy, confusion matrix, the worst mistakes drawn.
// `images` are the test set's, f32 (n, pixels) in [0, 1], square.
std::vector<weft::callbacks::ReportSection> report_sections(const Examination& test, const weft::Tensor& images);
