// SPDX-License-Identifier: Apache-2.0
#include "core/io/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/base/check.h"
#include "weft/error.h"

namespace weft::detail {
namespace {

std::atomic<unsigned> files_begun{0};

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path path, std::string format)
    : path_(std::move(path)), temporary_(path_), format_(std::move(format)) {
  temporary_ += ".partial-" + std::to_string(::getpid()) + "-" + std::to_string(files_begun++);
  constexpr int kReadableByAll = 0666;  // less the umask
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kReadableByAll);
  if (descriptor_ < 0) fail("cannot be written");
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::write(const void* data, std::size_t bytes) {
  const auto* at = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t n = ::write(descriptor_, at, bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("cannot be written");
    at += n;
    bytes -= static_cast<std::size_t>(n);
  }
}

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) fail("cannot be synced");
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail("cannot be put in its place");
  ::close(std::exchange(descriptor_, -1));
  // The rename itself lasts only when the directory is synced; file systems that cannot do that need not.
  const std::filesystem::path parent = path_.has_parent_path() ? path_.parent_path() : ".";
  if (const int directory = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); directory >= 0) {
    ::fsync(directory);
    ::close(directory);
  }
}

void AtomicFile::fail(const char* what) const {
  fail_at<FormatError>(format_, path_.string(), std::string(what) + ": " + std::strerror(errno));
}

}  // namespace weft::detail
