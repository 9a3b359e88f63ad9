// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft::data {

// Distinct texts with codes 0, 1, ... in the order in which they came: a hash table with open addressing, because a
// table's reader looks up every cell.
class Dictionary {
 public:
  // The code of a text, which is added if it is new; none where there are 2^31 - 1 texts.
  std::optional<std::int32_t> code(std::string_view text);
  // The texts in the order of their bytes; place[code] is the place of a code's text there.
  std::vector<std::string> sorted(std::vector<std::int32_t>& place) &&;

 private:
  // Short texts are compared here, without a look at texts_.
  struct Key {
    std::uint64_t first = 0, second = 0;  // the bytes of a text of up to 16; the hash of a longer one
    std::uint32_t size = 0;               // of the text, at most 17
    bool operator==(const Key&) const = default;
  };
  struct Slot {
    Key key{};
    std::int32_t code = -1;  // -1: free
  };
  static Key key_of(std::string_view text);
  static std::size_t hash_of(const Key& key);
  void grow();
  std::vector<std::string> texts_;
  std::vector<Slot> slots_;  // a power of 2, at most half full
};

}  // namespace weft::data
