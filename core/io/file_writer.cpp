// SPDX-License-Identifier: Apache-2.0
#include "core/io/file_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <system_error>
#include <utility>

#include "core/base/check.h"
#include "weft/error.h"
#include "weft/file.h"

namespace weft {
namespace detail {
namespace {

std::atomic<unsigned> files_begun{0};

// The file at the end of a chain of links; none for a link of /proc, which names an open file rather than a place.
std::optional<std::filesystem::path> end_of_links(std::filesystem::path path) {
  constexpr int kMost = 40;  // the kernel refuses longer chains
  for (int i = 0; i < kMost; ++i) {
    std::error_code no_link;
    const std::filesystem::path link = std::filesystem::read_symlink(path, no_link);
    if (no_link) return path;
    if (path.native().starts_with("/proc/")) return std::nullopt;
    path = path.parent_path() / link;  // an absolute link stands for itself
  }
  return path;
}

// Writes to a pipe without a reader give EPIPE while it lives, instead of the signal that ends the process.
class NoPipeSignal {
 public:
  NoPipeSignal() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    // A signal that waits already belongs to the user's program.
    waits_ = sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoPipeSignal() {
    constexpr timespec kAtOnce{};
    while (!waits_ && ::sigtimedwait(&pipe_, nullptr, &kAtOnce) == -1 && errno == EINTR) continue;
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoPipeSignal(const NoPipeSignal&) = delete;
  NoPipeSignal& operator=(const NoPipeSignal&) = delete;

 private:
  sigset_t pipe_{}, before_{};
  bool waits_ = false;
};

// write(), where a pipe without a reader is an error as others are.
ssize_t write_some(int file, const void* data, std::size_t bytes) {
  ssize_t written = 0;
  int error = 0;
  {
    const NoPipeSignal quiet;
    written = ::write(file, data, bytes);
    error = errno;
  }
  errno = error;
  return written;
}

}  // namespace

FileWriter::FileWriter(std::filesystem::path path, std::string format)
    : path_(std::move(path)), format_(std::move(format)) {
  check_path(path_, format_);
  struct stat status {};
  const bool exists = ::stat(path_.c_str(), &status) == 0;
  if (!exists && errno != ENOENT) fail("cannot be written");
  if (exists && S_ISDIR(status.st_mode))
    fail_at<FormatError>(format_, path_.string(), "cannot be written: this is a directory; name a file in it");
  const std::optional<std::filesystem::path> end = end_of_links(path_);
  if (exists && (!S_ISREG(status.st_mode) || !end)) {
    file_ = Descriptor(::open(path_.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY));
    if (!file_) fail("cannot be written");
    return;
  }
  target_ = end.value_or(path_);
  // Renaming asks for no permission of the file itself: one that is protected stays as it is.
  if (exists && ::faccessat(AT_FDCWD, target_.c_str(), W_OK, AT_EACCESS) != 0) fail("cannot be written");
  open_beside();
  if (!exists) return;
  // Best effort: only the superuser gives files away. The owner comes first, because a change of owner clears bits.
  const bool given = ::fchown(file_.get(), status.st_uid, status.st_gid) == 0;
  constexpr mode_t kBits = 07777, kPlain = 0777;
  ::fchmod(file_.get(), status.st_mode & (given ? kBits : kPlain));
}

FileWriter::~FileWriter() {
  if (temporary_) ::unlink(temporary_->c_str());
}

void FileWriter::open_beside() {
  constexpr mode_t kReadableByAll = 0666;  // less the umask
  do {
    // Short, so that a name of the longest kind has room beside it, too.
    const std::string name = cat(".partial-", ::getpid(), "-", files_begun++);
    std::filesystem::path beside = target_.parent_path() / name;
    file_ = Descriptor(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kReadableByAll));
    if (file_) temporary_ = std::move(beside);
  } while (!file_ && errno == EEXIST);
  if (!file_) fail(errno == ENOENT ? "cannot be written" : "cannot be written, because no file can be made beside it");
}

void FileWriter::write(const void* data, std::size_t bytes) {
  const auto* at = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t n = write_some(file_.get(), at, bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("cannot be written");
    at += n;
    bytes -= static_cast<std::size_t>(n);
  }
}

void FileWriter::commit() {
  // Only regular files must know how to sync.
  if (::fsync(file_.get()) != 0 && temporary_) fail("cannot be synced");
  if (!file_.close()) fail("cannot be written");
  if (!temporary_) return;
  if (::rename(temporary_->c_str(), target_.c_str()) != 0) fail("cannot be put in its place");
  temporary_.reset();
  // The rename itself lasts only when the directory is synced; file systems that cannot do that need not.
  const std::filesystem::path parent = target_.has_parent_path() ? target_.parent_path() : ".";
  if (const Descriptor directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); directory)
    ::fsync(directory.get());
}

}  // namespace detail

void replace_file(const std::filesystem::path& path, std::string_view bytes, const std::string& op) {
  detail::FileWriter file(path, op);
  file.write(bytes.data(), bytes.size());
  file.commit();
}

}  // namespace weft
