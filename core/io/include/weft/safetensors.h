// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weft/detail/export.h"
#include "weft/tensor.h"

// The safetensors file format: a length, a JSON header, the bytes of all tensors without gaps. Source:
// https://github.com/huggingface/safetensors.
namespace weft WEFT_EXPORT {

// Options of reading a file.
struct SafetensorsOptions {
  // True: tensors lie over the file, mapped into memory, without a copy. A program that shortens the file then ends
  // this one with SIGBUS where such a tensor is read. A program that writes to it changes the tensor. Replacing the
  // file is safe, and weft does only that. False: each tensor is a copy.
  bool map = true;
};

// A file open for reading. The header is checked as strictly as the reference does: at most 100 MB, no name twice, no
// overlaps and no gaps; FormatError names the file and the tensor. Tensors of an element type that weft lacks are
// listed, and refused alone, when they are asked for.
class SafetensorsFile {
 public:
  // Opens a file and checks its header.
  explicit SafetensorsFile(const std::filesystem::path& path, const SafetensorsOptions& options = {});

  // In the order of their bytes.
  std::vector<std::string> names() const;
  // True for the name of a tensor of the file.
  bool contains(const std::string& name) const;
  // FormatError when there is no such tensor or the format has no such type, DTypeError for a type that weft lacks;
  // likewise tensor().
  const TensorSpec& spec(const std::string& name) const;
  // On the host, over the mapped file where its alignment allows; the mapping lives as long as the tensor. FormatError
  // for a file that was written to since it was opened.
  [[nodiscard]] Tensor tensor(const std::string& name) const;
  // Texts by key, from the header's "__metadata__".
  const std::map<std::string, std::string>& metadata() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

// Writes tensors under their names, largest element type first as the reference does, so that each is aligned. The file
// is replaced as replace_file() does. FormatError when it cannot be written, ValueError for a name given twice, for
// names and metadata that are not UTF-8, and for more than 100 MB of them.
void write_safetensors(const std::filesystem::path& path, std::vector<std::pair<std::string, Tensor>> tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace weft
