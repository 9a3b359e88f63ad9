// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/kernel_call.h"

// y[r][i] = x[r][i - left] + ... + x[r][i + right] within the row; x and y f32 (rows, columns).
void window_sum_cpu(const weft::Call& call, int left, int right);
// Enqueues the same on call.stream; in window_sum.cu, which only builds with CUDA compile.
void window_sum_cuda(const weft::Call& call, int left, int right);
