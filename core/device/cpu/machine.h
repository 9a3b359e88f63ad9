// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <filesystem>
#include <optional>
#include <vector>

// The machine as the CPU device sees it: threads, instruction set, memory.
namespace weft::cpu {

// CPUs that the control groups of this process grant, 2.0 for two full CPUs; nothing if unlimited. The smallest limit
// among a group and its parents counts. `root` is the folder of /proc and /sys.
std::optional<double> cgroup_quota(const std::filesystem::path& root);
// Threads worth starting: the quota, then the affinity mask; never the number of CPUs of the machine.
int usable_threads();
// "AVX-512", "AVX2", "SSE2" or "NEON"
const char* isa_name();

// The instruction sets that the CPU kernels are built for; the baseline is what the compiler takes for granted.
enum class Isa { kBaseline, kAvx2, kAvx512 };
// The instruction sets of this machine, ascending, up to the one that the environment's WEFT_ISA names: "baseline",
// "avx2" or "avx512". ValueError for another name.
std::vector<Isa> usable_isas();
// The first instruction sets of `all`, up to the named one; all of them for no name.
std::vector<Isa> isas_up_to(std::vector<Isa> all, const char* name);
// The best usable instruction set, or the one given to use_isa(). Kernels ask when they are prepared.
Isa isa();
// For tests: kernels prepared from now on use this instruction set, which must be usable.
void use_isa(Isa isa);

// Memory aligned to 256 bytes, from 2 MiB on aligned for huge pages and asking for them. Null when there is none.
void* allocate(std::size_t bytes);
void release(void* data) noexcept;
// Bytes of memory that are available: by the machine, or by the control groups of this process if they leave less.
// `root` is the folder of /proc and /sys.
std::size_t available_bytes(const std::filesystem::path& root);
// available_bytes() of this machine.
std::size_t free_bytes();

// Flush-to-zero bits of this thread's floating-point control register.
unsigned denormal_mode();
void set_denormal_mode(unsigned mode);
unsigned flushing_denormal_mode();

}  // namespace weft::cpu
