// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>

#include "weft/detail/export.h"
#include "weft/tensor.h"

namespace weft WEFT_EXPORT {
namespace data {

// Reads a tensor in the IDX format of MNIST, plain or gzipped, to the host: u8, i32, f32 or f64 in the file's shape.
// FormatError with the file for a wrong magic number, an element type that weft lacks, and missing or surplus bytes.
// Source: http://yann.lecun.com/exdb/mnist.
[[nodiscard]] Tensor read_idx(const std::filesystem::path& path);

}  // namespace data
}  // namespace weft
