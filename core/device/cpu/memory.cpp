// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>

#include "core/device/cpu/control_groups.h"
#include "core/device/cpu/machine.h"

namespace weft::cpu {

namespace fs = std::filesystem;

namespace {

std::optional<double> number_in(const fs::path& path) {
  std::ifstream file(path);
  double value = 0;
  if (!(file >> value)) return std::nullopt;  // no such file, or "max"
  return value;
}

// The value of a row "name value" or "name: value kB".
double row_of(const fs::path& path, const std::string& name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.compare(0, name.size(), name) == 0 && line.size() > name.size() &&
        std::string(": ").find(line[name.size()]) != std::string::npos)
      return std::strtod(line.c_str() + name.size() + 1, nullptr);
  }
  return 0;
}

// Cached files count as available, because the system gives them up when memory runs short.
std::optional<double> left_in(const fs::path& group, const char* limit_file, const char* usage_file,
                              const std::string& prefix) {
  const auto limit = number_in(group / limit_file), usage = number_in(group / usage_file);
  if (!limit || !usage) return std::nullopt;
  const double cached =
      row_of(group / "memory.stat", prefix + "inactive_file") + row_of(group / "memory.stat", prefix + "active_file");
  return std::max(0.0, *limit - std::max(0.0, *usage - cached));
}

}  // namespace

std::size_t available_bytes(const fs::path& root) {
  const double machine = row_of(root / "proc/meminfo", "MemAvailable") * 1024;
  const auto group = smallest_limit(
      root, "memory", [](const fs::path& g) { return left_in(g, "memory.max", "memory.current", ""); },
      [](const fs::path& g) { return left_in(g, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_"); });
  return static_cast<std::size_t>(group ? std::min(machine, *group) : machine);
}

std::size_t free_bytes() { return available_bytes("/"); }

}  // namespace weft::cpu
