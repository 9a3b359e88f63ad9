// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string_view>

namespace weft::kernels {

// One tile of a matrix product: what the CPU's matrix library is asked to make fast.
struct TileShape {
  std::int64_t m, n, k;
  std::int64_t lda, ldb, ldc;  // elements from one stored row to the next
  bool trans_a;                // A is stored as (k, m)
  bool accumulate;             // C += A B instead of C = A B
};

// True if the library works on this processor and may map the code that it makes.
bool has_tile_kernels();
// The library's name for the instruction set that its code is made for: "hsw" for AVX2. Empty if it does not say.
std::string_view tile_target();

// C = A B or C += A B for one fixed shape, on the calling thread; T is float or double. Making one may generate code;
// running it never allocates. Throws DeviceError where the library cannot make it.
template <class T>
class TileKernel {
 public:
  TileKernel() = default;
  explicit TileKernel(const TileShape& shape);
  void operator()(const T* a, const T* b, T* c) const;

 private:
  TileShape shape_{};
  void (*code_)() = nullptr;
};

}  // namespace weft::kernels
