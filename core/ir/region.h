// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

namespace weft::ir {

struct Graph;
struct Node;

// A program inside a node, and how the node runs it. A node without one has no graph.
struct Region {
  enum class Kind : std::uint8_t {
    kElementwise,  // once for each element of one shape
    kEpilogue,     // the same, behind an op whose results it reads before they are stored
    kLoop,         // once for each step; what one step hands on, the next one reads
    kRecompute,    // once where the results are read first, and again where the backward pass reads them
  };
  Kind kind = Kind::kElementwise;
  std::shared_ptr<const Graph> graph{};

  explicit operator bool() const { return graph != nullptr; }
};

inline constexpr std::array kRegionKinds{Region::Kind::kElementwise, Region::Kind::kEpilogue, Region::Kind::kLoop,
                                         Region::Kind::kRecompute};

// "elementwise": the kind as it stands in texts.
std::string_view name_of(Region::Kind kind);

// Throws ValueError: `reader` (a pass, the planner, ...) has no rule for the kind of the node's region.
[[noreturn]] void refuse_region(const Node& node, std::string_view reader);

}  // namespace weft::ir
