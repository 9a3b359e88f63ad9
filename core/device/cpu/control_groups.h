// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace weft::cpu {

// Reads the limit of one control group from its directory; nothing if the group has no limit.
using LimitOf = std::function<std::optional<double>(const std::filesystem::path& group)>;

// The smallest limit that the control groups of this process set through `controller`; nothing if there is none.
// Parents count, because a parent's limit binds its children. `root` is the folder of /proc and /sys.
std::optional<double> smallest_limit(const std::filesystem::path& root, const std::string& controller,
                                     const LimitOf& version_2, const LimitOf& version_1);

}  // namespace weft::cpu
