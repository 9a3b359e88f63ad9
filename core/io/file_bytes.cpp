// SPDX-License-Identifier: Apache-2.0
#include "core/io/file_bytes.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/base/check.h"
#include "weft/error.h"

namespace weft::detail {
namespace {

std::int64_t change_of(const struct stat& status) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  return status.st_mtim.tv_sec * kSecond + status.st_mtim.tv_nsec;
}

}  // namespace

FileBytes::FileBytes(std::filesystem::path path, std::string format, bool map)
    : path_(std::move(path)), format_(std::move(format)), file_(open_to_read(path_, format_, FileKinds::kRegular)) {
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) fail_errno(path_, format_, "cannot be opened");
  size_ = static_cast<std::uint64_t>(status.st_size);
  changed_ = change_of(status);
  if (!map || size_ == 0) return;
  void* data = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file_.get(), 0);
  if (data == MAP_FAILED) fail_errno(path_, format_, "cannot be mapped");
  mapping_ = {static_cast<const std::byte*>(data), [data, size = size_](const std::byte*) { ::munmap(data, size); }};
}

void FileBytes::read(std::uint64_t begin, std::size_t count, void* to) const {
  // The kernel takes at most 2 GiB at a time.
  constexpr std::size_t kMost = std::size_t{1} << 30;
  auto* at = static_cast<char*>(to);
  while (count > 0) {
    const ssize_t n = ::pread(file_.get(), at, std::min(count, kMost), static_cast<off_t>(begin));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_errno(path_, format_, "cannot be read");
    if (n == 0)
      fail_at<FormatError>(format_, path_.string(), "the file has ", size_, " bytes no more: byte ", begin,
                           " is gone; open it again when it is written");
    at += n;
    begin += static_cast<std::uint64_t>(n);
    count -= static_cast<std::size_t>(n);
  }
}

void FileBytes::check_unchanged() const {
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) fail_errno(path_, format_, "cannot be read");
  if (static_cast<std::uint64_t>(status.st_size) != size_ || change_of(status) != changed_)
    fail_at<FormatError>(format_, path_.string(), "the file was written to since it was opened, it has ",
                         status.st_size, " bytes and had ", size_, "; open it again");
}

}  // namespace weft::detail
