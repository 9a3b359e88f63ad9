// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>

#include "weft/dataset.h"
#include "weft/detail/export.h"

namespace weft WEFT_EXPORT {
namespace data {

// 1,797 handwritten digits of 8x8 pixels, built into the library, in a fixed shuffled split of 80 to 20: columns f32
// (n, 64) in [0, 1] and i64 (n). Source: Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI 1998, CC
// BY 4.0.
[[nodiscard]] Split digits();

// MNIST from a directory of its original files, to train on or, without `train`, to test on: columns f32 (n, 28, 28, 1)
// in [0, 1] and i64 (n). A file may be spelled "train-images-idx3-ubyte" or "train-images.idx3-ubyte", end in .gz, and
// lie in a folder of its name. FormatError when a file is missing or is not what it should be.
[[nodiscard]] Dataset mnist(const std::filesystem::path& directory, bool train);

}  // namespace data
}  // namespace weft
