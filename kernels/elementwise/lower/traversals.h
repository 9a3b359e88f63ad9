// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "core/program/lower.h"

namespace weft::kernels {

// Reductions over trailing axes of several lengths: one traversal takes them all where a machine joins as it meets the
// elements (the CPU), and one for each length where its threads are laid out for one (CUDA).
enum class TrailingReductions { kTogether, kByLength };

// The outputs of a program by the traversal over the elements that computes them. Reductions over leading axes need a
// traversal for each number of results, then come those over trailing axes. Stores go with the last traversal.
std::vector<std::vector<int>> outputs_by_traversal(const elementwise::Lowered& lowered, TrailingReductions trailing);

}  // namespace weft::kernels
