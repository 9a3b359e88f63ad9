// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "weft/npy.h"

namespace weft::data {

// The array in these bytes of a file, without a copy where they may be used as they are; `keep` owns them. FormatError
// and DTypeError naming `place`.
Tensor parse_npy(std::span<const std::byte> bytes, const std::shared_ptr<const void>& keep, const std::string& place);

// The header in front of a tensor's bytes. DTypeError that names `place` for a type that NumPy lacks.
std::string npy_header(const Tensor& tensor, const std::string& place);

}  // namespace weft::data
