// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "core/device/thread_pool.h"
#include "kernels/common/copy_run.h"
#include "kernels/common/transpose.h"
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
  bool transposed = false;
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
  c.transposed = s.transposed_axis() >= 0;
  const int row_axis = c.transposed ? s.transposed_axis() : last - 1;
  if (row_axis >= 0) {
    c.rows = s.size[row_axis];
    c.row_in = s.in[row_axis];
    c.row_out = s.out[row_axis];
  }
  const std::int64_t elements = kChunkBytes / element_bytes;
  c.high = c.transposed ? kTile : std::max<std::int64_t>(1, elements / std::max<std::int64_t>(1, c.length));
  c.wide = c.transposed ? elements / kTile : elements;
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

// Part of a plane.
struct Piece {
  std::int64_t rows, length;
};

// Calls row(to, from) for every row of the piece.
template <class T, class Row>
void for_each_row(const Cut& c, const Piece& piece, T* out, const T* in, const Row& row) {
  for (std::int64_t r = 0; r < piece.rows; ++r) row(out + r * c.row_out, in + r * c.row_in);
}

template <class T>
void copy_rows(const Cut& c, const Piece& piece, T* out, const T* in) {
  const std::int64_t n = piece.length, step_in = c.step_in, step_out = c.step_out;
  const auto by_rows = [&](const auto& row) { for_each_row(c, piece, out, in, row); };
  if (step_out == 1 && step_in == 1) return by_rows([n](T* to, const T* from) { copy_run(to, from, n); });
  if (step_out == 1 && step_in == 0) return by_rows([n](T* to, const T* from) { fill_run(to, n, *from); });
  if (step_out == 1 && step_in == -1) return by_rows([n](T* to, const T* from) { reverse_run(to, from - (n - 1), n); });
  by_rows([n, step_in, step_out](T* to, const T* from) {
    for (std::int64_t i = 0; i < n; ++i) to[i * step_out] = from[i * step_in];
  });
}

// Goes by tiles, because the cache lines read for one row then serve the next row.
template <class T>
void copy_transposed(const Cut& c, const Piece& piece, T* out, const T* in) {
  if constexpr (sizeof(T) == 4) {
    return transpose(reinterpret_cast<const float*>(in), c.step_in, piece.length, piece.rows,
                     reinterpret_cast<float*>(out), c.row_out);
  }
  constexpr std::int64_t kLines = 8;  // fewer than the ways of a cache set, on which lines may all fall
  for (std::int64_t column = 0; column < piece.length; column += kLines) {
    const std::int64_t n = std::min(kLines, piece.length - column);
    for_each_row(c, piece, out + column, in + column * c.step_in, [&](T* to, const T* from) {
      for (std::int64_t i = 0; i < n; ++i) to[i] = from[i * c.step_in];
    });
  }
}

template <class T>
void copy_piece(const Cut& c, T* out, const T* in, std::int64_t index) {
  const std::int64_t row = index / c.pieces_across() * c.high, column = index % c.pieces_across() * c.wide;
  const Piece piece{std::min(c.high, c.rows - row), std::min(c.wide, c.length - column)};
  out += row * c.row_out + column * c.step_out;
  in += row * c.row_in + column * c.step_in;
  c.transposed ? copy_transposed(c, piece, out, in) : copy_rows(c, piece, out, in);
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

// True if whole rows go to ascending places: every place of the output lies in a row or between two.
bool leaves_gaps_between_rows(const Strided& s) {
  const int last = s.rank - 1;
  bool ascending = s.in[last] == 1 && s.out[last] == 1;
  for (int k = 0; k < s.rank; ++k) ascending = ascending && s.out[k] > 0;
  return ascending;
}

// Copies rows and zeroes what lies before, between and behind them, so that nothing is written twice.
template <class T>
void copy_between_zeros(const Strided& s, T* out, std::int64_t out_count, const T* in) {
  const int last = s.rank - 1;
  const std::int64_t length = s.size[last], chunk = kChunkBytes / static_cast<std::int64_t>(sizeof(T));
  const bool long_rows = length > chunk;  // which several threads copy
  if (long_rows) copy_strided(s, out, in);
  const Strided planes = s.around(last - 1);
  const std::int64_t high = last > 0 ? s.size[last - 1] : 1, all = planes.count() * high;
  const std::int64_t row_in = last > 0 ? s.in[last - 1] : 0, row_out = last > 0 ? s.out[last - 1] : 0;
  parallel_for(all, std::max<std::int64_t>(1, chunk / length), [&](std::int64_t begin, std::int64_t end) {
    Cursor cursor(planes, begin / high);
    if (begin == 0) fill_run(out, cursor.out, T{0});
    for (std::int64_t row = begin % high, done = begin; done < end; row = 0) {
      const std::int64_t rows = std::min(high - row, end - done);
      T* to = out + cursor.out + row * row_out;
      const T* from = in + cursor.in + row * row_in;
      for (std::int64_t r = 0; r < rows; ++r, to += row_out, from += row_in) {
        if (!long_rows) copy_run(to, from, length);
        if (row + r + 1 < high) fill_run(to + length, row_out - length, T{0});
      }
      done += rows;
      if (row + rows < high) return;
      T* const behind = out + cursor.out + (high - 1) * row_out + length;
      cursor.next(planes);
      fill_run(behind, (done == all ? out + out_count : out + cursor.out) - behind, T{0});
    }
  });
}

template <class T>
void fill(T* out, std::int64_t n, T element) {
  parallel_for(n, kChunkBytes / static_cast<std::int64_t>(sizeof(T)),
               [&](std::int64_t begin, std::int64_t end) { fill_run(out + begin, end - begin, element); });
}

}  // namespace

exec::PreparedKernel prepare_movement_cpu(const exec::KernelRequest& request) {
  const Movement movement = movement_of(request);
  const std::int64_t n = request.outputs[0].shape.numel();
  return with_size(size_of(request.outputs[0].dtype), [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    if (movement.zero_first && movement.copies[0].count() > 0 && leaves_gaps_between_rows(movement.copies[0])) {
      return {[copy = movement.copies[0], n](const Call& call) {
        copy_between_zeros(copy, static_cast<T*>(call.outputs[0].data), n, static_cast<const T*>(call.inputs[0].data));
      }};
    }
    return {[movement, n](const Call& call) {
      T* out = static_cast<T*>(call.outputs[0].data);
      if (movement.zero_first) fill(out, n, T{0});
      for (std::size_t i = 0; i < movement.copies.size(); ++i) {
        const T* in = static_cast<const T*>(call.inputs[movement.input_of(i)].data);
        if (!movement.copies[i].is_there(out, in, sizeof(T))) copy_strided(movement.copies[i], out, in);
      }
      for (const Run& gap : movement.gaps) fill_run(out + gap.begin, gap.count, T{0});
    }};
  });
}

exec::PreparedKernel prepare_full_cpu(const exec::KernelRequest& request) {
  const std::uint64_t bits = fill_bits(request);
  const std::int64_t n = request.outputs[0].shape.numel();
  return with_size(size_of(request.outputs[0].dtype), [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[n, element = static_cast<T>(bits)](const Call& call) {
      fill(static_cast<T*>(call.outputs[0].data), n, element);
    }};
  });
}

exec::PreparedKernel prepare_iota_cpu(const exec::KernelRequest& request) {
  const std::int64_t n = request.outputs[0].shape.numel();
  return with_dtype(request.outputs[0].dtype, [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[n](const Call& call) {
      T* out = static_cast<T*>(call.outputs[0].data);
      parallel_for(n, kChunkBytes / static_cast<std::int64_t>(sizeof(T)), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) out[i] = counted<T>(i);
      });
    }};
  });
}

}  // namespace weft::kernels
