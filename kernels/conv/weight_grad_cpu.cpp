// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

#include "core/device/thread_pool.h"
#include "kernels/common/product_types.h"
#include "kernels/common/workspace.h"
#include "kernels/conv/conv.h"
#include "kernels/conv/patches.h"
#include "kernels/matmul/pack.h"
#include "kernels/matmul/problem.h"
#include "kernels/matmul/tile.h"

// conv_weight_grad as a matrix product: cotangents, transposed, times patches of the image. Pixels are the inner axis.
namespace weft::kernels {
namespace {

constexpr std::int64_t kPixels = 64;  // gathered at once
constexpr std::int64_t kPatchBytes = 64 * 1024;
constexpr std::int64_t kMostRows = 48;      // filters of a tile
constexpr std::int64_t kMostColumns = 64;   // elements of a filter in a tile
constexpr std::int64_t kMostFilters = 192;  // that share the gathered patches
constexpr std::int64_t kTasks = 16;         // fewer are cut by pixels, too
constexpr std::int64_t kShortestPiece = 512;

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// Pixels of all images, cut into pieces whose sums are made apart and joined in order, in f64. The cut follows from the
// shape alone.
struct PixelCut {
  std::int64_t pixels, piece, pieces;
  std::int64_t parts, pieces_of_part;  // consecutive pieces that one task takes

  PixelCut(std::int64_t all, std::int64_t tiles)
      : pixels(all),
        piece(ceil_div(std::clamp(ceil_div(all, kTasks), kShortestPiece, kLongestSum), kPixels) * kPixels),
        pieces(ceil_div(all, piece)),
        parts(std::clamp<std::int64_t>(ceil_div(kTasks, std::max<std::int64_t>(1, tiles)), 1,
                                       std::max<std::int64_t>(1, pieces))),
        pieces_of_part(ceil_div(pieces, parts)) {
    parts = pieces_of_part ? ceil_div(pieces, pieces_of_part) : 0;
  }
};

template <class T, class O>
class WeightGrad {
  using A = Compute<T>;

 public:
  explicit WeightGrad(const ConvProblem& p)
      : s_(forward_slide(p)),
        patches_(s_),
        columns_(std::min(s_.depth(), kPatchBytes / kPixels / static_cast<std::int64_t>(sizeof(A)))),
        column_tiles_(columns_ ? ceil_div(s_.depth(), columns_) : 0),
        filter_tiles_(ceil_div(s_.filters, kMostFilters)),
        cut_(s_.n * s_.results(), s_.groups * column_tiles_ * filter_tiles_),
        direct_(std::is_same_v<O, A> && cut_.pieces == 1) {
    if (elements() > 0 && cut_.pixels > 0) make_kernels();
  }

  // The sums of every part, and the totals of parts that are made of several pieces.
  std::size_t workspace() const { return direct_ ? 0 : sums_bytes() + (cut_.pieces_of_part > 1 ? totals_bytes() : 0); }

  void run(const T* x, const T* dy, O* dw, void* workspace) const {
    if (cut_.pixels == 0) {
      std::fill(dw, dw + elements(), O{});
      return;
    }
    auto* const sums = static_cast<A*>(workspace);
    auto* const totals =
        cut_.pieces_of_part > 1 ? reinterpret_cast<double*>(static_cast<char*>(workspace) + sums_bytes()) : nullptr;
    const std::int64_t tiles = s_.groups * column_tiles_ * filter_tiles_;
    parallel_for(cut_.parts * tiles, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t task = begin; task < end; ++task) {
        const std::int64_t part = task / tiles;
        if constexpr (std::is_same_v<O, A>)
          if (direct_) {
            run_task(task % tiles, part, x, dy, dw, nullptr);
            continue;
          }
        run_task(task % tiles, part, x, dy, sums + part * elements(), totals ? totals + part * elements() : nullptr);
      }
    });
    if (!direct_) join(sums, totals, dw);
  }

 private:
  std::int64_t elements() const { return s_.groups * s_.filters * s_.depth(); }
  std::size_t sums_bytes() const { return padded(static_cast<std::size_t>(cut_.parts * elements()) * sizeof(A)); }
  std::size_t totals_bytes() const {
    return padded(static_cast<std::size_t>(cut_.parts * elements()) * sizeof(double));
  }

  // A tile of the filters' gradient as one task makes it.
  struct Tile {
    std::int64_t group, filter, filters, column, columns;
  };
  Tile tile_at(std::int64_t index) const {
    const std::int64_t column = index % column_tiles_ * columns_;
    const std::int64_t filter = index / column_tiles_ % filter_tiles_ * kMostFilters;
    return {index / column_tiles_ / filter_tiles_, filter, std::min(kMostFilters, s_.filters - filter), column,
            std::min(columns_, s_.depth() - column)};
  }

  // Kernels by what is left of the filters, the columns and the pixels, which may be less than a whole tile.
  struct Kernels {
    TileKernel<A> of[2][2][2][2][2];  // last rows, last columns, last column tile, last pixels, adding
  };
  void make_kernels();

  // Sums of one tile over the pieces of one part, in `sums`; if there are several pieces they are added up in `totals`.
  void run_task(std::int64_t index, std::int64_t part, const T* x, const T* dy, A* sums, double* totals) const {
    const Tile tile = tile_at(index);
    const std::int64_t first = part * cut_.pieces_of_part;
    for (std::int64_t piece = first; piece < std::min(cut_.pieces, first + cut_.pieces_of_part); ++piece) {
      const std::int64_t begin = piece * cut_.piece;
      add_pixels(tile, begin, std::min(cut_.pixels, begin + cut_.piece), x, dy, sums);
      if (!totals) continue;
      for (std::int64_t f = 0; f < tile.filters; ++f) {
        const std::int64_t at = (tile.group * s_.filters + tile.filter + f) * s_.depth() + tile.column;
        for (std::int64_t c = at; c < at + tile.columns; ++c)
          totals[c] = (piece > first ? totals[c] : 0) + static_cast<double>(sums[c]);
      }
    }
  }

  // Sums of one tile over the pixels [begin, end) of all images.
  void add_pixels(const Tile& tile, std::int64_t begin, std::int64_t end, const T* x, const T* dy, A* sums) const {
    alignas(64) A patches[kPatchBytes / sizeof(A)];
    alignas(64) A widened_dy[std::is_same_v<T, A> ? 1 : kPixels * kMostFilters];
    const std::int64_t all_filters = s_.groups * s_.filters;
    for (std::int64_t pixel = begin; pixel < end; pixel += kPixels) {
      const std::int64_t count = std::min(kPixels, end - pixel);
      gather(tile, pixel, count, x, patches);
      const T* const from = dy + pixel * all_filters + tile.group * s_.filters + tile.filter;
      const A* rows = nullptr;
      if constexpr (std::is_same_v<T, A>) {
        rows = from;
      } else {
        copy_rows(from, all_filters, count, tile.filters, widened_dy, kMostFilters);
        rows = widened_dy;
      }
      for (std::int64_t f = 0; f < tile.filters; f += kMostRows)
        for (std::int64_t c = 0; c < tile.columns; c += kMostColumns) {
          A* const to = sums + (tile.group * s_.filters + tile.filter + f) * s_.depth() + tile.column + c;
          kernel(tile, f, c, count, pixel > begin)(rows + f, patches + c, to);
        }
    }
  }

  // Patches of consecutive pixels, which may lie in several images.
  void gather(const Tile& tile, std::int64_t pixel, std::int64_t count, const T* x, A* to) const {
    const std::int64_t source = s_.axis[0].source * s_.axis[1].source * s_.axis[2].source * s_.groups * s_.channels;
    while (count > 0) {
      const std::int64_t image = pixel / s_.results(), result = pixel % s_.results();
      const std::int64_t some = std::min(count, s_.results() - result);
      patches_.gather(x + image * source + tile.group * s_.channels, result, some, tile.column,
                      tile.column + tile.columns, to);
      to += some * tile.columns;
      pixel += some;
      count -= some;
    }
  }

  const TileKernel<A>& kernel(const Tile& tile, std::int64_t f, std::int64_t c, std::int64_t count, bool adding) const {
    return kernels_.of[f + kMostRows >= tile.filters && tile.filter + tile.filters == s_.filters]
                      [c + kMostColumns >= tile.columns && tile.column + tile.columns == s_.depth()]
                      [tile.column + tile.columns == s_.depth()][count < kPixels][adding];
  }

  // Adds the parts up, one after the other.
  void join(const A* sums, const double* totals, O* dw) const {
    parallel_for(elements(), 4096, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        double sum = 0;
        for (std::int64_t part = 0; part < cut_.parts; ++part)
          sum += totals ? totals[part * elements() + i] : static_cast<double>(sums[part * elements() + i]);
        dw[i] = static_cast<O>(static_cast<A>(sum));
      }
    });
  }

  Slide s_;
  Patches<T> patches_;
  std::int64_t columns_, column_tiles_, filter_tiles_;
  PixelCut cut_;
  bool direct_;  // sums are made in the result's memory
  Kernels kernels_;
};

template <class T, class O>
void WeightGrad<T, O>::make_kernels() {
  const std::int64_t lda = std::is_same_v<T, A> ? s_.groups * s_.filters : kMostFilters;
  const auto rest = [](std::int64_t size, std::int64_t piece) { return size - (ceil_div(size, piece) - 1) * piece; };
  const std::int64_t last_columns = s_.depth() - (column_tiles_ - 1) * columns_;
  const std::int64_t last_pixels = cut_.pixels % kPixels;
  for (int which = 0; which < 32; ++which) {
    const bool last_row = which & 1, last_column = which & 2, last_tile = which & 4, last = which & 8,
               adding = which & 16;
    const std::int64_t m = last_row ? rest(s_.filters, kMostRows) : kMostRows;
    const std::int64_t width = last_tile ? last_columns : columns_;
    const std::int64_t n = last_column ? rest(width, kMostColumns) : kMostColumns;
    const std::int64_t k = last ? last_pixels : kPixels;
    if (k == 0 || k > cut_.pixels || m > s_.filters || n > width || (last_column && !last_tile)) continue;
    kernels_.of[last_row][last_column][last_tile][last][adding] =
        TileKernel<A>({m, n, k, lda, width, s_.depth(), true, adding});
  }
}

}  // namespace

std::optional<exec::PreparedKernel> prepare_conv_weight_grad_patches(const exec::KernelRequest& request) {
  if (!has_tile_kernels()) return std::nullopt;
  return with_product_types(request.inputs[0].dtype, request.outputs[0].dtype, request.op.name(),
                            [&](auto operand, auto result) -> exec::PreparedKernel {
                              using T = typename decltype(operand)::type;
                              using O = typename decltype(result)::type;
                              const WeightGrad<T, O> product(conv_problem(request));
                              return {.run =
                                          [product](const Call& call) {
                                            product.run(static_cast<const T*>(call.inputs[0].data),
                                                        static_cast<const T*>(call.inputs[1].data),
                                                        static_cast<O*>(call.outputs[0].data), call.workspace.data);
                                          },
                                      .workspace = product.workspace()};
                            });
}

}  // namespace weft::kernels
