// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/device/thread_pool.h"
#include "kernels/common/axis_split.h"
#include "kernels/common/dispatch.h"
#include "kernels/sort/running_sum.h"
#include "kernels/sort/sort.h"

namespace weft::kernels {
namespace {

constexpr std::int64_t kChunkElements = 1 << 13;  // per piece of work handed to a thread
constexpr std::int64_t kColumns = 64;             // lines walked together, so that a cache line is read once
constexpr std::int64_t kFewColumns = 16;          // fewer are walked one by one
constexpr std::int64_t kTogether = 4;             // sums in turn, because one waits four cycles for its last addition
constexpr std::int64_t kPiece = 2000;  // of a long line; no power of two, which would put all pieces on one cache set
constexpr std::int64_t kFewLines = 8;  // fewer leave threads idle unless each line is cut

std::int64_t items_per_chunk(std::int64_t elements) {
  return std::max<std::int64_t>(1, kChunkElements / std::max<std::int64_t>(1, elements));
}

// Lines along the axis. A few long ones are cut, by their shape alone, because sums then have the same bits for any
// number of threads.
struct Lines {
  AxisSplit split;
  bool reverse = false;
  std::int64_t count = 0, pieces = 1, piece = 0;

  Lines(const AxisSplit& s, bool backward)
      : split(s), reverse(backward), count(s.outer * s.inner), piece(std::max<std::int64_t>(1, s.size)) {
    if (count >= kFewLines || s.size < kTogether * kPiece) return;
    piece = kPiece;
    pieces = (s.size + kPiece - 1) / kPiece;
  }
  // Elements of a piece; every piece but the last one of a line is whole.
  std::int64_t length(std::int64_t item) const {
    return pieces == 1 ? split.size : std::min(piece, split.size - item % pieces * piece);
  }
  // True for n pieces among which no shorter one ends a line.
  bool equally_long(std::int64_t item, std::int64_t n) const {
    for (std::int64_t k = 1; pieces > 1 && k < n; ++k)
      if (length(item + k) != length(item)) return false;
    return true;
  }
  // The first element that is added, and the way to the next. Short lines would notice needless divisions.
  std::int64_t first(std::int64_t item) const {
    const std::int64_t line = pieces == 1 ? item : item / pieces, at = (item - line * pieces) * piece;
    const std::int64_t row = reverse ? split.size - 1 - at : at;
    if (split.inner == 1) return line * split.size + row;
    return (line / split.inner * split.size + row) * split.inner + line % split.inner;
  }
  std::int64_t step() const { return reverse ? -split.inner : split.inner; }
};

template <class T>
RunningSum<T> sum_of(const T* x, std::int64_t n, std::int64_t step) {
  RunningSum<T> sums[kTogether] = {};
  std::int64_t j = 0;
  for (; j + kTogether <= n; j += kTogether)
    for (std::int64_t k = 0; k < kTogether; ++k) sums[k] += to_sum(x[(j + k) * step]);
  for (; j < n; ++j) sums[0] += to_sum(x[j * step]);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// Running sums of pieces of equal length, side by side.
template <std::int64_t together, class T>
void run_on(const Lines& lines, std::int64_t item, const RunningSum<T>* starts, const T* x, T* out) {
  const std::int64_t step = lines.step(), n = lines.length(item);
  RunningSum<T> sums[together];
  const T* from[together];
  T* to[together];
  for (std::int64_t k = 0; k < together; ++k) {
    sums[k] = starts ? starts[item + k] : RunningSum<T>{0};
    const std::int64_t first = lines.first(item + k);
    from[k] = x + first;
    to[k] = out + first;
  }
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t k = 0; k < together; ++k) to[k][j * step] = to_element<T>(sums[k] += to_sum(from[k][j * step]));
}

// The sums of the pieces before each piece of its line.
template <class T>
const RunningSum<T>* starts_of(const Lines& lines, const T* x, void* workspace) {
  if (lines.pieces == 1) return nullptr;
  auto* sums = static_cast<RunningSum<T>*>(workspace);
  parallel_for(lines.count * lines.pieces, items_per_chunk(lines.piece), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t item = begin; item < end; ++item)
      sums[item] = sum_of(x + lines.first(item), lines.length(item), lines.step());
  });
  for (std::int64_t line = 0; line < lines.count; ++line) {
    RunningSum<T> before = 0;
    for (std::int64_t item = line * lines.pieces; item < (line + 1) * lines.pieces; ++item) {
      const RunningSum<T> own = sums[item];
      sums[item] = before;
      before += own;
    }
  }
  return sums;
}

template <class T>
void sum_lines(const Lines& lines, const Call& call) {
  const T* x = static_cast<const T*>(call.inputs[0].data);
  T* out = static_cast<T*>(call.outputs[0].data);
  if (lines.split.size == 0) return;  // the pointers are null
  const RunningSum<T>* starts = starts_of(lines, x, call.workspace.data);
  const std::int64_t grain = (items_per_chunk(lines.piece) + kTogether - 1) / kTogether * kTogether;
  parallel_for(lines.count * lines.pieces, grain, [&](std::int64_t item, std::int64_t end) {
    while (item < end) {
      const bool whole = item + kTogether <= end && lines.equally_long(item, kTogether);
      whole ? run_on<kTogether>(lines, item, starts, x, out) : run_on<1>(lines, item, starts, x, out);
      item += whole ? kTogether : 1;
    }
  });
}

template <class T>
void sum_columns(const AxisSplit& split, bool reverse, const Call& call) {
  const T* x = static_cast<const T*>(call.inputs[0].data);
  T* out = static_cast<T*>(call.outputs[0].data);
  const std::int64_t size = split.size, inner = split.inner;
  const std::int64_t blocks = (inner + kColumns - 1) / kColumns;
  const std::int64_t grain = items_per_chunk(size * std::min(inner, kColumns));
  parallel_for(split.outer * blocks, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t item = begin; item < end; ++item) {
      const std::int64_t first = item % blocks * kColumns, n = std::min(kColumns, inner - first);
      const std::int64_t base = item / blocks * size * inner + first;
      RunningSum<T> sum[kColumns] = {};
      for (std::int64_t j = 0; j < size; ++j) {
        const std::int64_t row = base + (reverse ? size - 1 - j : j) * inner;
        for (std::int64_t i = 0; i < n; ++i) out[row + i] = to_element<T>(sum[i] += to_sum(x[row + i]));
      }
    }
  });
}

}  // namespace

exec::PreparedKernel prepare_cumsum_cpu(const exec::KernelRequest& request) {
  const AxisSplit split = split_at(request.inputs[0].shape, request.attributes.integer("axis"));
  const bool reverse = request.attributes.boolean("reverse");
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    if (split.inner >= kFewColumns)
      return {[split, reverse](const Call& call) { sum_columns<T>(split, reverse, call); }};
    const Lines lines(split, reverse);
    const std::int64_t starts = lines.pieces == 1 ? 0 : lines.count * lines.pieces;
    return {[lines](const Call& call) { sum_lines<T>(lines, call); },
            static_cast<std::size_t>(starts) * sizeof(RunningSum<T>)};
  });
}

}  // namespace weft::kernels
