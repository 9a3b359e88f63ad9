// SPDX-License-Identifier: Apache-2.0
#include "core/device/cpu/machine.h"

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "core/base/check.h"
#include "core/device/cpu/control_groups.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace weft::cpu {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kAlignment = 256;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

// Version 2: one file, "max 100000" or "200000 100000".
std::optional<double> quota_of_v2(const fs::path& group) {
  std::ifstream file(group / "cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return std::nullopt;
  return std::strtod(quota.c_str(), nullptr) / period;
}

// Version 1: two files; a negative quota is none.
std::optional<double> quota_of_v1(const fs::path& group) {
  std::ifstream quota_file(group / "cpu.cfs_quota_us");
  std::ifstream period_file(group / "cpu.cfs_period_us");
  double quota = 0;
  double period = 0;
  if (!(quota_file >> quota) || !(period_file >> period) || quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

std::size_t pages_in_bytes(int which) {
  const long pages = sysconf(which);
  const long page = sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? static_cast<std::size_t>(pages) * static_cast<std::size_t>(page) : 0;
}

}  // namespace

std::optional<double> cgroup_quota(const fs::path& root) {
  return smallest_limit(root, "cpu", quota_of_v2, quota_of_v1);
}

int usable_threads() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  int threads = sched_getaffinity(0, sizeof mask, &mask) == 0 ? CPU_COUNT(&mask)
                                                              : static_cast<int>(std::thread::hardware_concurrency());
  // Rounded down, because one thread more than the quota pays for stops all of them in the middle of a step.
  if (const auto quota = cgroup_quota("/")) threads = std::min(threads, static_cast<int>(std::floor(*quota)));
  return std::max(threads, 1);
}

std::vector<Isa> isas_up_to(std::vector<Isa> all, const char* name) {
  const std::string_view text = name ? name : "";
  if (text.empty()) return all;
  const std::array names = {"baseline", "avx2", "avx512"};
  const auto* const found = std::find(names.begin(), names.end(), text);
  if (found == names.end())
    fail<ValueError>("WEFT_ISA", "the environment names '", text, "'; it must be baseline, avx2 or avx512");
  const auto most = static_cast<std::size_t>(found - names.begin()) + 1;
  if (all.size() > most) all.resize(most);
  return all;
}

std::vector<Isa> usable_isas() {
  std::vector<Isa> all{Isa::kBaseline};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    all.push_back(Isa::kAvx2);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
      all.push_back(Isa::kAvx512);
  }
#endif
  return isas_up_to(std::move(all), std::getenv("WEFT_ISA"));
}

namespace {
std::atomic<Isa>& chosen_isa() {
  static std::atomic<Isa> chosen{usable_isas().back()};
  return chosen;
}
}  // namespace

Isa isa() { return chosen_isa().load(std::memory_order_relaxed); }
void use_isa(Isa isa) { chosen_isa().store(isa, std::memory_order_relaxed); }

const char* isa_name() {
  switch (usable_isas().back()) {
    case Isa::kAvx512:
      return "AVX-512";
    case Isa::kAvx2:
      return "AVX2";
    case Isa::kBaseline:
      break;
  }
#if defined(__x86_64__)
  return "SSE2";
#elif defined(__aarch64__)
  return "NEON";
#else
  return "scalar";
#endif
}

void* allocate(std::size_t bytes) {
  // Refused, because the system would promise more than it has and end the process when the memory is touched.
  if (bytes > pages_in_bytes(_SC_PHYS_PAGES)) return nullptr;
  void* data = nullptr;
  if (posix_memalign(&data, bytes >= kHugePage ? kHugePage : kAlignment, bytes) != 0) return nullptr;
  if (bytes >= kHugePage) madvise(data, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);  // a wish; refusal is harmless
  return data;
}

void release(void* data) noexcept { std::free(data); }

#if defined(__x86_64__)
unsigned denormal_mode() { return _mm_getcsr() & 0x8040u; }
void set_denormal_mode(unsigned mode) { _mm_setcsr((_mm_getcsr() & ~0x8040u) | mode); }
unsigned flushing_denormal_mode() { return 0x8040u; }
#elif defined(__aarch64__)
unsigned denormal_mode() {
  std::uint64_t fpcr = 0;
  asm volatile("mrs %0, fpcr" : "=r"(fpcr));
  return static_cast<unsigned>(fpcr) & (1u << 24);
}
void set_denormal_mode(unsigned mode) {
  std::uint64_t fpcr = 0;
  asm volatile("mrs %0, fpcr" : "=r"(fpcr));
  fpcr = (fpcr & ~std::uint64_t{1u << 24}) | mode;
  asm volatile("msr fpcr, %0" ::"r"(fpcr));
}
unsigned flushing_denormal_mode() { return 1u << 24; }
#else
unsigned denormal_mode() { return 0; }
void set_denormal_mode(unsigned) {}
unsigned flushing_denormal_mode() { return 0; }
#endif

}  // namespace weft::cpu
