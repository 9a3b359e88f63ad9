// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "weft/detail/export.h"
#include "weft/tensor.h"

// NumPy's files: .npy holds one array, .npz is a zip archive of them. Source: numpy.lib.format, versions 1 to 3.
namespace weft WEFT_EXPORT {
namespace data {

// Reads an array to the host: f32, f64, f16, i32, i64, u8 or bool, in row-major or Fortran order, of either byte order.
// DTypeError for an element type that weft lacks; FormatError with the file for what is no array, and for missing or
// surplus bytes.
[[nodiscard]] Tensor read_npy(const std::filesystem::path& path);
// Writes a tensor, row-major. The file is replaced as replace_file() does. DTypeError for bf16, which NumPy lacks.
void write_npy(const std::filesystem::path& path, const Tensor& tensor);

// Reads all arrays of an archive, in its order, under their names without ".npy"; members are stored or deflated.
// FormatError with file and member as for read_npy(), for a wrong checksum, a name given twice, an encrypted member,
// and archives of 4 GiB or more.
[[nodiscard]] std::vector<std::pair<std::string, Tensor>> read_npz(const std::filesystem::path& path);
// Writes tensors under their names, stored, as numpy.savez does. ValueError for a name that is empty, given twice or no
// clean UTF-8, and for 4 GiB or more; DTypeError for bf16.
void write_npz(const std::filesystem::path& path, const std::vector<std::pair<std::string, Tensor>>& tensors);

}  // namespace data
}  // namespace weft
