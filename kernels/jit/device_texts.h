// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

namespace weft::kernels {

// A header that kernels compiled at run time may include, under the name by which the library includes it.
struct DeviceText {
  const char *name, *text;
};
// Written by cmake/embed.cmake.
std::span<const DeviceText> device_texts();

}  // namespace weft::kernels
