// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstring>

#include "core/device/thread_pool.h"
#include "kernels/movement/fill.h"
#include "kernels/movement/movement.h"
#include "kernels/movement/strided.h"

namespace weft::kernels {
namespace {

constexpr std::int64_t kChunkBytes = 1 << 16;  // enough work to hand to another thread, small enough for its cache
constexpr std::int64_t kTile = 32;             // rows of a transposed tile: 32 cache lines

// A Strided cut for the CPU: planes of (rows, row length), each plane cut into pieces of at most `high` x `wide`.
struct Cut {
  Strided outer;  // the axes around the plane
  std::int64_t rows = 1, row_in = 0, row_out = 0;
  std::int64_t length = 1, step_in = 1, step_out = 1;
  std::int64_t high = 1, wide = 1;
  std::int64_t pieces_down() const { return (rows + high - 1) / high; }
  std::int64_t pieces_across() const { return (length + wide - 1) / wide; }
};

Cut cut(const Strided& s, std::int64_t element_bytes) {
  Cut c;
  const int last = s.rank - 1;
  c.length = s.size[last];
  c.step_in = s.in[last];
  c.step_out = s.out[last];
  const int row_axis = s.transposed_axis();
  if (row_axis >= 0) {
    c.rows = s.size[row_axis];
    c.row_in = s.in[row_axis];
    c.row_out = s.out[row_axis];
    c.high = kTile;
  }
  c.wide = std::max<std::int64_t>(kTile, kChunkBytes / element_bytes / c.high);
  c.outer = s.around(row_axis);
  return c;
}

// Start of a plane in input and output, moved on from plane to plane.
struct Cursor {
  std::array<std::int64_t, kMaxAxes> index{};
  std::int64_t in, out;

  Cursor(const Strided& s, std::int64_t plane) : in(s.in_offset), out(s.out_offset) {
    for (int k = s.rank - 1; k >= 0; --k) {
      const auto at = static_cast<std::size_t>(k);
      index[at] = plane % s.size[k];
      plane /= s.size[k];
      in += index[at] * s.in[k];
      out += index[at] * s.out[k];
    }
  }
  void next(const Strided& s) {
    for (int k = s.rank - 1; k >= 0; --k) {
      const auto at = static_cast<std::size_t>(k);
      in += s.in[k];
      out += s.out[k];
      if (++index[at] < s.size[k]) return;
      in -= s.size[k] * s.in[k];
      out -= s.size[k] * s.out[k];
      index[at] = 0;
    }
  }
};

template <class T>
void copy_row(T* out, const T* in, std::int64_t n, std::int64_t step_out, std::int64_t step_in) {
  if (step_out == 1 && step_in == 1) {
    std::memcpy(out, in, static_cast<std::size_t>(n) * sizeof(T));
  } else if (step_out == 1 && step_in == 0) {
    std::fill_n(out, n, *in);
  } else {
    for (std::int64_t i = 0; i < n; ++i) out[i * step_out] = in[i * step_in];
  }
}

template <class T>
void copy_piece(const Cut& c, T* out, const T* in, std::int64_t piece) {
  const std::int64_t row_begin = piece / c.pieces_across() * c.high;
  const std::int64_t row_end = std::min(row_begin + c.high, c.rows);
  const std::int64_t begin = piece % c.pieces_across() * c.wide;
  const std::int64_t end = std::min(begin + c.wide, c.length);
  // Goes by tiles of kTile columns, because the cache lines read for one row then serve the next row.
  const std::int64_t tile = c.high > 1 ? kTile : c.wide;
  for (std::int64_t column = begin; column < end; column += tile) {
    const std::int64_t n = std::min(tile, end - column);
    for (std::int64_t row = row_begin; row < row_end; ++row) {
      copy_row(out + row * c.row_out + column * c.step_out, in + row * c.row_in + column * c.step_in, n, c.step_out,
               c.step_in);
    }
  }
}

template <class T>
void copy_strided(const Strided& s, T* out, const T* in) {
  if (s.count() == 0) return;
  const Cut c = cut(s, sizeof(T));
  const std::int64_t pieces = c.pieces_down() * c.pieces_across();
  const std::int64_t piece_bytes = std::min(c.rows, c.high) * std::min(c.length, c.wide) * static_cast<int>(sizeof(T));
  parallel_for(c.outer.count() * pieces, std::max<std::int64_t>(1, kChunkBytes / piece_bytes),
               [&](std::int64_t begin, std::int64_t end) {
                 Cursor cursor(c.outer, begin / pieces);
                 std::int64_t piece = begin % pieces;
                 for (std::int64_t item = begin; item < end; ++item) {
                   copy_piece(c, out + cursor.out, in + cursor.in, piece);
                   if (++piece < pieces) continue;
                   piece = 0;
                   cursor.next(c.outer);
                 }
               });
}

template <class Fill>
void fill_chunks(std::int64_t n, std::size_t element_bytes, Fill&& fill) {
  parallel_for(n, kChunkBytes / static_cast<std::int64_t>(element_bytes), fill);
}

}  // namespace

exec::PreparedKernel prepare_movement_cpu(const exec::KernelRequest& request) {
  const Movement movement = movement_of(request);
  const std::size_t element_bytes = size_of(request.outputs[0].dtype);
  return {[movement, element_bytes](const Call& call) {
    with_size(element_bytes, [&]<class T>(std::type_identity<T>) {
      T* out = static_cast<T*>(call.outputs[0].data);
      if (movement.zero_first) {
        fill_chunks(call.outputs[0].spec.shape.numel(), sizeof(T),
                    [&](std::int64_t begin, std::int64_t end) { std::fill(out + begin, out + end, T{0}); });
      }
      for (std::size_t i = 0; i < movement.copies.size(); ++i) {
        const T* in = static_cast<const T*>(call.inputs[i].data);
        if (!movement.copies[i].is_there(out, in, sizeof(T))) copy_strided(movement.copies[i], out, in);
      }
      for (const Run& gap : movement.gaps) std::fill_n(out + gap.begin, gap.count, T{0});
    });
  }};
}

exec::PreparedKernel prepare_full_cpu(const exec::KernelRequest& request) {
  const std::uint64_t bits = fill_bits(request);
  const std::int64_t n = request.outputs[0].shape.numel();
  return with_size(size_of(request.outputs[0].dtype), [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[n, element = static_cast<T>(bits)](const Call& call) {
      T* out = static_cast<T*>(call.outputs[0].data);
      fill_chunks(n, sizeof(T),
                  [&](std::int64_t begin, std::int64_t end) { std::fill(out + begin, out + end, element); });
    }};
  });
}

exec::PreparedKernel prepare_iota_cpu(const exec::KernelRequest& request) {
  const std::int64_t n = request.outputs[0].shape.numel();
  return with_dtype(request.outputs[0].dtype, [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[n](const Call& call) {
      T* out = static_cast<T*>(call.outputs[0].data);
      fill_chunks(n, sizeof(T), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) out[i] = counted<T>(i);
      });
    }};
  });
}

}  // namespace weft::kernels
