// SPDX-License-Identifier: Apache-2.0
#include "core/io/byte_source.h"

#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <vector>

#include "core/base/check.h"
#include "core/io/descriptor.h"
#include "core/io/foreign_kind.h"
#include "weft/error.h"

namespace weft::detail {

struct ByteSource::State {
  std::string name, format;
  Descriptor file;
  std::vector<unsigned char> buffer;      // bytes of the file; empty for a source in memory
  std::span<const unsigned char> packed;  // bytes as they are stored, not used yet
  std::uint64_t taken = 0;                // stored bytes in front of them
  bool gzip = false;
  bool between_members = true;  // a gzip file may hold several
  z_stream inflater{};

  ~State() {
    if (gzip) inflateEnd(&inflater);
  }

  [[noreturn]] void fail(const std::string& message) const { fail_at<FormatError>(format, name, message); }
  [[noreturn]] void fail_packed(const std::string& message) const {
    fail("the gzip data " + message + " at byte " + std::to_string(taken) + "; fetch or pack the file again");
  }

  // More stored bytes, false at the end.
  bool refill() {
    if (!packed.empty()) return true;
    if (!file) return false;
    std::size_t n = 0;
    while (n < buffer.size()) {  // a pipe gives a little at a time
      const ssize_t got = ::read(file.get(), buffer.data() + n, buffer.size() - n);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail(std::string("cannot be read: ") + std::strerror(errno));
      if (got == 0) break;
      n += static_cast<std::size_t>(got);
    }
    packed = {buffer.data(), n};
    return n > 0;
  }

  void take(std::size_t n) {
    packed = packed.subspan(n);
    taken += n;
  }

  void detect() {
    if (!refill()) return;
    gzip = packed.size() >= 2 && packed[0] == 0x1f && packed[1] == 0x8b;
    if (!gzip) {
      const auto kind = foreign_kind({reinterpret_cast<const char*>(packed.data()), packed.size()});
      if (kind) fail("this is " + std::string(kind->name) + "; unpack or convert it, plain and gzip files are read");
    }
    if (gzip && inflateInit2(&inflater, 16 + MAX_WBITS) != Z_OK) {
      gzip = false;
      fail("zlib cannot start");
    }
  }

  std::size_t copy(std::span<unsigned char> to) {
    std::size_t done = 0;
    while (done < to.size() && refill()) {
      const std::size_t n = std::min(packed.size(), to.size() - done);
      std::memcpy(to.data() + done, packed.data(), n);
      take(n);
      done += n;
    }
    return done;
  }

  // Takes the zeros that tapes and block devices leave behind a member. False at the end of the file.
  bool skip_padding() {
    while (refill()) {
      const auto end = std::find_if(packed.begin(), packed.end(), [](unsigned char byte) { return byte != 0; });
      take(static_cast<std::size_t>(end - packed.begin()));
      if (!packed.empty()) return true;
    }
    return false;
  }

  std::size_t unpack(std::span<unsigned char> to) {
    std::size_t done = 0;
    while (done < to.size()) {
      if (between_members && !skip_padding()) break;
      if (!refill()) fail_packed("is cut off");
      between_members = false;
      inflater.next_in = const_cast<unsigned char*>(packed.data());  // zlib does not write there
      inflater.avail_in = static_cast<uInt>(std::min<std::size_t>(packed.size(), 1 << 30));
      inflater.next_out = to.data() + done;
      inflater.avail_out = static_cast<uInt>(std::min<std::size_t>(to.size() - done, 1 << 30));
      const uInt in = inflater.avail_in, out = inflater.avail_out;
      const int status = inflate(&inflater, Z_NO_FLUSH);
      take(in - inflater.avail_in);
      done += out - inflater.avail_out;
      if (status == Z_STREAM_END) {
        between_members = true;
        inflateReset(&inflater);
      } else if (status != Z_OK) {
        fail_packed("is damaged (" + std::string(inflater.msg ? inflater.msg : "unexpected end") + ")");
      }
    }
    return done;
  }
};

ByteSource::ByteSource(const std::filesystem::path& path, std::string format) : state_(std::make_unique<State>()) {
  state_->name = path.string();
  state_->format = std::move(format);
  state_->file = open_to_read(path, state_->format, FileKinds::kAny);
  constexpr std::size_t kBuffer = 1 << 16;
  state_->buffer.resize(kBuffer);
  state_->detect();
}

ByteSource::ByteSource(std::span<const unsigned char> memory, std::string name, std::string format)
    : state_(std::make_unique<State>()) {
  state_->name = std::move(name);
  state_->format = std::move(format);
  state_->packed = memory;
  state_->detect();
}

ByteSource::~ByteSource() = default;
ByteSource::ByteSource(ByteSource&&) noexcept = default;

std::size_t ByteSource::read(std::span<unsigned char> to) {
  return state_->gzip ? state_->unpack(to) : state_->copy(to);
}

std::uint64_t ByteSource::size_hint() const {
  if (state_->gzip) return 0;
  if (!state_->file) return state_->packed.size();
  struct stat status {};
  const bool known = ::fstat(state_->file.get(), &status) == 0 && S_ISREG(status.st_mode);
  return known ? static_cast<std::uint64_t>(status.st_size) : 0;
}

const std::string& ByteSource::name() const { return state_->name; }
void ByteSource::fail(const std::string& message) const { state_->fail(message); }

}  // namespace weft::detail
