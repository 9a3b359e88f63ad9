// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/plan/plan.h"

// Programs to plan. Their ops: "view" is an alias of its input and "part" of
// its input's bytes from the attribute "begin" on, "map" may write over any of its inputs, "map0" over its
// input 0 only, and everything else over none.
namespace weft::testing {
using namespace plan;

Options test_options();

// Any small graph: mixed sizes, several outputs, views, unused values, workspaces, variables assigned or swapped.
ir::Graph random_graph(std::uint64_t seed, Options& options);

// A training step as compile() would trace it: a net of `layers` equal layers, forward, backward, Adam.
ir::Graph training_step(int layers, std::int64_t batch, std::int64_t width);

// Layers of growing and shrinking sizes with skip connections from the narrowing to the widening half (a U-net),
// trained by plain gradient descent.
ir::Graph skip_net(int levels, std::int64_t batch);

}  // namespace weft::testing
