// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

// NVRTC, the CUDA compiler as a library, loaded at first need.
namespace weft::kernels {

// True if NVRTC is installed; the first call logs one line where it is not.
bool has_nvrtc();

struct Compiled {
  std::string cubin, ptx;
};
// Compiles a CUDA source, which may include the texts that weft carries (cmake/embed.cmake), for "sm_90" or the like.
// Throws DeviceError with the compiler's words.
Compiled compile_with_nvrtc(const std::string& source, const std::string& architecture);

// All that the outcome depends on: weft, the texts it carries, the compiler and its options, architecture and source.
std::string nvrtc_key(const std::string& source, const std::string& architecture);

}  // namespace weft::kernels
