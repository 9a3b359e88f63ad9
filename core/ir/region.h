// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

namespace weft::ir {

struct Graph;
struct Node;

// The graph inside a node, with the way in which the node runs it. A node without a region has no graph.
struct Region {
  enum class Kind : std::uint8_t {
    kElementwise,  // once for each element of one shape
    kEpilogue,     // once for each element of the results of the op in front, while they are in cache
    kLoop,         // once for each iteration; results of an iteration are inputs of the next
  };
  Kind kind = Kind::kElementwise;
  std::shared_ptr<const Graph> graph{};

  explicit operator bool() const { return graph != nullptr; }
};

inline constexpr std::array kRegionKinds{Region::Kind::kElementwise, Region::Kind::kEpilogue, Region::Kind::kLoop};

// The name of a kind in graph text: "elementwise".
std::string_view name_of(Region::Kind kind);

// Throws ValueError: `reader` (a pass, the planner, ...) has no rule for the kind of the node's region.
[[noreturn]] void refuse_region(const Node& node, std::string_view reader);

}  // namespace weft::ir
