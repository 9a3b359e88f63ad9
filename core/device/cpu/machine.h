// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <filesystem>
#include <optional>
#include <vector>

// What the CPU device needs to know of the machine.
namespace weft::cpu {

// CPUs that the control groups of this process grant (2.0 = two full CPUs), the smallest limit on the way up; nothing
// when unlimited. `root` is where /proc and /sys are found.
std::optional<double> cgroup_quota(const std::filesystem::path& root);
// Threads worth starting: the quota, then the affinity mask; never the number of CPUs of the machine.
int usable_threads();
// "AVX-512", "AVX2", "SSE2" or "NEON"
const char* isa_name();

// The instruction sets that the CPU kernels are built for; the baseline is what the compiler takes for granted.
enum class Isa { kBaseline, kAvx2, kAvx512 };
// The best one of this machine, unless use_isa() said otherwise. Kernels ask when they are made ready.
Isa isa();
// For tests: kernels made ready from now on use this one, which the machine must have.
void use_isa(Isa isa);
std::vector<Isa> usable_isas();

// Memory aligned to 256 bytes, from 2 MiB on aligned for huge pages and asking for them. Null when there is none.
void* allocate(std::size_t bytes);
void release(void* data) noexcept;
// What the machine says is available, or what the control groups of this process leave if that is less. `root` as
// above.
std::size_t available_bytes(const std::filesystem::path& root);
// The same for this machine.
std::size_t free_bytes();

// Flush-to-zero bits of this thread's floating-point control register.
unsigned denormal_mode();
void set_denormal_mode(unsigned mode);
unsigned flushing_denormal_mode();

}  // namespace weft::cpu
