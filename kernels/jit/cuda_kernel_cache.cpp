// SPDX-License-Identifier: Apache-2.0
#include "kernels/jit/cuda_kernel_cache.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

#include "core/base/check.h"

namespace weft::kernels {
namespace {

// A file is the header, the key and the content. The checksum is of all that follows it.
std::string header_of(const std::string& key, const std::string& content) {
  const std::string sizes = cat(key.size(), " ", content.size(), "\n");
  return cat("weft kernel 1\n", content_hash(sizes + key + content), "\n", sizes);
}

}  // namespace

std::uint64_t content_hash(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3ULL;
  return hash;
}

std::filesystem::path kernel_cache_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::filesystem::path(value ? value : "");
  };
  if (auto folder = variable("WEFT_CACHE_DIR"); !folder.empty()) return folder;
  if (const auto folder = variable("XDG_CACHE_HOME"); !folder.empty()) return folder / "weft";
  if (const auto folder = variable("HOME"); !folder.empty()) return folder / ".cache" / "weft";
  return {};
}

std::filesystem::path KernelCache::file_of(const std::string& key) const {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string name;
  for (std::uint64_t hash = content_hash(key); name.size() < 16; hash >>= 4) name += kDigits[hash & 15];
  return folder_ / (name + ".kernel");
}

std::optional<std::string> KernelCache::read(const std::string& key) const {
  if (folder_.empty()) return std::nullopt;
  std::ifstream file(file_of(key), std::ios::binary);
  if (!file) return std::nullopt;
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  // A file of another text is damaged or another key's.
  std::size_t begin = bytes.find('\n');
  for (int line = 1; line < 3 && begin != std::string::npos; ++line) begin = bytes.find('\n', begin + 1);
  if (begin == std::string::npos || bytes.size() - begin - 1 < key.size()) return std::nullopt;
  std::string content = bytes.substr(begin + 1 + key.size());
  if (bytes != header_of(key, content) + key + content) return std::nullopt;
  return content;
}

void KernelCache::write(const std::string& key, const std::string& content) const {
  if (folder_.empty()) return;
  static std::atomic<unsigned> begun{0};
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  const std::filesystem::path whole = file_of(key);
  std::filesystem::path partial = whole;
  partial += cat(".partial-", ::getpid(), "-", begun++);
  {
    std::ofstream file(partial, std::ios::binary | std::ios::trunc);
    file << header_of(key, content) << key << content;
    file.close();
    if (file) std::filesystem::rename(partial, whole, error);
    if (file && !error) return;
  }
  std::filesystem::remove(partial, error);
}

}  // namespace weft::kernels
