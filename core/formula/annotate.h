// SPDX-License-Identifier: Apache-2.0
#pragma once

// WEFT_HD marks a function that both the host and the device run, under g++, nvcc and NVRTC alike.
#if defined(__CUDACC__)
#define WEFT_HD __host__ __device__
#else
#define WEFT_HD
#endif
