// SPDX-License-Identifier: Apache-2.0
#pragma once

// CUDA's declaration keywords for a plain C++ compiler. __shared__ is left out on purpose: a kernel written with it
// would get one array per thread instead of one per block, so it must not compile (use WEFT_SHARED_ARRAY).
#ifndef WEFT_CUDA_EMULATED
#define WEFT_CUDA_EMULATED 1
#endif

// A kernel keeps a symbol of its own: the registry of launched kernels finds names by address.
#define __global__ __attribute__((noinline))
#define __device__
#define __host__
#define __constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __grid_constant__
#define __align__(bytes) __attribute__((aligned(bytes)))
#define CUDART_CB
