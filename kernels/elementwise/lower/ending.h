// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "core/exec/kernel.h"
#include "core/program/program.h"

namespace weft::kernels {

// How an output of a body comes from a value of the full shape.
struct Ending {
  ir::Value of;
  std::optional<Fn> join;  // kAdd, kMaximum or kMinimum where the output is a reduction
  bool trailing = true;    // over the trailing axes, else over the leading ones
};

// The ending of a body's output. Throws ShapeError where a reduction is over other axes.
Ending ending_of(const exec::KernelRequest& request, const ir::Graph& body, int output);

}  // namespace weft::kernels
