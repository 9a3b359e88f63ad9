// SPDX-License-Identifier: Apache-2.0
#include "core/io/byte_source.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "core/base/check.h"
#include "weft/error.h"

namespace weft::detail {

struct ByteSource::State {
  std::string name, format;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{nullptr, std::fclose};
  std::array<unsigned char, 1 << 16> buffer{};  // bytes of the file
  std::span<const unsigned char> packed;        // bytes as they are stored, not used yet
  bool gzip = false;
  bool between_members = true;  // a gzip file may hold several
  z_stream inflater{};

  ~State() {
    if (gzip) inflateEnd(&inflater);
  }

  [[noreturn]] void fail(const std::string& message) const { fail_at<FormatError>(format, name, message); }

  // More stored bytes, false at the end.
  bool refill() {
    if (!packed.empty()) return true;
    if (!file) return false;
    const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), file.get());
    if (n == 0 && std::ferror(file.get())) fail(std::string("cannot be read: ") + std::strerror(errno));
    packed = {buffer.data(), n};
    return n > 0;
  }

  void detect() {
    gzip = refill() && packed.size() >= 2 && packed[0] == 0x1f && packed[1] == 0x8b;
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
      packed = packed.subspan(n);
      done += n;
    }
    return done;
  }

  std::size_t unpack(std::span<unsigned char> to) {
    std::size_t done = 0;
    while (done < to.size()) {
      if (!refill()) {
        if (between_members) break;
        fail("the gzip data is cut off");
      }
      between_members = false;
      inflater.next_in = const_cast<unsigned char*>(packed.data());  // zlib does not write there
      inflater.avail_in = static_cast<uInt>(std::min<std::size_t>(packed.size(), 1 << 30));
      inflater.next_out = to.data() + done;
      inflater.avail_out = static_cast<uInt>(std::min<std::size_t>(to.size() - done, 1 << 30));
      const uInt in = inflater.avail_in, out = inflater.avail_out;
      const int status = inflate(&inflater, Z_NO_FLUSH);
      packed = packed.subspan(in - inflater.avail_in);
      done += out - inflater.avail_out;
      if (status == Z_STREAM_END) {
        between_members = true;
        inflateReset(&inflater);
      } else if (status != Z_OK) {
        fail(std::string("the gzip data is damaged: ") + (inflater.msg ? inflater.msg : "unexpected end"));
      }
    }
    return done;
  }
};

ByteSource::ByteSource(const std::filesystem::path& path, std::string format) : state_(std::make_unique<State>()) {
  state_->name = path.string();
  state_->format = std::move(format);
  state_->file.reset(std::fopen(path.c_str(), "rb"));
  if (!state_->file) fail(std::string("cannot be opened: ") + std::strerror(errno));
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

void ByteSource::fail(const std::string& message) const { state_->fail(message); }

}  // namespace weft::detail
