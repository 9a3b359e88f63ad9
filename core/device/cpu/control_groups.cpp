// SPDX-License-Identifier: Apache-2.0
#include "core/device/cpu/control_groups.h"

#include <fstream>

namespace weft::cpu {

namespace fs = std::filesystem;

namespace {

std::optional<double> smaller(std::optional<double> a, std::optional<double> b) {
  if (!a || !b) return a ? a : b;
  return *a < *b ? a : b;
}

// The smallest limit of `group` and its parents up to the mount point.
std::optional<double> limit_on_the_way_up(const fs::path& mount, fs::path group, const LimitOf& limit_of) {
  std::optional<double> smallest;
  for (;;) {
    smallest = smaller(smallest, limit_of(mount / group));
    if (group.empty()) return smallest;
    group = group.parent_path();
  }
}

bool lists(const std::string& controllers, const std::string& controller) {
  return ("," + controllers + ",").find("," + controller + ",") != std::string::npos;
}

}  // namespace

std::optional<double> smallest_limit(const fs::path& root, const std::string& controller, const LimitOf& version_2,
                                     const LimitOf& version_1) {
  std::ifstream file(root / "proc/self/cgroup");
  const fs::path mount = root / "sys/fs/cgroup";
  std::optional<double> smallest;
  for (std::string line; std::getline(file, line);) {  // "4:cpu,cpuacct:/path" or, in version 2, "0::/path"
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = fs::path(line.substr(second + 1)).relative_path();
    if (controllers.empty()) smallest = smaller(smallest, limit_on_the_way_up(mount, group, version_2));
    if (!lists(controllers, controller)) continue;
    const auto limit = limit_on_the_way_up(mount / controllers, group, version_1);
    smallest = smaller(smallest, limit ? limit : limit_on_the_way_up(mount / controller, group, version_1));
  }
  return smallest;
}

}  // namespace weft::cpu
