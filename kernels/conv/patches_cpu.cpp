// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "core/device/thread_pool.h"
#include "kernels/common/product_types.h"
#include "kernels/common/workspace.h"
#include "kernels/conv/conv.h"
#include "kernels/conv/patches.h"
#include "kernels/matmul/pack.h"
#include "kernels/matmul/problem.h"
#include "kernels/matmul/tile.h"

// conv and conv_input_grad as matrix products: patches of the image, gathered a tile at a time, times filters that are
// packed once per call.
namespace weft::kernels {
namespace {

constexpr std::int64_t kMostRows = 48;                                      // results of a tile
constexpr std::int64_t kMostColumns = 64;                                   // filters of a block
constexpr std::int64_t kMostBlocks = 4;                                     // blocks that share the gathered patches
constexpr std::int64_t kPatchBytes = 72 * 1024, kFilterBytes = 512 * 1024;  // both lie in the second cache
constexpr std::int64_t kGrain = 64 * 1024;  // multiply-adds that are worth a thread's attention
constexpr std::size_t kMostSlides = 64;

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// A size cut into pieces of almost the same size, at most `most`.
std::int64_t piece_of(std::int64_t size, std::int64_t most) {
  return std::max<std::int64_t>(1, ceil_div(size, std::max<std::int64_t>(1, ceil_div(size, most))));
}

// Filters of one slide as (group, block of filters, depth, kMostColumns or fewer).
struct FilterBlocks {
  std::int64_t width, blocks, together;  // filters of a block, blocks of a group, blocks that share patches

  explicit FilterBlocks(const Slide& s, std::size_t element)
      : width(std::min(s.filters, ceil_div(piece_of(s.filters, kMostColumns), 16) * 16)),
        blocks(width ? ceil_div(s.filters, width) : 0),
        together(std::clamp<std::int64_t>(
            kFilterBytes / std::max<std::int64_t>(1, s.depth() * width * static_cast<std::int64_t>(element)), 1,
            std::min(kMostBlocks, std::max<std::int64_t>(1, blocks)))) {}
  std::int64_t width_of(const Slide& s, std::int64_t block) const { return std::min(width, s.filters - block * width); }
};

// One slide, made ready. T is the operands' type, O the result's; sums are made in Compute<T>.
template <class T, class O>
class SlideProduct {
  using A = Compute<T>;

 public:
  explicit SlideProduct(const Slide& slide)
      : s_(slide),
        patches_(slide),
        blocks_(slide, sizeof(A)),
        rows_(piece_of(slide.results(), kMostRows)),
        chunks_(ceil_div(slide.results(), rows_)),
        cut_(piece_of(slide.depth(), kPatchBytes / kMostRows / static_cast<std::int64_t>(sizeof(A)))),
        direct_(std::is_same_v<O, A> && slide.fills() && slide.depth() <= kLongestSum),
        ldc_(direct_ ? slide.groups * slide.filters : kMostColumns) {
    if (s_.depth() > 0 && tasks() > 0) make_kernels();
  }

  std::int64_t packed_elements() const { return s_.groups * s_.depth() * s_.filters; }

  // Packs w, which is (groups filters, window, channels) for conv, and (groups channels, window, filters) for its input
  // gradient.
  void pack(const T* w, bool forward, const ConvProblem& p, A* packed) const {
    const std::int64_t window = p.window[0] * p.window[1] * p.window[2];
    parallel_for(s_.groups * blocks_.blocks, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t group = i / blocks_.blocks, block = i % blocks_.blocks, width = blocks_.width_of(s_, block);
        const std::int64_t filter = block * blocks_.width;
        A* to = packed + packed_offset(group, block);
        if (forward) {
          transpose(w + (group * s_.filters + filter) * s_.depth(), s_.depth(), width, s_.depth(), to, width);
          continue;
        }
        for (std::int64_t tap = 0; tap < s_.taps(); ++tap, to += s_.channels * width)
          copy_rows(w + (group * s_.channels * window + window_element(tap, p)) * s_.filters + filter,
                    window * s_.filters, s_.channels, width, to, width);
      }
    });
  }

  void run(const T* from, const A* packed, O* to) const {
    const std::int64_t work = std::max<std::int64_t>(1, rows_ * s_.depth() * blocks_.width * blocks_.together);
    parallel_for(tasks(), std::max<std::int64_t>(1, kGrain / work), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t task = begin; task < end; ++task) run_task(task, from, packed, to);
    });
  }

 private:
  // Tasks that follow one another read the same filters.
  std::int64_t tasks() const { return s_.groups * ceil_div(blocks_.blocks, blocks_.together) * s_.n * chunks_; }

  std::int64_t packed_offset(std::int64_t group, std::int64_t block) const {
    return (group * s_.filters + block * blocks_.width) * s_.depth();
  }

  std::int64_t window_element(std::int64_t tap, const ConvProblem& p) const {
    std::int64_t at[kSpatialAxes], element = 0;
    for (int i = kSpatialAxes - 1; i >= 0; --i) {
      at[i] = s_.axis[i].window_first + tap % s_.axis[i].taps * s_.axis[i].window_stride;
      tap /= s_.axis[i].taps;
    }
    for (int i = 0; i < kSpatialAxes; ++i) element = element * p.window[i] + at[i];
    return element;
  }

  void make_kernels() {
    const std::int64_t last_rows = s_.results() - (chunks_ - 1) * rows_;
    const std::int64_t last_width = blocks_.width_of(s_, blocks_.blocks - 1);
    const std::int64_t cuts = ceil_div(s_.depth(), cut_), last_cut = s_.depth() - (cuts - 1) * cut_;
    for (int which = 0; which < 16; ++which) {
      const bool last_row = which & 1, last_block = which & 2, last = which & 4, accumulate = which & 8;
      if ((!last_row && chunks_ == 1) || (!last_block && blocks_.blocks == 1) || (!last && cuts == 1)) continue;
      if (accumulate && cuts == 1) continue;
      const std::int64_t m = last_row ? last_rows : rows_, n = last_block ? last_width : blocks_.width;
      const std::int64_t k = last ? last_cut : cut_;
      kernels_[last_row][last_block][last][accumulate] = TileKernel<A>({m, n, k, k, n, ldc_, false, accumulate});
    }
  }

  void run_task(std::int64_t task, const T* from, const A* packed, O* to) const {
    const std::int64_t chunk = task % chunks_, image = task / chunks_ % s_.n;
    const std::int64_t shares = ceil_div(blocks_.blocks, blocks_.together), share = task / chunks_ / s_.n;
    const std::int64_t group = share / shares, first_block = share % shares * blocks_.together;
    const std::int64_t blocks = std::min(blocks_.together, blocks_.blocks - first_block);
    const std::int64_t result = chunk * rows_, rows = std::min(rows_, s_.results() - result);
    const std::int64_t pixels = s_.axis[0].source * s_.axis[1].source * s_.axis[2].source;
    const T* const source = from + image * pixels * s_.groups * s_.channels + group * s_.channels;

    alignas(64) A sums[kMostBlocks * kMostRows * kMostColumns];
    A* tile[kMostBlocks];
    for (std::int64_t b = 0; b < blocks; ++b) {
      tile[b] = sums + b * kMostRows * kMostColumns;
      if constexpr (std::is_same_v<O, A>)
        if (direct_)
          tile[b] =
              to + (image * s_.results() + result) * ldc_ + group * s_.filters + (first_block + b) * blocks_.width;
    }
    if (s_.depth() == 0) {
      std::fill(std::begin(sums), std::end(sums), A{0});
    } else if (s_.depth() <= kLongestSum) {
      multiply(source, packed, group, first_block, blocks, result, rows, 0, s_.depth(), tile);
    } else {
      multiply_long(source, packed, group, first_block, blocks, result, rows, tile);
    }
    if (direct_ && s_.depth() > 0) return;
    for (std::int64_t b = 0; b < blocks; ++b)
      store(sums + b * kMostRows * kMostColumns, image, group * s_.filters + (first_block + b) * blocks_.width,
            blocks_.width_of(s_, first_block + b), result, rows, to);
  }

  // Tiles of the sums over [begin, end) of the depth.
  void multiply(const T* source, const A* packed, std::int64_t group, std::int64_t first_block, std::int64_t blocks,
                std::int64_t result, std::int64_t rows, std::int64_t begin, std::int64_t end, A* const* tile) const {
    alignas(64) A patches[kPatchBytes / sizeof(A)];
    for (std::int64_t k = begin; k < end; k += cut_) {
      const std::int64_t depth = std::min(cut_, s_.depth() - k);
      patches_.gather(source, result, rows, k, k + depth, patches);
      for (std::int64_t b = 0; b < blocks; ++b) {
        const std::int64_t block = first_block + b, width = blocks_.width_of(s_, block);
        const auto& kernels = kernels_[result + rows_ >= s_.results()][block + 1 == blocks_.blocks];
        kernels[k + cut_ >= s_.depth()][k > begin](patches, packed + packed_offset(group, block) + k * width, tile[b]);
      }
    }
  }

  // Pieces of the depth come into the tiles one by one and are added up beside them.
  void multiply_long(const T* source, const A* packed, std::int64_t group, std::int64_t first_block,
                     std::int64_t blocks, std::int64_t result, std::int64_t rows, A* const* tile) const {
    double total[kMostBlocks * kMostRows * kMostColumns] = {};
    const auto for_each_sum = [&](const auto& body) {
      for (std::int64_t b = 0; b < blocks; ++b)
        for (std::int64_t r = 0; r < rows; ++r)
          for (std::int64_t f = 0; f < blocks_.width_of(s_, first_block + b); ++f) {
            const std::int64_t i = r * kMostColumns + f;
            body(tile[b][i], total[b * kMostRows * kMostColumns + i]);
          }
    };
    const std::int64_t piece = kLongestSum / cut_ * cut_;
    for (std::int64_t k = 0; k < s_.depth(); k += piece) {
      multiply(source, packed, group, first_block, blocks, result, rows, k, std::min(s_.depth(), k + piece), tile);
      for_each_sum([](A part, double& sum) { sum += static_cast<double>(part); });
    }
    for_each_sum([](A& part, double sum) { part = static_cast<A>(sum); });
  }

  // Writes a tile where its results belong.
  void store(const A* tile, std::int64_t image, std::int64_t filter, std::int64_t width, std::int64_t result,
             std::int64_t rows, O* to) const {
    const SlideAxis &planes = s_.axis[0], &lines = s_.axis[1], &columns = s_.axis[2];
    for (std::int64_t r = 0; r < rows; ++r, ++result) {
      const std::int64_t x = result % columns.count, y = result / columns.count % lines.count;
      const std::int64_t z = result / columns.count / lines.count;
      const std::int64_t place = ((image * planes.to + planes.to_first + z * planes.to_stride) * lines.to +
                                  lines.to_first + y * lines.to_stride) *
                                     columns.to +
                                 columns.to_first + x * columns.to_stride;
      O* const out = to + place * s_.groups * s_.filters + filter;
      for (std::int64_t f = 0; f < width; ++f) out[f] = static_cast<O>(tile[r * kMostColumns + f]);
    }
  }

  Slide s_;
  Patches<T> patches_;
  FilterBlocks blocks_;
  std::int64_t rows_, chunks_;  // results of a tile, tiles of an image
  std::int64_t cut_;            // of the depth, whose patches are gathered at once
  bool direct_;                 // tiles are made in the result's memory
  std::int64_t ldc_;
  TileKernel<A> kernels_[2][2][2][2];  // for a last tile, a last block, a last cut, and for adding to what is there
};

std::optional<exec::PreparedKernel> prepare(const exec::KernelRequest& request, bool forward) {
  if (!has_tile_kernels()) return std::nullopt;
  const ConvProblem p = conv_problem(request);
  const std::vector<Slide> slides = forward ? std::vector<Slide>{forward_slide(p)} : input_grad_slides(p);
  if (slides.size() > kMostSlides) return std::nullopt;
  return with_product_types(
      request.inputs[0].dtype, request.outputs[0].dtype, request.op.name(),
      [&](auto operand, auto result) -> exec::PreparedKernel {
        using T = typename decltype(operand)::type;
        using O = typename decltype(result)::type;
        std::vector<SlideProduct<T, O>> products(slides.begin(), slides.end());
        std::size_t bytes = 0;
        for (const auto& product : products)
          bytes += padded(static_cast<std::size_t>(product.packed_elements()) * sizeof(Compute<T>));
        const auto run = [p, forward, products = std::move(products)](const Call& call) {
          auto* packed = static_cast<char*>(call.workspace.data);
          for (const auto& product : products) {
            auto* const filters = reinterpret_cast<Compute<T>*>(packed);
            product.pack(static_cast<const T*>(call.inputs[1].data), forward, p, filters);
            product.run(static_cast<const T*>(call.inputs[0].data), filters, static_cast<O*>(call.outputs[0].data));
            packed += padded(static_cast<std::size_t>(product.packed_elements()) * sizeof(Compute<T>));
          }
        };
        return {.run = run, .workspace = bytes};
      });
}

}  // namespace

std::optional<exec::PreparedKernel> prepare_conv_patches(const exec::KernelRequest& request) {
  return prepare(request, true);
}
std::optional<exec::PreparedKernel> prepare_conv_input_grad_patches(const exec::KernelRequest& request) {
  return prepare(request, false);
}

}  // namespace weft::kernels
