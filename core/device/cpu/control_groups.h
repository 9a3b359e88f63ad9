// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace weft::cpu {

// What one control group allows, from its directory; nothing when it does not limit.
using LimitOf = std::function<std::optional<double>(const std::filesystem::path& group)>;

// The smallest limit that the control groups of this process set through `controller`, parents included, for a parent's
// limit binds its children; nothing when unlimited. `root` is where /proc and /sys are found.
std::optional<double> smallest_limit(const std::filesystem::path& root, const std::string& controller,
                                     const LimitOf& version_2, const LimitOf& version_1);

}  // namespace weft::cpu
