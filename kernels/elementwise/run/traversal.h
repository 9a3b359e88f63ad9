// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/elementwise/run/engines.h"
#include "kernels/elementwise/tiles/states.h"
#include "weft/kernel_call.h"

namespace weft::kernels {

// One way through all elements of a program, shared out over the threads in pieces that follow from program and shape
// alone. Reductions over leading axes see the elements as a matrix whose columns they keep: pieces are some of its
// rows, and some of its columns where it is wide. Others see one line of elements. A traversal has reductions of one
// kind only, and those over leading axes keep the same columns.
class Traversal {
 public:
  // For the first engine that takes it, from `engine` on. Its states begin `offset` bytes into the workspace.
  Traversal(const Lowered& lowered, CpuEngine engine, std::size_t offset);

  CpuEngine engine() const { return engine_of(program_); }

  std::size_t workspace() const { return workspace_; }
  // Computes all pieces.
  void run(const Call& call) const;
  // Joins their states, in order, to the outputs that are reductions.
  void finish(const Call& call) const;

 private:
  struct States {
    Reduction reduction;
    std::int64_t kept = 0;
    std::size_t offset = 0;
  };

  void cut_line(double cost);
  void cut_columns(double cost);
  void run_piece(const Call& call, const Operands& whole, std::int64_t piece) const;
  // Output elements [begin, end).
  void finish_some(const States& s, const Call& call, std::int64_t begin, std::int64_t end) const;
  unsigned char* states_of(const States& s, const Call& call) const {
    return static_cast<unsigned char*>(call.workspace.data) + s.offset;
  }

  CpuProgram program_;
  std::vector<States> states_;
  bool by_columns_ = false;
  std::int64_t count_ = 0, pieces_ = 0;
  std::int64_t length_ = 1;                                           // of a line's piece
  std::int64_t rows_ = 1, columns_ = 1, piece_rows_ = 1, width_ = 1;  // of the matrix and of its pieces
  std::int64_t tiles_across_ = 1;                                     // pieces side by side
  std::size_t workspace_ = 0;
};

}  // namespace weft::kernels
