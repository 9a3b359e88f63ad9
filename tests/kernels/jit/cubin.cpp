// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/jit/cubin.h"

#include <elf.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace weft::testing {
namespace {

template <class T>
T at(const std::string& bytes, std::size_t offset) {
  T value{};
  if (offset + sizeof(T) <= bytes.size()) std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

// Records of {format, attribute, size} and, of format 4, as many bytes: {function, value} for these attributes.
void read_info(const std::string& cubin, std::size_t offset, std::size_t end, CubinUse& use) {
  constexpr std::uint8_t kWithBytes = 4, kRegisters = 0x2f, kFrame = 0x11;
  while (offset + 4 <= end) {
    const auto format = at<std::uint8_t>(cubin, offset), attribute = at<std::uint8_t>(cubin, offset + 1);
    const auto value = at<std::int32_t>(cubin, offset + 8);
    if (format == kWithBytes && attribute == kRegisters) use.registers = std::max(use.registers, value);
    if (format == kWithBytes && attribute == kFrame) use.stack = std::max(use.stack, value);
    offset += 4U + (format == kWithBytes ? at<std::uint16_t>(cubin, offset + 2) : 0U);
  }
}

}  // namespace

CubinUse cubin_use(const std::string& cubin) {
  CubinUse use;
  const auto header = at<Elf64_Ehdr>(cubin, 0);
  const auto names = at<Elf64_Shdr>(cubin, header.e_shoff + header.e_shstrndx * sizeof(Elf64_Shdr));
  for (std::size_t s = 0; s < header.e_shnum; ++s) {
    const auto section = at<Elf64_Shdr>(cubin, header.e_shoff + s * sizeof(Elf64_Shdr));
    if (std::strcmp(cubin.c_str() + names.sh_offset + section.sh_name, ".nv.info") == 0)
      read_info(cubin, section.sh_offset, section.sh_offset + section.sh_size, use);
  }
  return use;
}

}  // namespace weft::testing
