// SPDX-License-Identifier: Apache-2.0
#include "kernels/jit/cuda_kernel_cache.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/support/files.h"

namespace weft::testing {
using namespace kernels;
namespace {

namespace fs = std::filesystem;

class KernelCacheFiles : public ::testing::Test {
 protected:
  static std::string bytes_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void put(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }

 private:
  TemporaryDirectory directory_;

 protected:
  fs::path folder_ = directory_ / "cache";
};

TEST_F(KernelCacheFiles, GiveBackWhatWasWritten) {
  const KernelCache cache(folder_ / "made" / "when needed");
  EXPECT_EQ(cache.read("key"), std::nullopt);
  const std::string content("\0binary\n\n\xff", 10);
  cache.write("key", content);
  cache.write("empty", "");
  EXPECT_EQ(cache.read("key"), content);
  EXPECT_EQ(cache.read("empty"), "");
  EXPECT_EQ(cache.read("another key"), std::nullopt);
  cache.write("key", "new");
  EXPECT_EQ(cache.read("key"), "new");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "made" / "when needed"), {}), 2) << "nothing else is left";
}

TEST_F(KernelCacheFiles, ThatAreDamagedCountAsMissing) {
  const KernelCache cache(folder_);
  cache.write("key", "content of the kernel");
  const fs::path path = cache.file_of("key");
  const std::string whole = bytes_of(path);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    put(path, damaged);
    EXPECT_EQ(cache.read("key"), std::nullopt) << "byte " << i << " changed";
    put(path, whole.substr(0, i));
    EXPECT_EQ(cache.read("key"), std::nullopt) << "cut after " << i << " bytes";
  }
  put(path, whole + "x");
  EXPECT_EQ(cache.read("key"), std::nullopt);
  cache.write("key", "content of the kernel");
  EXPECT_EQ(cache.read("key"), "content of the kernel");
}

TEST_F(KernelCacheFiles, OfAnotherKeyAreNotTaken) {
  const KernelCache cache(folder_);
  cache.write("key a", "a");
  cache.write("key b", "b");
  fs::copy_file(cache.file_of("key a"), cache.file_of("key b"), fs::copy_options::overwrite_existing);
  EXPECT_EQ(cache.read("key b"), std::nullopt);
}

TEST_F(KernelCacheFiles, NeedAFolder) {
  fs::create_directories(folder_);
  put(folder_ / "file", "not a folder");
  for (const KernelCache& cache : {KernelCache(folder_ / "file"), KernelCache(fs::path())}) {
    cache.write("key", "content");
    EXPECT_EQ(cache.read("key"), std::nullopt);
  }
}

TEST(KernelCacheFolder, IsTheOneThatTheUserNames) {
  const auto set = [](const std::string& name, const char* value) {
    if (value) {
      ::setenv(name.c_str(), value, 1);
    } else {
      ::unsetenv(name.c_str());
    }
  };
  const std::vector<std::string> names{"WEFT_CACHE_DIR", "XDG_CACHE_HOME", "HOME"};
  std::vector<std::optional<std::string>> before;
  for (const std::string& name : names) {
    const char* value = std::getenv(name.c_str());
    before.push_back(value ? std::optional<std::string>(value) : std::nullopt);
  }
  for (const std::string& name : names) set(name, name.c_str());
  EXPECT_EQ(kernel_cache_folder(), "WEFT_CACHE_DIR");
  set("WEFT_CACHE_DIR", "");
  EXPECT_EQ(kernel_cache_folder(), "XDG_CACHE_HOME/weft");
  set("XDG_CACHE_HOME", nullptr);
  EXPECT_EQ(kernel_cache_folder(), "HOME/.cache/weft");
  set("HOME", nullptr);
  EXPECT_EQ(kernel_cache_folder(), "");
  for (std::size_t i = 0; i < names.size(); ++i) set(names[i], before[i] ? before[i]->c_str() : nullptr);
}

std::string key_of(int i) { return "key " + std::to_string(i); }
std::string content_of(int i) { return std::string(static_cast<std::size_t>(20000 + i), static_cast<char>('a' + i)); }
constexpr int kKeys = 5, kRounds = 12;

// Runs in each process of the test below, which sets WEFT_TEST_KERNEL_CACHE.
TEST(KernelCacheProcess, DISABLED_WritesAndReads) {
  const char* folder = std::getenv("WEFT_TEST_KERNEL_CACHE");
  if (!folder) GTEST_SKIP() << "is run by KernelCacheFiles.ServeManyProcesses";
  const KernelCache cache(folder);
  for (int round = 0; round < kRounds; ++round) {
    for (int i = 0; i < kKeys; ++i) {
      const std::optional<std::string> got = cache.read(key_of(i));
      ASSERT_TRUE(!got || *got == content_of(i)) << "a file was seen before it was whole";
      if (!got || round % 2 == 0) cache.write(key_of(i), content_of(i));
      ASSERT_TRUE(cache.read(key_of(i)) == content_of(i)) << "a file in use was damaged";
    }
  }
}

TEST_F(KernelCacheFiles, ServeManyProcesses) {
  const std::string self = fs::read_symlink("/proc/self/exe").string();
  // Not as a shard of its own, where this test is one.
  const std::string command = "env -u GTEST_TOTAL_SHARDS -u GTEST_SHARD_INDEX WEFT_TEST_KERNEL_CACHE='" +
                              folder_.string() + "' '" + self +
                              "' --gtest_also_run_disabled_tests --gtest_filter=KernelCacheProcess.* 2>&1";
  std::vector<FILE*> processes;
  for (int i = 0; i < 3; ++i) processes.push_back(::popen(command.c_str(), "r"));
  for (FILE* process : processes) {
    ASSERT_NE(process, nullptr);
    std::string output;
    for (int c = std::fgetc(process); c != EOF; c = std::fgetc(process)) output += static_cast<char>(c);
    EXPECT_EQ(::pclose(process), 0) << output;
  }
  const KernelCache cache(folder_);
  for (int i = 0; i < kKeys; ++i) EXPECT_TRUE(cache.read(key_of(i)) == content_of(i));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), kKeys) << "no partial file is left";
}

}  // namespace
}  // namespace weft::testing
