// SPDX-License-Identifier: Apache-2.0
#pragma once

// The running thread's coordinates. Plain globals: one kernel runs at a time, and every switch of threads sets them.
#include "emulated/vector_types.h"

extern uint3 threadIdx;
extern uint3 blockIdx;
extern dim3 blockDim;
extern dim3 gridDim;
inline constexpr int warpSize = 32;
