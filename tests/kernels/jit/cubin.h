// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

namespace weft::testing {

// Resources that the kernels of a cubin use: the most of any; -1 if the file does not say.
struct CubinUse {
  int registers = -1, stack = -1;  // per thread; bytes of stack
};
CubinUse cubin_use(const std::string& cubin);

}  // namespace weft::testing
