// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

// Phase of a training step that a node belongs to. The node's path holds the phase, so that it survives every pass and
// errors show it. Examples: "model.0" in the forward, "model.0 (backward)" in the backward, "(update)" in an optimizer.
namespace weft::ops {

enum class Phase { kForward, kBackward, kUpdate };

inline constexpr std::string_view kBackwardMark = "(backward)", kUpdateMark = "(update)";

inline Phase phase_of(std::string_view path) {
  if (path.find(kUpdateMark) != path.npos) return Phase::kUpdate;
  return path.ends_with(kBackwardMark) ? Phase::kBackward : Phase::kForward;
}

inline const char* name_of(Phase phase) {
  switch (phase) {
    case Phase::kForward:
      return "forward";
    case Phase::kBackward:
      return "backward";
    case Phase::kUpdate:
      return "update";
  }
  return "";
}

// The path of the gradients of a node with this path. Gradients of gradients are backward, too.
inline std::string backward_path(const std::string& path) {
  if (path.ends_with(kBackwardMark)) return path;
  return path.empty() ? std::string(kBackwardMark) : path + " " + std::string(kBackwardMark);
}

// The layer of a path: "model.0" for "model.0 (backward)", "optimizer" for an update.
inline std::string layer_of(std::string_view path) {
  if (phase_of(path) == Phase::kUpdate) return "optimizer";
  if (path.ends_with(kBackwardMark)) path.remove_suffix(kBackwardMark.size());
  if (path.ends_with(' ')) path.remove_suffix(1);
  return std::string(path);
}

}  // namespace weft::ops
