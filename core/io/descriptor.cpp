// SPDX-License-Identifier: Apache-2.0
#include "core/io/descriptor.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/base/check.h"
#include "core/io/printable.h"
#include "weft/error.h"

namespace weft::detail {

bool Descriptor::close() { return number_ < 0 || ::close(std::exchange(number_, -1)) == 0; }

void check_path(const std::filesystem::path& path, const std::string& format) {
  constexpr std::size_t kLongest = 4096;
  if (path.empty()) fail_at<FormatError>(format, "", "the path is empty; it must name a file");
  if (path.native().find('\0') != std::string::npos)
    fail_at<FormatError>(format, printable(path.native(), kLongest), "the path holds a NUL byte, which no file has");
}

void fail_errno(const std::filesystem::path& path, const std::string& format, const std::string& what) {
  fail_at<FormatError>(format, path.string(), what, ": ", std::strerror(errno));
}

Descriptor open_to_read(const std::filesystem::path& path, const std::string& format, FileKinds kinds) {
  check_path(path, format);
  // A pipe without a writer would hold up the opening, before it can be seen that it is a pipe.
  const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | (kinds == FileKinds::kRegular ? O_NONBLOCK : 0);
  Descriptor file(::open(path.c_str(), flags));
  if (!file) fail_errno(path, format, "cannot be opened");
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail_errno(path, format, "cannot be opened");
  if (S_ISDIR(status.st_mode)) fail_at<FormatError>(format, path.string(), "this is a directory; a file is wanted");
  if (kinds == FileKinds::kRegular && !S_ISREG(status.st_mode))
    fail_at<FormatError>(format, path.string(), "this is no regular file; copy it to one first");
  return file;
}

}  // namespace weft::detail
