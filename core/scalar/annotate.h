// SPDX-License-Identifier: Apache-2.0
#pragma once

// WEFT_HD marks a small function that both the host and the device run, under g++, nvcc and NVRTC alike. Host compilers
// always inline it: loops over it become vectors, and a file built for one instruction set leaves no copy of it that
// other files could be linked to.
#if defined(__CUDACC__)
#define WEFT_HD __host__ __device__
#else
#define WEFT_HD __attribute__((always_inline))
#endif

// The same for functions that hold a loop over a machine's lanes; they belong to the machine that they are made for.
#if defined(__CUDACC__)
#define WEFT_MACHINE_HD __host__ __device__
#else
#define WEFT_MACHINE_HD
#endif
