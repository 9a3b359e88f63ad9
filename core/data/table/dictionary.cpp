// SPDX-License-Identifier: Apache-2.0
#include "core/data/table/dictionary.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

namespace weft::data {

std::optional<std::int32_t> Dictionary::code(std::string_view text) {
  if (2 * (texts_.size() + 1) > slots_.size()) grow();
  const std::size_t hash = std::hash<std::string_view>()(text), mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  for (; slots_[at].code >= 0; at = (at + 1) & mask)
    if (slots_[at].hash == hash && texts_[static_cast<std::size_t>(slots_[at].code)] == text) return slots_[at].code;
  if (texts_.size() == static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) return std::nullopt;
  slots_[at] = {hash, static_cast<std::int32_t>(texts_.size())};
  texts_.emplace_back(text);
  return slots_[at].code;
}

void Dictionary::grow() {
  constexpr std::size_t kFirst = 64;
  std::vector<Slot> slots(std::max(kFirst, 2 * slots_.size()));
  for (const Slot& slot : slots_) {
    if (slot.code < 0) continue;
    std::size_t at = slot.hash & (slots.size() - 1);
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
