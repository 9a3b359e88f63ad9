// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "weft/detail/export.h"
#include "weft/tensor.h"
#include "weft/variable.h"

namespace weft WEFT_EXPORT {

// A run of neighbors in a flat buffer: variables side by side, each padded to a multiple of 256 bytes. Zeroing,
// clipping or updating all of them is then one op on one tensor. Padding holds zeros and must be given zeros. The
// members stay usable by themselves.
struct Segment {
  Variable flat;                      // the flat buffer as one variable of shape (n)
  std::int64_t begin = 0, end = 0;    // elements of `flat` that this segment is
  std::vector<Variable> members;      // in the order of their offsets
  std::vector<std::int64_t> offsets;  // elements from `begin` to each member

  // Elements, padding included.
  std::int64_t numel() const { return end - begin; }
  // The members' values as one tensor of shape (numel()).
  [[nodiscard]] Tensor value() const;
  // Assigns all members at once.
  void assign(const Tensor& value) const;
  // One tensor per member, joined to one of shape (numel()); an undefined tensor counts as zeros. ShapeError if a
  // tensor has not its member's shape.
  [[nodiscard]] Tensor gather(const std::vector<Tensor>& values) const;
  // The member's part of a tensor of shape (numel()), in the member's shape.
  [[nodiscard]] Tensor part(const Tensor& value, std::size_t member) const;
};

// Moves variables into flat buffers, one per dtype and device, in the given order, and gives the longest runs of
// neighbors among them. Variables that are in a flat buffer already stay there for good. Pending values are drawn
// first. Handles to the variables stay valid.
std::vector<Segment> lay_out(const std::vector<Variable>& variables);

}  // namespace weft
