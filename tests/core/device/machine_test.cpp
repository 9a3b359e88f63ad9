// SPDX-License-Identifier: Apache-2.0
#include "core/device/cpu/machine.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/support/files.h"
#include "weft/error.h"

namespace weft::testing {
namespace {

namespace fs = std::filesystem;

// A file tree that looks like /proc and /sys.
class Quota : public ::testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

 private:
  TemporaryDirectory directory_;

 protected:
  fs::path root_ = directory_.path();
};

TEST_F(Quota, NoneWithoutControlGroups) { EXPECT_FALSE(cpu::cgroup_quota(root_).has_value()); }

TEST_F(Quota, VersionTwo) {
  write("proc/self/cgroup", "0::/jobs/one\n");
  write("sys/fs/cgroup/jobs/one/cpu.max", "250000 100000\n");
  EXPECT_EQ(cpu::cgroup_quota(root_), 2.5);
  write("sys/fs/cgroup/jobs/one/cpu.max", "max 100000\n");
  EXPECT_FALSE(cpu::cgroup_quota(root_).has_value());
}

TEST_F(Quota, AParentsLimitBinds) {
  write("proc/self/cgroup", "0::/jobs/one\n");
  write("sys/fs/cgroup/jobs/one/cpu.max", "800000 100000\n");
  write("sys/fs/cgroup/jobs/cpu.max", "300000 100000\n");
  EXPECT_EQ(cpu::cgroup_quota(root_), 3.0);
}

TEST_F(Quota, InsideAContainerTheMountIsTheGroup) {
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/cpu.max", "200000 100000\n");
  EXPECT_EQ(cpu::cgroup_quota(root_), 2.0);
}

TEST_F(Quota, VersionOne) {
  write("proc/self/cgroup", "7:memory:/a\n4:cpu,cpuacct:/a/b\n");
  write("sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us", "150000\n");
  write("sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cpu::cgroup_quota(root_), 1.5);
  write("sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us", "-1\n");
  EXPECT_FALSE(cpu::cgroup_quota(root_).has_value());
}

TEST_F(Quota, VersionOneUnderItsShortName) {
  write("proc/self/cgroup", "4:cpuacct,cpu:/a\n3:cpuset:/c\n");
  write("sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "400000\n");
  write("sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cpu::cgroup_quota(root_), 4.0);
}

using Memory = Quota;

TEST_F(Memory, IsWhatTheMachineHasAvailable) {
  write("proc/meminfo", "MemTotal:  1000 kB\nMemFree:  100 kB\nMemAvailable:  600 kB\n");
  EXPECT_EQ(cpu::available_bytes(root_), 600u * 1024);
  write("proc/self/cgroup", "0::/jobs/one\n");
  write("sys/fs/cgroup/jobs/one/memory.max", "max\n");
  write("sys/fs/cgroup/jobs/one/memory.current", "5\n");
  EXPECT_EQ(cpu::available_bytes(root_), 600u * 1024);
}

TEST_F(Memory, IsWhatTheControlGroupLeaves) {
  write("proc/meminfo", "MemAvailable:  600 kB\n");
  write("proc/self/cgroup", "0::/jobs/one\n");
  write("sys/fs/cgroup/jobs/memory.max", "300000\n");
  write("sys/fs/cgroup/jobs/memory.current", "250000\n");
  write("sys/fs/cgroup/jobs/memory.stat", "anon 1\ninactive_file 40000\nactive_file 10000\nactive_file_x 7\n");
  EXPECT_EQ(cpu::available_bytes(root_), 100000u);
  // More in use than allowed, as after the limit was lowered.
  write("sys/fs/cgroup/jobs/memory.current", "950000\n");
  EXPECT_EQ(cpu::available_bytes(root_), 0u);
}

TEST_F(Memory, IsWhatAControlGroupOfVersionOneLeaves) {
  write("proc/meminfo", "MemAvailable:  600 kB\n");
  write("proc/self/cgroup", "7:memory:/a\n");
  write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "5000\n");
  write("sys/fs/cgroup/memory/a/memory.usage_in_bytes", "3000\n");
  write("sys/fs/cgroup/memory/a/memory.stat", "inactive_file 1\ntotal_inactive_file 500\n");
  EXPECT_EQ(cpu::available_bytes(root_), 2500u);
}

TEST(Machine, UsableThreadsIsAtLeastOne) { EXPECT_GE(cpu::usable_threads(), 1); }

TEST(Machine, IsaIsWhatTheKernelReports) {
  std::ifstream file("/proc/cpuinfo");
  std::string text(std::istreambuf_iterator<char>(file), {});
  const bool avx512 = text.find(" avx512f ") != std::string::npos && text.find("avx512bw") != std::string::npos &&
                      text.find("avx512vl") != std::string::npos;
  const bool avx2 = text.find(" avx2 ") != std::string::npos && text.find(" fma ") != std::string::npos;
#if defined(__x86_64__)
  EXPECT_STREQ(cpu::isa_name(), avx512 ? "AVX-512" : avx2 ? "AVX2" : "SSE2");
#else
  EXPECT_FALSE(avx512 || avx2);
#endif
}

TEST(Machine, MemoryIsAlignedAndWritable) {
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{1000}, std::size_t{5} << 20}) {
    void* const data = cpu::allocate(bytes);
    ASSERT_NE(data, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(data) % (bytes > (2 << 20) ? std::uintptr_t{2} << 20 : 256), 0u);
    std::memset(data, 1, bytes);
    cpu::release(data);
  }
  EXPECT_GT(cpu::free_bytes(), 0u);
}

TEST(Isas, AreThoseUpToTheNamedOne) {
  using cpu::Isa;
  const std::vector<Isa> all{Isa::kBaseline, Isa::kAvx2, Isa::kAvx512};
  EXPECT_EQ(cpu::isas_up_to(all, nullptr), all);
  EXPECT_EQ(cpu::isas_up_to(all, ""), all);
  EXPECT_EQ(cpu::isas_up_to(all, "avx512"), all);
  EXPECT_EQ(cpu::isas_up_to(all, "avx2"), (std::vector<Isa>{Isa::kBaseline, Isa::kAvx2}));
  EXPECT_EQ(cpu::isas_up_to({Isa::kBaseline}, "avx2"), std::vector<Isa>{Isa::kBaseline});
  EXPECT_EQ(cpu::isas_up_to(all, "baseline"), std::vector<Isa>{Isa::kBaseline});
  EXPECT_THROW(cpu::isas_up_to(all, "AVX2"), ValueError);
}

}  // namespace
}  // namespace weft::testing
