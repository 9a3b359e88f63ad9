// SPDX-License-Identifier: Apache-2.0
#pragma once

// WEFT_HD marks a small function that both the host and the device run, under g++, nvcc and NVRTC alike. Host compilers
// always inline such a function, so that loops over it become vector code. No copy is left, because other files could
// be linked to one built for the wrong instruction set.
#if defined(__CUDACC__)
#define WEFT_HD __host__ __device__
#else
#define WEFT_HD __attribute__((always_inline))
#endif

// WEFT_MACHINE_HD marks a function that holds a loop over a machine's lanes. Inlining is not forced, because each
// machine has an instance of its own.
#if defined(__CUDACC__)
#define WEFT_MACHINE_HD __host__ __device__
#else
#define WEFT_MACHINE_HD
#endif
