// SPDX-License-Identifier: Apache-2.0
// Kept kernels: content comes out only of a file that is whole and of the key asked for.
#include "kernels/jit/cuda_kernel_cache.h"

#include "tests/fuzz/fuzz.h"

using namespace weft;

namespace {

const std::string kKey = "kernel\nsm_90";

// A folder in which the key's file is the input.
struct Folder {
  testing::MemoryFile file;
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "weft_fuzz_XXXXXX").string();
    testing::require(::mkdtemp(name.data()) != nullptr);
    path = name;
    std::filesystem::create_symlink(file.path(), kernels::KernelCache(path).file_of(kKey));
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  folder.file.fill({data, size});
  const auto content = kernels::KernelCache(folder.path).read(kKey);
  if (!content) return 0;
  const std::string sizes = std::to_string(kKey.size()) + " " + std::to_string(content->size()) + "\n";
  const std::string hash = std::to_string(kernels::content_hash(sizes + kKey + *content));
  testing::require(testing::text_of({data, size}) == "weft kernel 1\n" + hash + "\n" + sizes + kKey + *content);
  return 0;
}
