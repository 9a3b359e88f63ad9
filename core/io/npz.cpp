// SPDX-License-Identifier: Apache-2.0
#include "core/io/npz.h"

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <set>
#include <string_view>

#include "core/base/check.h"
#include "core/io/file_bytes.h"
#include "core/io/file_writer.h"
#include "core/io/host_memory.h"
#include "core/io/npy.h"
#include "core/io/printable.h"
#include "weft/detail/host_allocation.h"
#include "weft/error.h"

// The parts of a zip archive. Source: PKWARE's APPNOTE.TXT, version 6.3.
namespace weft::data {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kLocal = 30, kCentral = 46, kEnd = 22;  // bytes of the records without names
constexpr std::uint32_t kLocalMark = 0x04034b50, kCentralMark = 0x02014b50, kEndMark = 0x06054b50;
constexpr std::uint32_t kLarge = 0xffffffff;  // the number stands in a record for large archives

std::uint32_t number(Bytes bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | std::to_integer<std::uint32_t>(bytes[at + i]);
  return value;
}

struct Member {
  std::string name;
  std::uint32_t flags, method, checksum, packed, size, local;
};

class Archive {
 public:
  Archive(Bytes bytes, const std::string& path) : bytes_(bytes), path_(path) {}

  [[noreturn]] void fail(const std::string& message) const { fail_at<FormatError>("npz", path_, message); }

  std::vector<Member> members() const {
    const std::size_t end = end_record();
    const std::uint32_t count = number(bytes_, end + 10, 2);
    std::size_t at = number(bytes_, end + 16, 4);
    if (count == 0xffff || at == kLarge) fail("archives of 4 GiB or more are not read; store the arrays as .npy");
    std::vector<Member> out;
    for (std::uint32_t i = 0; i < count; ++i) {
      if (at > end || end - at < kCentral || number(bytes_, at, 4) != kCentralMark)
        fail("its list of members is damaged");
      const std::size_t name = number(bytes_, at + 28, 2), extra = number(bytes_, at + 30, 2);
      const std::size_t length = kCentral + name + extra + number(bytes_, at + 32, 2);
      if (length > end - at) fail("its list of members is damaged");
      out.push_back({{reinterpret_cast<const char*>(bytes_.data()) + at + kCentral, name},
                     number(bytes_, at + 8, 2),
                     number(bytes_, at + 10, 2),
                     number(bytes_, at + 16, 4),
                     number(bytes_, at + 20, 4),
                     number(bytes_, at + 24, 4),
                     number(bytes_, at + 42, 4)});
      at += length;
    }
    return out;
  }

  // The member's bytes, checked. A stored member lies within the archive, which `keep` then owns.
  Bytes content(const Member& member, std::shared_ptr<const void>& keep) const {
    const std::string what = "member '" + detail::printable(member.name) + "' ";
    if ((member.flags & 1) != 0) fail(what + "is encrypted");
    if (member.packed == kLarge || member.size == kLarge || member.local == kLarge) fail(what + "has 4 GiB or more");
    const std::size_t local = member.local;
    if (local > bytes_.size() || bytes_.size() - local < kLocal || number(bytes_, local, 4) != kLocalMark)
      fail(what + "is not where the list of members says");
    const std::size_t begin = local + kLocal + number(bytes_, local + 26, 2) + number(bytes_, local + 28, 2);
    if (begin > bytes_.size() || bytes_.size() - begin < member.packed) fail(what + "is cut off");
    const Bytes packed = bytes_.subspan(begin, member.packed);
    Bytes out = packed;
    if (member.method == 8) {
      out = inflated(packed, member, what, keep);
    } else if (member.method != 0) {
      fail(what + "is packed by method " + std::to_string(member.method) + "; stored and deflated ones are read");
    } else if (member.size != member.packed) {
      fail(what + "is stored, but its two sizes differ");
    }
    const auto* data = reinterpret_cast<const Bytef*>(out.data());
    if (crc32_z(0, data, out.size()) != member.checksum) fail(what + "has a wrong checksum; fetch the file again");
    return out;
  }

 private:
  // The place of the record at the end, behind which is a comment.
  std::size_t end_record() const {
    constexpr std::size_t kComment = 0xffff;
    if (bytes_.size() < kEnd) fail("this is no zip archive, it is too short");
    const std::size_t last = bytes_.size() - kEnd, first = last > kComment ? last - kComment : 0;
    for (std::size_t at = last + 1; at-- > first;)
      if (number(bytes_, at, 4) == kEndMark && number(bytes_, at + 20, 2) == bytes_.size() - at - kEnd) return at;
    fail("this is no zip archive, or it is cut off");
  }

  Bytes inflated(Bytes packed, const Member& member, const std::string& what, std::shared_ptr<const void>& keep) const {
    constexpr std::uint64_t kMostPerByte = 1032;  // deflate packs no better: a size that lies does not allocate
    if (member.size > kMostPerByte * packed.size() + 64) fail(what + "cannot be as large as it says");
    const auto memory = detail::host_memory(member.size + std::size_t{1});  // one more shows surplus bytes
    z_stream z{};
    z.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));  // zlib does not write there
    z.avail_in = static_cast<uInt>(packed.size());
    z.next_out = reinterpret_cast<Bytef*>(memory.get());
    z.avail_out = member.size + 1;
    if (inflateInit2(&z, -MAX_WBITS) != Z_OK) fail("zlib cannot start");
    const int status = inflate(&z, Z_FINISH);
    const bool whole = status == Z_STREAM_END && z.total_out == member.size;
    inflateEnd(&z);
    if (!whole) fail(what + "is damaged; fetch the file again");
    keep = memory;
    return {memory.get(), member.size};
  }

  Bytes bytes_;
  const std::string& path_;
};

void put(std::string& out, std::uint32_t value, int size) {
  for (int i = 0; i < size; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

void check_names(const std::vector<std::pair<std::string, Tensor>>& tensors, const std::string& path) {
  constexpr std::size_t kLongest = 0xffff - 4;
  std::set<std::string> seen;
  for (const auto& [name, tensor] : tensors) {
    if (name.empty() || name.size() > kLongest || !detail::is_clean_text(name))
      fail_at<ValueError>("npz", path, "the name '", detail::printable(name),
                          "' is empty, too long or not UTF-8 without control characters");
    if (!seen.insert(name).second) fail_at<ValueError>("npz", path, "the name '", name, "' is given twice");
  }
  if (tensors.size() >= 0xffff)
    fail_at<ValueError>("npz", path, tensors.size(), " tensors; at most 65,534 are written");
}

}  // namespace

std::vector<std::pair<std::string, Tensor>> parse_npz(std::span<const std::byte> bytes,
                                                      const std::shared_ptr<const void>& keep,
                                                      const std::string& path) {
  const Archive archive(bytes, path);
  std::vector<std::pair<std::string, Tensor>> out;
  std::set<std::string> seen;
  for (const Member& member : archive.members()) {
    constexpr std::string_view kEnding = ".npy";
    std::string name = member.name;
    if (!name.ends_with(kEnding) || !detail::is_clean_text(name))
      archive.fail("member '" + detail::printable(name) + "' is no .npy file with a name in UTF-8");
    name.resize(name.size() - kEnding.size());
    if (!seen.insert(name).second) archive.fail("the name '" + detail::printable(name) + "' is given twice");
    std::shared_ptr<const void> owner = keep;
    const std::span<const std::byte> content = archive.content(member, owner);
    out.emplace_back(name, parse_npy(content, owner, path + ": " + member.name));
  }
  return out;
}

std::vector<std::pair<std::string, Tensor>> read_npz(const std::filesystem::path& path) {
  return detail::allocating(
      "npz", 0,
      [&] {
        const detail::FileBytes file(path, "npz", false);
        const auto size = static_cast<std::size_t>(file.size());
        const auto memory = detail::host_memory(size);
        file.read(0, size, memory.get());
        return parse_npz({memory.get(), size}, memory, path.string());
      },
      path.string());
}

void write_npz(const std::filesystem::path& path, const std::vector<std::pair<std::string, Tensor>>& tensors) {
  check_names(tensors, path.string());
  detail::FileWriter file(path, "npz");
  std::string list;
  std::uint64_t at = 0;
  for (const auto& [name, tensor] : tensors) {
    const std::string header = npy_header(tensor, path.string() + ": " + name), member = name + ".npy";
    const Tensor host = tensor.to(Device::cpu());
    const auto* data = reinterpret_cast<const Bytef*>(detail::host_bytes(host));
    const auto bytes = static_cast<std::size_t>(TensorSpec{host.shape(), host.dtype()}.bytes());
    const std::uint64_t next = at + kLocal + member.size() + header.size() + bytes;
    if (next + list.size() >= kLarge)
      fail_at<ValueError>("npz", path.string(), "the tensors have 4 GiB or more; write each with write_npy()");
    const auto begin = reinterpret_cast<const Bytef*>(header.data());
    uLong checksum = crc32_z(0, begin, header.size());
    if (bytes > 0) checksum = crc32_z(checksum, data, bytes);  // without bytes zlib would begin again
    std::string common;  // of both records: version, flags (UTF-8), method, time, date (1 January 1980), sizes
    for (const std::uint32_t value : {20u, 0x800u, 0u, 0u, 0x21u}) put(common, value, 2);
    put(common, static_cast<std::uint32_t>(checksum), 4);
    for (int i = 0; i < 2; ++i) put(common, static_cast<std::uint32_t>(header.size() + bytes), 4);
    put(common, static_cast<std::uint32_t>(member.size()), 2);
    put(common, 0, 2);
    std::string local;
    put(local, kLocalMark, 4);
    local += common + member + header;
    file.write(local.data(), local.size());
    file.write(data, bytes);
    put(list, kCentralMark, 4);
    put(list, 20, 2);
    list += common;
    for (const int size : {2, 2, 2, 4}) put(list, 0, size);
    put(list, static_cast<std::uint32_t>(at), 4);
    list += member;
    at = next;
  }
  const auto size = static_cast<std::uint32_t>(list.size()), count = static_cast<std::uint32_t>(tensors.size());
  put(list, kEndMark, 4);
  put(list, 0, 4);
  for (int i = 0; i < 2; ++i) put(list, count, 2);
  put(list, size, 4);
  put(list, static_cast<std::uint32_t>(at), 4);
  put(list, 0, 2);
  file.write(list.data(), list.size());
  file.commit();
}

}  // namespace weft::data
