// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "weft/detail/export.h"

namespace weft WEFT_EXPORT {
namespace detail {

// The classes of which a module can be made.
enum class TrackedKind : std::uint8_t { kParameter, kBuffer, kModule };

void track(const void* object, TrackedKind kind) noexcept;
void untrack(const void* object) noexcept;

// A base of what a module can list. It notes where the object lies while it lives, so that a module can tell which of
// the objects inside it are not listed. The base itself has no bytes.
template <TrackedKind kind>
class Tracked {
 protected:
  Tracked() noexcept { track(this, kind); }
  Tracked(const Tracked&) noexcept { track(this, kind); }
  Tracked& operator=(const Tracked&) noexcept = default;
  ~Tracked() { untrack(this); }
};

// An object that lives: `address` is that of its Tracked<kind> base.
struct TrackedObject {
  const void* address = nullptr;
  TrackedKind kind{};
};

// The living objects in these bytes, in the order of their addresses.
std::vector<TrackedObject> tracked_in(const void* begin, std::size_t size);

}  // namespace detail
}  // namespace weft
