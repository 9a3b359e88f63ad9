// SPDX-License-Identifier: Apache-2.0
// Safetensors files: mapped and read they hold the same, and what is read of a header is read again when it is written.
#include "weft/safetensors.h"

#include <cstring>

#include "core/io/safetensors_header.h"
#include "tests/fuzz/fuzz.h"

using namespace weft;

namespace {

std::string content(const Tensor& x) {
  std::string out(static_cast<std::size_t>(TensorSpec{x.shape(), x.dtype()}.bytes()), '\0');
  if (!out.empty()) std::memcpy(out.data(), x.device_pointer(), out.size());
  return out;
}

void read_all(const std::filesystem::path& path) {
  const SafetensorsFile mapped(path), copied(path, {.map = false});
  testing::require(mapped.names() == copied.names() && mapped.metadata() == copied.metadata());
  for (const std::string& name : mapped.names()) {
    testing::require(mapped.contains(name));
    std::string a, b;
    const bool fine = testing::accepts([&] { a = content(mapped.tensor(name)); });
    testing::require(fine == testing::accepts([&] { b = content(copied.tensor(name)); }) && a == b);
  }
}

void write_again(std::string_view file) {
  constexpr std::size_t kPrefix = 8;
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), kPrefix);
  const std::uint64_t bytes = file.size() - kPrefix - length;
  const auto header = detail::parse_safetensors_header(file.substr(kPrefix, length), bytes, "fuzz");
  for (const auto& entry : header.entries)
    if (!entry.known) return;  // its name may be any text
  const auto again = detail::parse_safetensors_header(detail::write_safetensors_header(header, "fuzz"), bytes, "fuzz");
  testing::require(header.metadata == again.metadata && header.entries.size() == again.entries.size());
  for (std::size_t i = 0; i < header.entries.size(); ++i) {
    const auto &a = header.entries[i], &b = again.entries[i];
    testing::require(a.name == b.name && a.dtype == b.dtype && a.shape == b.shape && a.begin == b.begin &&
                     a.end == b.end);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const testing::MemoryFile file;
  file.fill({data, size});
  if (testing::accepts([&] { read_all(file.path()); })) write_again(testing::text_of({data, size}));
  return 0;
}
