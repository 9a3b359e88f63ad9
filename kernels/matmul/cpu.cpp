// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <memory>

#include "core/device/thread_pool.h"
#include "kernels/matmul/matmul.h"
#include "kernels/matmul/pack.h"
#include "kernels/matmul/problem.h"
#include "kernels/matmul/tile.h"

namespace weft::kernels {

namespace {

// C is cut into tiles, k into slices that are added in order. All sizes follow from the shape alone, so that every
// element is the same sum whatever the number of threads.
constexpr std::int64_t kMaxRows = 48, kCols = 64, kSlice = 512;
// Multiply-adds that are worth a thread's attention.
constexpr std::int64_t kGrain = 64 * 1024;

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }
std::size_t aligned(std::size_t bytes) { return (bytes + 255) / 256 * 256; }

// T is how the operands are stored, A what is computed with.
template <class T>
class CpuGemm {
  using A = Compute<T>;
  static constexpr bool kWidens = !std::is_same_v<T, A>;

 public:
  explicit CpuGemm(GemmProblem problem) : p_(std::move(problem)) {
    if (p_.m == 0 || p_.n == 0 || p_.k == 0) return;
    rows_ = ceil_div(p_.m, ceil_div(p_.m, kMaxRows));
    lda_ = p_.trans_a ? p_.m : p_.k;
    // The library multiplies by a transposed A as it is, but not by a transposed B. Rows of B that lie a multiple of
    // 2 KiB apart fall on few cache sets, so that copying pays when many tiles read them.
    pack_a_ = kWidens;
    pack_b_ = kWidens || p_.trans_b ||
              (p_.n > kCols && p_.n * static_cast<std::int64_t>(sizeof(A)) % 2048 == 0 && p_.m >= 4 * kMaxRows);
    panel_ = std::min(kCols, p_.n);
    ldb_ = pack_b_ ? panel_ : p_.n;
    for (int edges = 0; edges < 16; ++edges) make_tile(edges & 1, edges & 2, edges & 4, edges & 8);
  }

  std::size_t workspace() const {
    const auto a = static_cast<std::size_t>(pack_a_ ? p_.a_count * p_.m * p_.k : 0) * sizeof(A);
    const auto b = static_cast<std::size_t>(pack_b_ ? p_.b_count * b_size() : 0) * sizeof(A);
    return aligned(a) + aligned(b);
  }

  void run(const Call& call) const {
    auto* c = static_cast<T*>(call.outputs[0].data);
    if (p_.batch * p_.m * p_.n == 0) return;
    if (p_.k == 0) {
      std::memset(call.outputs[0].data, 0, static_cast<std::size_t>(p_.batch * p_.m * p_.n) * sizeof(T));
      return;
    }
    const auto [a, b] = operands(call);
    const std::int64_t tiles_m = ceil_div(p_.m, rows_), tiles_n = ceil_div(p_.n, kCols);
    const std::int64_t tile_work = std::min(p_.m, rows_) * std::min(p_.n, kCols) * p_.k;
    parallel_for(p_.batch * tiles_m * tiles_n, std::max<std::int64_t>(1, kGrain / tile_work),
                 [&, a = a, b = b](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t i = begin; i < end; ++i) {
                     const std::int64_t matrix = i / (tiles_m * tiles_n), tile = i % (tiles_m * tiles_n);
                     run_tile(matrix, tile % tiles_m * rows_, tile / tiles_m * kCols, a, b, c);
                   }
                 });
  }

 private:
  // Elements of one B as it is read: packed, it lies in panels of panel_ columns, the last one padded.
  std::int64_t b_size() const { return p_.k * (pack_b_ ? ceil_div(p_.n, panel_) * panel_ : p_.n); }

  // The tile kernel for a last row, a last column, a last slice of k, and for adding to what is there.
  TileKernel<A>& tile(bool last_row, bool last_col, bool last_slice, bool accumulate) {
    return tiles_[last_row][last_col][last_slice][accumulate];
  }

  void make_tile(bool last_row, bool last_col, bool last_slice, bool accumulate) {
    const auto size = [](std::int64_t whole, std::int64_t piece, bool last) {
      return last ? whole - (ceil_div(whole, piece) - 1) * piece : whole > piece ? piece : 0;
    };
    const std::int64_t m = size(p_.m, rows_, last_row), n = size(p_.n, kCols, last_col);
    const std::int64_t k = size(p_.k, kSlice, last_slice);
    if (m == 0 || n == 0 || k == 0 || (accumulate && p_.k <= kSlice)) return;
    const std::int64_t ldc = kWidens ? kCols : p_.n;
    tile(last_row, last_col, last_slice, accumulate) =
        TileKernel<A>({m, n, k, lda_, ldb_, ldc, p_.trans_a, accumulate});
  }

  // Where A and B can be read by the tile kernels: as they are, or packed into the workspace.
  std::pair<const A*, const A*> operands(const Call& call) const {
    auto* space = static_cast<char*>(call.workspace.data);
    const auto* a = static_cast<const A*>(call.inputs[0].data);
    const auto* b = static_cast<const A*>(call.inputs[1].data);
    if (pack_a_) {
      auto* packed = reinterpret_cast<A*>(space);
      const std::int64_t rows = p_.trans_a ? p_.k : p_.m;
      pack(static_cast<const T*>(call.inputs[0].data), packed, p_.a_count, rows, lda_, false, lda_);
      a = packed;
      space += aligned(static_cast<std::size_t>(p_.a_count * p_.m * p_.k) * sizeof(A));
    }
    if (pack_b_) {
      auto* packed = reinterpret_cast<A*>(space);
      pack(static_cast<const T*>(call.inputs[1].data), packed, p_.b_count, p_.k, p_.n, p_.trans_b, panel_);
      b = packed;
    }
    return {a, b};
  }

  // Makes `count` matrices of (rows, cols) in A, cut into panels of `panel` columns, from matrices in T that may be
  // stored transposed.
  void pack(const T* from, A* to, std::int64_t count, std::int64_t rows, std::int64_t cols, bool transposed,
            std::int64_t panel) const {
    const std::int64_t grain = std::max<std::int64_t>(16, kGrain / 2 / panel / 16 * 16);
    const std::int64_t pieces = ceil_div(rows, grain), panels = ceil_div(cols, panel);
    parallel_chunks(count * panels * pieces, [&](std::int64_t i) {
      const std::int64_t begin = i % pieces * grain, end = std::min(rows, begin + grain);
      const std::int64_t column = i / pieces % panels * panel, width = std::min(panel, cols - column);
      const T* matrix = from + i / pieces / panels * rows * cols;
      A* packed = to + i / pieces * rows * panel;
      if (transposed) {
        pack_transposed(matrix + column * rows, rows, packed, panel, width, begin, end);
      } else {
        pack_rows(matrix + column, cols, packed, panel, width, begin, end);
      }
    });
  }

  void run_tile(std::int64_t matrix, std::int64_t row, std::int64_t col, const A* a, const A* b, T* c) const {
    const auto index = static_cast<std::size_t>(matrix);
    a += p_.a_matrix[index] * p_.m * p_.k + (p_.trans_a ? row : row * lda_);
    b += p_.b_matrix[index] * b_size() + (pack_b_ ? col * p_.k : col);
    c += (matrix * p_.m + row) * p_.n + col;
    const bool last_row = row + rows_ >= p_.m, last_col = col + kCols >= p_.n;
    alignas(64) A widened[kWidens ? kMaxRows * kCols : 1];
    A* sum = widened;
    if constexpr (!kWidens) sum = c;
    for (std::int64_t k = 0; k < p_.k; k += kSlice) {
      const auto& code = tiles_[last_row][last_col][k + kSlice >= p_.k][k > 0];
      code(a + (p_.trans_a ? k * lda_ : k), b + k * ldb_, sum);
    }
    if constexpr (kWidens) {
      const std::int64_t rows = std::min(rows_, p_.m - row), cols = std::min(kCols, p_.n - col);
      for (std::int64_t i = 0; i < rows; ++i) {
        for (std::int64_t j = 0; j < cols; ++j) c[i * p_.n + j] = static_cast<T>(widened[i * kCols + j]);
      }
    }
  }

  GemmProblem p_;
  std::int64_t rows_ = 1, lda_ = 0, ldb_ = 0, panel_ = 1;
  bool pack_a_ = false, pack_b_ = false;
  TileKernel<A> tiles_[2][2][2][2];
};

}  // namespace

exec::PreparedKernel prepare_matmul_cpu(const exec::KernelRequest& request) {
  if (size_of(request.inputs[0].dtype) == 2) return prepare_matmul_half_cpu(request);
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    using T = typename decltype(type)::type;
    auto gemm = std::make_shared<const CpuGemm<T>>(gemm_problem(request));
    return {[gemm](const Call& call) { gemm->run(call); }, gemm->workspace()};
  });
}

}  // namespace weft::kernels
