// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "weft/detail/export.h"
#include "weft/module.h"

// Layers that make an axis shorter: gates and maxout.
namespace weft WEFT_EXPORT {

// a sigmoid(b), with the first half a and the second half b of an axis. Source: Dauphin et al. 2017.
class GLU : public Module {
 public:
  // `axis`: negative: from the end.
  explicit GLU(int axis = -1) : axis_(axis) {}
  // (..., size) -> (..., size / 2) for the last axis; ShapeError for an odd size.
  Tensor forward(Tensor x) const;
  GLU remake() const { return GLU(axis_); }
  WEFT_MODULE()

 private:
  int axis_;
};

// a silu(b), with the first half a and the second half b of an axis. Source: Shazeer 2020.
class SwiGLU : public Module {
 public:
  // `axis`: negative: from the end.
  explicit SwiGLU(int axis = -1) : axis_(axis) {}
  // (..., size) -> (..., size / 2) for the last axis; ShapeError for an odd size.
  Tensor forward(Tensor x) const;
  SwiGLU remake() const { return SwiGLU(axis_); }
  WEFT_MODULE()

 private:
  int axis_;
};

// a gelu(b), with the first half a and the second half b of an axis. Source: Shazeer 2020.
class GEGLU : public Module {
 public:
  // `axis`: negative: from the end.
  explicit GEGLU(int axis = -1) : axis_(axis) {}
  // (..., size) -> (..., size / 2) for the last axis; ShapeError for an odd size.
  Tensor forward(Tensor x) const;
  GEGLU remake() const { return GEGLU(axis_); }
  WEFT_MODULE()

 private:
  int axis_;
};

// The largest of `pieces` neighbors along an axis; behind Linear(in, pieces * out) a maxout layer. Source: Goodfellow
// et al. 2013.
class Maxout : public Module {
 public:
  // `pieces`: neighbors that share one result.
  // `axis`: negative: from the end.
  explicit Maxout(std::int64_t pieces, int axis = -1) : pieces_(pieces), axis_(axis) {}
  // (..., pieces * size) -> (..., size) for the last axis; ShapeError for other sizes.
  Tensor forward(Tensor x) const;
  Maxout remake() const { return Maxout(pieces_, axis_); }
  WEFT_MODULE()

 private:
  std::int64_t pieces_;
  int axis_;
};

}  // namespace weft
