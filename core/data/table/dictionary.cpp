// SPDX-License-Identifier: Apache-2.0
#include "core/data/table/dictionary.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

namespace weft::data {
namespace {

constexpr std::size_t kShort = 16;  // bytes of a text that its key holds

}  // namespace

Dictionary::Key Dictionary::key_of(std::string_view text) {
  Key key;
  if (text.size() > kShort) return {std::hash<std::string_view>()(text), 0, kShort + 1};
  key.size = static_cast<std::uint32_t>(text.size());
  constexpr std::size_t kHalf = kShort / 2;
  std::memcpy(&key.first, text.data(), std::min(text.size(), kHalf));
  if (text.size() > kHalf) std::memcpy(&key.second, text.data() + kHalf, text.size() - kHalf);
  return key;
}

std::size_t Dictionary::hash_of(const Key& key) {
  // Two multiplications by odd constants, whose high halves depend on all bits.
  const std::uint64_t a = (key.first ^ (key.first >> 32)) * 0x9e3779b97f4a7c15ull;
  const std::uint64_t b = (key.second ^ (key.second >> 32) ^ key.size ^ (a >> 29)) * 0xbf58476d1ce4e5b9ull;
  return static_cast<std::size_t>(a ^ b ^ (b >> 32));
}

std::optional<std::int32_t> Dictionary::code(std::string_view text) {
  if (2 * (texts_.size() + 1) > slots_.size()) grow();
  const Key key = key_of(text);
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash_of(key) & mask;
  for (; slots_[at].code >= 0; at = (at + 1) & mask)
    if (slots_[at].key == key && (key.size <= kShort || texts_[static_cast<std::size_t>(slots_[at].code)] == text))
      return slots_[at].code;
  if (texts_.size() == static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) return std::nullopt;
  slots_[at] = {key, static_cast<std::int32_t>(texts_.size())};
  texts_.emplace_back(text);
  return slots_[at].code;
}

void Dictionary::grow() {
  constexpr std::size_t kFirst = 64;
  std::vector<Slot> slots(std::max(kFirst, 2 * slots_.size()));
  for (const Slot& slot : slots_) {
    if (slot.code < 0) continue;
    std::size_t at = hash_of(slot.key) & (slots.size() - 1);
    while (slots[at].code >= 0) at = (at + 1) & (slots.size() - 1);
    slots[at] = slot;
  }
  slots_ = std::move(slots);
}

std::vector<std::string> Dictionary::sorted(std::vector<std::int32_t>& place) && {
  std::vector<std::size_t> order(texts_.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return texts_[a] < texts_[b]; });
  place.resize(texts_.size());
  std::vector<std::string> out;
  for (const std::size_t code : order) {
    place[code] = static_cast<std::int32_t>(out.size());
    out.push_back(std::move(texts_[code]));
  }
  return out;
}

}  // namespace weft::data
