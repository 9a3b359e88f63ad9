// SPDX-License-Identifier: Apache-2.0
#include "core/device/allocator.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include "core/base/check.h"
#include "core/base/lasting.h"
#include "core/device/backend.h"
#include "core/device/cpu/machine.h"
#include "weft/log.h"

namespace weft {

namespace {

constexpr std::size_t kAlignment = 256;
constexpr std::size_t kSmall = std::size_t{1} << 20;    // requests below share segments
constexpr std::size_t kSegment = std::size_t{2} << 20;  // segments are multiples of this

constexpr std::size_t round_up(std::size_t bytes, std::size_t unit) { return (bytes + unit - 1) / unit * unit; }

}  // namespace

// A piece of a segment; `before` and `after` are the neighbors in the segment.
struct CachingAllocator::Piece {
  std::byte* data = nullptr;
  std::size_t bytes = 0;
  Piece* before = nullptr;
  Piece* after = nullptr;
  bool is_free = false;
  bool small = false;  // in a segment for requests under kSmall
  Stream stream;       // the stream of the last use
  Event released_at;   // set if `stream` is the user's, which may be gone at reuse

  bool joins(const Piece* next) const {
    return next != nullptr && next->is_free && next->stream == stream && stream.owned() && next->stream.owned();
  }
};

bool CachingAllocator::Smaller::operator()(const Piece* a, const Piece* b) const {
  if (a->small != b->small) return a->small;
  if (a->bytes != b->bytes) return a->bytes < b->bytes;
  return std::less<>()(a->data, b->data);
}

CachingAllocator::CachingAllocator(Device device, MemorySource source, bool caching)
    : device_(device), source_(std::move(source)), caching_(caching) {}

CachingAllocator::~CachingAllocator() {
  const std::lock_guard lock(mutex_);
  release_free_segments();
}

void* CachingAllocator::data(const Piece* piece) { return piece->data; }

CachingAllocator::Piece* CachingAllocator::allocate(std::size_t bytes, const Stream& stream) {
  const std::lock_guard lock(mutex_);
  // A size that overflows when rounded is larger than any memory.
  if (bytes > SIZE_MAX - kSegment) out_of_memory(bytes);
  Piece* piece = nullptr;
  if (caching_) piece = take_cached(round_up(bytes, kAlignment), stream);
  if (piece == nullptr) piece = take_from_system(bytes, stream);
  statistics_.in_use += piece->bytes;
  statistics_.peak_in_use = std::max(statistics_.peak_in_use, statistics_.in_use);
  return piece;
}

CachingAllocator::Piece* CachingAllocator::take_cached(std::size_t bytes, const Stream& stream) {
  Piece wanted;
  wanted.small = bytes < kSmall;
  wanted.bytes = bytes;
  Piece* found = nullptr;
  for (auto it = free_.lower_bound(&wanted); it != free_.end() && (*it)->small == wanted.small; ++it) {
    if ((*it)->stream == stream) {
      found = *it;
      break;
    }
    // Pieces used on a recorded stream are left out, because recorded work does not run and no other stream can wait
    // for it.
    const Stream& other = (*it)->stream;
    const bool captured = other.owned() && other.capturing();
    if (found == nullptr && !captured) found = *it;
  }
  if (found == nullptr) return nullptr;
  if (!found->stream.owned()) {
    stream.wait(found->released_at);
  } else if (!(found->stream == stream)) {
    stream.wait(found->stream);
  }
  free_.erase(found);
  statistics_.cached -= found->bytes;
  found->is_free = false;
  found->stream = stream;
  found->released_at = {};
  return cut(found, bytes);
}

// Puts the rest of a piece among the free ones if it is worth keeping: any rest in a small segment, 1 MiB in a large
// one.
CachingAllocator::Piece* CachingAllocator::cut(Piece* piece, std::size_t bytes) {
  const std::size_t rest = piece->bytes - bytes;
  if (rest < (piece->small ? kAlignment : kSmall)) return piece;
  auto* const tail = new Piece;
  tail->data = piece->data + bytes;
  tail->bytes = rest;
  tail->before = piece;
  tail->after = piece->after;
  tail->small = piece->small;
  tail->stream = piece->stream;
  if (tail->after != nullptr) tail->after->before = tail;
  piece->after = tail;
  piece->bytes = bytes;
  put_back(tail);
  return piece;
}

CachingAllocator::Piece* CachingAllocator::take_from_system(std::size_t bytes, const Stream& stream) {
  const std::size_t wanted = round_up(bytes, kAlignment);
  const std::size_t segment = caching_ ? round_up(bytes, kSegment) : bytes;
  void* memory = source_.allocate(segment);
  if (memory == nullptr) {
    release_free_segments();
    memory = source_.allocate(segment);
  }
  if (memory == nullptr) out_of_memory(bytes);
  ++statistics_.allocations;
  auto* const piece = new Piece;
  piece->data = static_cast<std::byte*>(memory);
  piece->bytes = segment;
  piece->small = caching_ && wanted < kSmall;
  piece->stream = stream;
  return caching_ ? cut(piece, wanted) : piece;
}

void CachingAllocator::release(Piece* piece) noexcept {
  const std::lock_guard lock(mutex_);
  statistics_.in_use -= piece->bytes;
  if (!caching_) {
    source_.release(piece->data);  // waits for the device's work, so the stream's order is kept
    delete piece;
    return;
  }
  try {
    if (!piece->stream.owned()) piece->released_at = Event::record(piece->stream);
    put_back(piece);
  } catch (const std::exception& e) {
    // The piece is lost, because the device has failed and something may still write to the memory.
    log(LogLevel::kWarning, cat("a block of ", piece->bytes, " bytes on ", device_.name(), " is lost: ", e.what()));
  }
}

// Puts a piece among the free ones, joined with free neighbors of the same stream.
void CachingAllocator::put_back(Piece* piece) {
  statistics_.cached += piece->bytes;
  piece->is_free = true;
  if (piece->joins(piece->after)) {
    free_.erase(piece->after);
    merge_with_next(piece);
  }
  if (piece->joins(piece->before)) {
    piece = piece->before;
    free_.erase(piece);
    merge_with_next(piece);
  }
  free_.insert(piece);
}

void CachingAllocator::merge_with_next(Piece* piece) {
  Piece* const next = piece->after;
  piece->bytes += next->bytes;
  piece->after = next->after;
  if (piece->after != nullptr) piece->after->before = piece;
  delete next;
}

void CachingAllocator::trim() {
  const std::lock_guard lock(mutex_);
  release_free_segments();
}

void CachingAllocator::release_free_segments() {
  if (free_.empty()) return;
  synchronize(device_);  // because pieces of any stream may still be in use
  std::vector<Piece*> firsts;
  for (Piece* const piece : free_) {
    if (piece->before == nullptr) firsts.push_back(piece);
  }
  for (Piece* const first : firsts) {
    const Piece* last = first;
    while (last->is_free && last->after != nullptr) last = last->after;
    if (!last->is_free) continue;
    void* const memory = first->data;
    for (Piece* piece = first; piece != nullptr;) {
      Piece* const next = piece->after;
      statistics_.cached -= piece->bytes;
      free_.erase(piece);
      delete piece;
      piece = next;
    }
    source_.release(memory);
  }
}

MemoryStatistics CachingAllocator::statistics() const {
  const std::lock_guard lock(mutex_);
  return statistics_;
}

std::size_t CachingAllocator::free_bytes() const {
  const std::lock_guard lock(mutex_);
  return source_.free_bytes() + statistics_.cached;
}

void CachingAllocator::out_of_memory(std::size_t bytes) const {
  const auto mib = [](std::size_t n) { return static_cast<double>(n) / (1 << 20); };
  std::ostringstream table;
  table.setf(std::ios::fixed);
  table.precision(1);
  table << "asked for " << mib(bytes) << " MiB on " << device_.name() << "; in use " << mib(statistics_.in_use)
        << " MiB, cached " << mib(statistics_.cached) << " MiB, free on the device " << mib(source_.free_bytes())
        << " MiB";
  fail<OutOfMemory>("allocate", table.str());
}

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kAddressSanitizer = true;
#elif defined(__has_feature)
constexpr bool kAddressSanitizer = __has_feature(address_sanitizer);
#else
constexpr bool kAddressSanitizer = false;
#endif

MemorySource source_of(Device device) {
  if (device.is_cpu()) return {cpu::allocate, cpu::release, cpu::free_bytes};
  const int index = device.index();
  return {[index](std::size_t bytes) { return cuda_backend::allocate(index, bytes); },
          [index](void* data) { cuda_backend::release(index, data); },
          [index] { return cuda_backend::free_bytes(index); }};
}

bool caching_wanted() {
  const char* const text = std::getenv("WEFT_NO_CACHE");
  return !kAddressSanitizer && (text == nullptr || std::strcmp(text, "1") != 0);
}

}  // namespace

CachingAllocator& allocator_of(Device device) {
  static std::mutex mutex;
  static const Lasting<std::map<int, std::unique_ptr<CachingAllocator>>> allocators;
  const std::lock_guard lock(mutex);
  auto& allocator = (*allocators)[device.index()];
  if (!allocator) allocator = std::make_unique<CachingAllocator>(device, source_of(device), caching_wanted());
  return *allocator;
}

}  // namespace weft
