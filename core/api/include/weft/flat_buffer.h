// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "weft/detail/export.h"
#include "weft/tensor.h"
#include "weft/variable.h"

namespace weft WEFT_EXPORT {

// Variables of one dtype that stand side by side in one allocation, each in a slot padded to 256 bytes, so that
// zeroing, clipping and updating all of them is one linear pass. Padding holds zeros and must be given zeros. The
// members stay usable by themselves.
struct Segment {
  Variable flat;                      // the whole allocation as one cell of shape (n)
  std::int64_t begin = 0, end = 0;    // the part of it that this segment is
  std::vector<Variable> members;      // in the order of their places
  std::vector<std::int64_t> offsets;  // of each member, in elements, from `begin`

  // Elements, padding included.
  std::int64_t numel() const { return end - begin; }
  // The members' values as one tensor of shape (numel()).
  Tensor value() const;
  // Assigns all members at once.
  void assign(const Tensor& value) const;
  // One tensor per member as one tensor of shape (numel()); an undefined one counts as zeros. ShapeError when one does
  // not fit.
  Tensor gather(const std::vector<Tensor>& values) const;
  // The member's part of a tensor of shape (numel()), in the member's shape.
  Tensor part(const Tensor& value, std::size_t member) const;
};

// Lays variables out: those that are in no allocation yet go to a new one per dtype and device, in the given order, and
// then stay there for good; the others are found where they are. Gives maximal runs of neighbors that were all asked
// for. Values still pending are drawn first. Nobody who holds one of the variables notices.
std::vector<Segment> lay_out(const std::vector<Variable>& variables);

}  // namespace weft
