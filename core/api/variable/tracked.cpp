// SPDX-License-Identifier: Apache-2.0
#include "weft/detail/tracked.h"

#include <functional>
#include <map>
#include <mutex>
#include <new>

#include "core/base/lasting.h"

namespace weft::detail {
namespace {

struct Living {
  std::mutex mutex;
  std::map<const void*, TrackedKind, std::less<>> objects;
};

Living& living() {
  static const Lasting<Living> all;
  return *all;
}

}  // namespace

void track(const void* object, TrackedKind kind) noexcept {
  try {
    Living& all = living();
    const std::lock_guard lock(all.mutex);
    all.objects.insert_or_assign(object, kind);
  } catch (const std::bad_alloc&) {
    // An object without a note is not missed where it is not listed; moves of modules must not throw.
  }
}

void untrack(const void* object) noexcept {
  Living& all = living();
  const std::lock_guard lock(all.mutex);
  all.objects.erase(object);
}

std::vector<TrackedObject> tracked_in(const void* begin, std::size_t size) {
  Living& all = living();
  const std::lock_guard lock(all.mutex);
  std::vector<TrackedObject> out;
  const auto* const end = static_cast<const std::byte*>(begin) + size;
  for (auto i = all.objects.lower_bound(begin); i != all.objects.end() && std::less<>()(i->first, end); ++i)
    out.push_back({i->first, i->second});
  return out;
}

}  // namespace weft::detail
