// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "weft/compile.h"
#include "weft/memory_report.h"
#include "weft/profile.h"

namespace weft::detail {

// A program over the columns of a batch, as many as there are.
class ColumnProgram {
 public:
  ColumnProgram(TracedBody body, CompileOptions options);
  std::vector<Tensor> operator()(const std::vector<Tensor>& columns);
  // Functions of the same names as those of Compiled.
  void prepare(const std::vector<Tensor>& columns);
  std::int64_t largest_batch(std::int64_t memory, const std::vector<Tensor>& columns) const;
  Profile profile() const { return program_.profile(); }
  MemoryReport memory_plan() const { return program_.memory_plan(); }

 private:
  TracedBody body_;
  Program program_;
};

}  // namespace weft::detail
