// SPDX-License-Identifier: Apache-2.0
#include "core/io/printable.h"

#include <cstdint>

namespace weft::detail {
namespace {

unsigned char byte_at(std::string_view bytes, std::size_t i) { return static_cast<unsigned char>(bytes[i]); }

// Bytes of the character that `bytes` begin with; 0 where they are no UTF-8 or a control character.
std::size_t character(std::string_view bytes) {
  const unsigned char first = byte_at(bytes, 0);
  if (first < 0x80) return first < 0x20 || first == 0x7f ? 0 : 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || bytes.size() < size) return 0;
  std::uint32_t code = first & (0xffu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte_at(bytes, i) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte_at(bytes, i) & 0x3f);
  }
  const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  const bool control = code < 0xa0;
  return overlong || surrogate || control || code > 0x10ffff ? 0 : size;
}

}  // namespace

std::string printable(std::string_view bytes, std::size_t most) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string out;
  for (; !bytes.empty(); --most) {
    if (most == 0) return out + "...";
    const std::size_t size = character(bytes);
    if (size == 0) {
      out += {'\\', 'x', kDigits[byte_at(bytes, 0) >> 4], kDigits[byte_at(bytes, 0) & 15]};
      bytes.remove_prefix(1);
    } else {
      out += bytes.substr(0, size);
      bytes.remove_prefix(size);
    }
  }
  return out;
}

bool is_clean_text(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t size = character(bytes);
    if (size == 0) return false;
    bytes.remove_prefix(size);
  }
  return true;
}

}  // namespace weft::detail
