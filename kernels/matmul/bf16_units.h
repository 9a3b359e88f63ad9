// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/scalar/half.h"

// Units of the processor that multiply bf16, and the layouts that they want. Both kinds of units add the products of
// two neighbors of k to an f32 sum.
//
// Operands come in panels, cut into blocks of kDepth along k and padded with zeros. A block is two tiles of 1 KiB. A
// left panel has kSide rows of A: a tile is 16 rows of kDepth. A right panel has kSide columns of B: a tile is 16 pairs
// of neighbors along k, each with 16 columns.
namespace weft::kernels::bf16_units {

enum class Kind : std::uint8_t { kNone, kAvx512, kAmx };

// The best that processor and system have. The first call asks the system for the right to use it.
Kind best();

constexpr std::int64_t kSide = 32, kDepth = 32, kBlock = kSide * kDepth;

// While it lives, this thread may multiply.
class [[nodiscard]] Scope {
 public:
  explicit Scope(Kind kind);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  Kind kind_;
};

// c = left * right for one pair of panels of so many blocks; the rows of c lie `step` apart. Rows from `rows` on may be
// left out.
void multiply(Kind kind, const bf16* left, const bf16* right, std::int64_t blocks, std::int64_t rows, float* c,
              std::int64_t step);

// A matrix as it is stored, its rows `step` apart.
struct Stored {
  const bf16* data;
  std::int64_t rows, cols, step;
};

// The block of a left panel that begins at row i of A and element k. A is (m, k), or (k, m) when it is transposed.
void pack_left(const Stored& a, bool transposed, std::int64_t i, std::int64_t k, bf16* block);
// The block of a right panel that begins at element k and column j of B. B is (k, n), or (n, k) when it is transposed.
void pack_right(const Stored& b, bool transposed, std::int64_t k, std::int64_t j, bf16* block);

// Rounds `count` floats, a multiple of 16.
void round(const float* from, std::int64_t count, bf16* to);

}  // namespace weft::kernels::bf16_units
