// SPDX-License-Identifier: Apache-2.0
#pragma once

// Replacement for cuda_runtime.h in a .cu file, which nvcc compiles for the GPU and a host compiler for the emulation.
// Inside a kernel:
//   WEFT_SHARED_ARRAY(float, tile, 256);   // float tile[256], one per block
//   WEFT_DYNAMIC_SHARED(float, buffer);    // float* buffer, the launch's dynamic shared memory, 16-byte aligned
// Shared memory starts unset on a GPU; the emulation fills it with NaN bytes so that a read before the write shows.
#include <cuda_runtime.h>

#if defined(__CUDACC__)

#define WEFT_SHARED_ARRAY(type, name, count) __shared__ type name[count]
#define WEFT_DYNAMIC_SHARED(type, name)                                       \
  extern __shared__ __align__(16) unsigned char weft_dynamic_shared_memory[]; \
  type* const name = reinterpret_cast<type*>(weft_dynamic_shared_memory)

#else

// The address of a function-local static names the declaration, one per instantiation of a kernel template.
#define WEFT_SHARED_ARRAY(type, name, count) \
  static char name##_site;                   \
  auto& name = ::weft::emulator::typed_shared_array<type, (count)>(&name##_site, #name)
#define WEFT_DYNAMIC_SHARED(type, name) type* const name = static_cast<type*>(::weft::emulator::dynamic_shared())

#endif
