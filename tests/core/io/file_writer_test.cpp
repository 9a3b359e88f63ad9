// SPDX-License-Identifier: Apache-2.0
// Replacing a file: what stands at the path decides how, and a failure leaves it as it was.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "tests/support/files.h"
#include "tests/support/unprivileged.h"
#include "weft/file.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

mode_t mode_of(const fs::path& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode;
}

std::ptrdiff_t entries(const fs::path& directory) { return std::distance(fs::directory_iterator(directory), {}); }

std::string error_of(const fs::path& path) {
  return message_of<FormatError>([&] { replace_file(path, "new"); });
}

TEST(ReplaceFile, WritesAndReplaces) {
  const TemporaryDirectory directory;
  replace_file(directory / "t", "one");
  EXPECT_EQ(read_file(directory / "t"), "one");
  replace_file(directory / "t", std::string("\0two", 4));
  EXPECT_EQ(read_file(directory / "t"), std::string("\0two", 4));
  replace_file(directory / "t", "");
  EXPECT_EQ(read_file(directory / "t"), "");
  EXPECT_EQ(entries(directory.path()), 1);
}

TEST(ReplaceFile, DevicesAreWrittenToAndStay) {
  ASSERT_TRUE(S_ISCHR(mode_of("/dev/full")));
  EXPECT_EQ(error_of("/dev/full"), "[file] /dev/full: cannot be written: No space left on device");
  EXPECT_TRUE(S_ISCHR(mode_of("/dev/full")));
  replace_file("/dev/null", "new");
  EXPECT_TRUE(S_ISCHR(mode_of("/dev/null")));
}

TEST(ReplaceFile, LinksToDevicesStayToo) {
  const TemporaryDirectory directory;
  fs::create_symlink("/dev/null", directory / "t");
  replace_file(directory / "t", "new");
  EXPECT_TRUE(fs::is_symlink(directory / "t"));
}

TEST(ReplaceFile, APipeWithoutAReaderIsAnError) {
  const TemporaryDirectory directory;
  ASSERT_EQ(::mkfifo((directory / "t").c_str(), 0600), 0);
  std::thread reader([&] { ::close(::open((directory / "t").c_str(), O_RDONLY)); });
  const std::string more_than_a_pipe_holds(std::size_t{1} << 22, 'x');
  EXPECT_EQ(message_of<FormatError>([&] { replace_file(directory / "t", more_than_a_pipe_holds); }),
            "[file] " + (directory / "t").string() + ": cannot be written: Broken pipe");
  reader.join();
  sigset_t pending, mask;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  EXPECT_EQ(sigismember(&mask, SIGPIPE), 0);
}

TEST(ReplaceFile, PipesAreWrittenTo) {
  const TemporaryDirectory directory;
  const fs::path pipe = directory / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::string got;
  std::thread reader([&] { got = read_file(pipe); });
  replace_file(pipe, "new");
  reader.join();
  EXPECT_EQ(got, "new");
  EXPECT_TRUE(S_ISFIFO(mode_of(pipe)));
}

TEST(ReplaceFile, OpenFilesOfProcAreWrittenTo) {
  const TemporaryDirectory directory;
  write_file(directory / "t", "old and long");
  const int open = ::open((directory / "t").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(open, 0);
  replace_file("/proc/self/fd/" + std::to_string(open), "new");
  char got[16] = {};
  EXPECT_EQ(::pread(open, got, sizeof got, 0), 3);  // the very file that is open, not another of its name
  ::close(open);
}

TEST(ReplaceFile, LinksAreFollowed) {
  const TemporaryDirectory directory;
  fs::create_directory(directory / "d");
  write_file(directory / "d" / "t", "old");
  fs::create_symlink("d/t", directory / "relative");
  fs::create_symlink(directory / "relative", directory / "chain");
  replace_file(directory / "chain", "new");
  EXPECT_TRUE(fs::is_symlink(directory / "chain"));
  EXPECT_TRUE(fs::is_symlink(directory / "relative"));
  EXPECT_EQ(read_file(directory / "d" / "t"), "new");
  EXPECT_EQ(entries(directory / "d"), 1);
}

TEST(ReplaceFile, LinksToNothingMakeTheFile) {
  const TemporaryDirectory directory;
  fs::create_symlink("t", directory / "link");
  replace_file(directory / "link", "new");
  EXPECT_TRUE(fs::is_symlink(directory / "link"));
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(directory / "t")));
  EXPECT_EQ(read_file(directory / "t"), "new");
  fs::create_symlink("nowhere/t", directory / "lost");
  EXPECT_THAT(error_of(directory / "lost"), HasSubstr("lost: cannot be written: No such file or directory"));
  fs::create_symlink("circle", directory / "circle");
  EXPECT_THAT(error_of(directory / "circle"), HasSubstr("cannot be written: Too many levels of symbolic links"));
}

TEST(ReplaceFile, PermissionsStay) {
  const TemporaryDirectory directory;
  replace_file(directory / "fresh", "old");
  const mode_t mask = ::umask(0);
  ::umask(mask);
  EXPECT_EQ(mode_of(directory / "fresh") & 07777, 0666 & ~mask);
  for (const mode_t mode : {0600u, 0640u, 0777u}) {
    ASSERT_EQ(::chmod((directory / "fresh").c_str(), mode), 0);
    replace_file(directory / "fresh", "new");
    EXPECT_EQ(mode_of(directory / "fresh") & 07777, mode);
  }
}

TEST(ReplaceFile, ProtectedFilesStay) {
  const TemporaryDirectory directory;
  ASSERT_EQ(::chmod(directory.path().c_str(), 0777), 0);
  write_file(directory / "t", "old");
  ASSERT_EQ(::chmod((directory / "t").c_str(), 0444), 0);
  {
    const Unprivileged user;
    if (!user.works()) GTEST_SKIP() << "another user cannot be taken on";
    EXPECT_THAT(error_of(directory / "t"), HasSubstr("t: cannot be written: Permission denied"));
  }
  EXPECT_EQ(read_file(directory / "t"), "old");
  EXPECT_EQ(entries(directory.path()), 1);
}

TEST(ReplaceFile, ProtectedDirectoriesAreNamedAsTheReason) {
  const TemporaryDirectory directory;
  write_file(directory / "t", "old");
  ASSERT_EQ(::chmod((directory / "t").c_str(), 0666), 0);
  ASSERT_EQ(::chmod(directory.path().c_str(), 0555), 0);
  const Unprivileged user;
  if (!user.works()) GTEST_SKIP() << "another user cannot be taken on";
  EXPECT_THAT(error_of(directory / "t"), HasSubstr("because no file can be made beside it: Permission denied"));
}

TEST(ReplaceFile, DirectoriesAndNulBytesAreErrors) {
  const TemporaryDirectory directory;
  EXPECT_THAT(error_of(directory.path()), HasSubstr("cannot be written: this is a directory; name a file in it"));
  EXPECT_THAT(error_of(directory / std::string("t\0.csv", 6)), HasSubstr("t\\x00.csv: the path holds a NUL byte"));
  EXPECT_THAT(error_of(""), HasSubstr("the path is empty; it must name a file"));
  write_file(directory / "t", "old");
  EXPECT_THAT(error_of(directory / "t" / "u"), HasSubstr("cannot be written: Not a directory"));
  EXPECT_EQ(entries(directory.path()), 1);
}

TEST(ReplaceFile, TheLongestNamesHaveRoom) {
  const TemporaryDirectory directory;
  const std::string name(255, 'n');
  replace_file(directory / name, "new");
  EXPECT_EQ(read_file(directory / name), "new");
}

TEST(ReplaceFile, WithoutSpaceTheOldFileStays) {
  const TemporaryDirectory directory;
  write_file(directory / "t", "old");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{100, before.rlim_max};
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string message = message_of<FormatError>([&] { replace_file(directory / "t", std::string(1000, 'x')); });
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(message, HasSubstr("t: cannot be written: File too large"));
  EXPECT_EQ(read_file(directory / "t"), "old");
  EXPECT_EQ(entries(directory.path()), 1);
}

}  // namespace
}  // namespace weft::testing
