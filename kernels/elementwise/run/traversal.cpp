// SPDX-License-Identifier: Apache-2.0
#include "kernels/elementwise/run/traversal.h"

#include <algorithm>

#include "core/device/thread_pool.h"
#include "core/scalar/functions.h"

namespace weft::kernels {
namespace {

// Time that is worth waking another thread, and the time of a piece, in ns.
constexpr double kWorthSharing = 20'000, kPiece = 40'000;
constexpr std::int64_t kFewPieces = 4;
constexpr std::int64_t kWide = 2048;   // columns of a piece
constexpr std::int64_t kFewRows = 16;  // fewer are not worth a row of states
constexpr std::int64_t kMaxSegments = 64;
constexpr std::int64_t kFinish = 256;  // output elements that are joined at a time

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// Rough time of an instruction on one element, in ns.
double cost_of(const Instr& in) {
  using Kind = Instr::Kind;
  switch (in.kind) {
    case Kind::kUniform:
      return 1;
    case Kind::kNormal:
      return 8;
    case Kind::kLoad:
    case Kind::kStore:
      return 0.1;
    case Kind::kConvert:
    case Kind::kReduce:
    case Kind::kConstant:
      return 0.1;
    case Kind::kFn:
      break;
  }
  const bool heavy = is_transcendental(in.fn);
  return in.type == Type::kF32 ? heavy ? 0.6 : 0.05 : heavy ? 10 : 0.2;
}

std::int64_t pieces_for(double time) {
  return time < kWorthSharing ? 1 : std::max(kFewPieces, static_cast<std::int64_t>(time / kPiece));
}

double cost_of(const Program& program) {
  double cost = 0;
  for (int i = program.prologue; i < program.count; ++i) cost += cost_of(program.code[i]);
  return cost;
}

}  // namespace

Traversal::Traversal(const Lowered& lowered, CpuEngine engine, std::size_t offset)
    : program_(cpu_program(lowered, engine)), count_(lowered.geometry.count) {
  for (const Reduction& r : reductions_of(lowered.program)) {
    states_.push_back({r, lowered.geometry.kept[r.output]});
    by_columns_ = !r.trailing;
    columns_ = states_.back().kept;
  }
  const double cost = cost_of(lowered.program);
  by_columns_ ? cut_columns(cost) : cut_line(cost);
  for (States& s : states_) {
    s.offset = offset + workspace_;
    const std::int64_t rows = ceil_div(rows_, piece_rows_);
    const std::int64_t states = by_columns_ ? rows * columns_ : s.kept + pieces_;
    workspace_ += static_cast<std::size_t>(ceil_div(states * static_cast<std::int64_t>(kStateBytes), 64) * 64);
  }
}

void Traversal::cut_line(double cost) {
  const std::int64_t pieces = pieces_for(static_cast<double>(count_) * cost);
  length_ = std::max<std::int64_t>(64, ceil_div(ceil_div(count_, pieces), 64) * 64);  // whole cache lines
  pieces_ = ceil_div(count_, length_);
}

void Traversal::cut_columns(double cost) {
  if (count_ == 0) return;
  rows_ = count_ / columns_;
  const std::int64_t pieces = pieces_for(static_cast<double>(count_) * cost);
  width_ = columns_ > 2 * kWide && pieces > 1 ? kWide : columns_;
  tiles_across_ = ceil_div(columns_, width_);
  const std::int64_t most = std::clamp<std::int64_t>(rows_ / kFewRows, 1, kMaxSegments);
  piece_rows_ = ceil_div(rows_, std::clamp<std::int64_t>(ceil_div(pieces, tiles_across_), 1, most));
  pieces_ = ceil_div(rows_, piece_rows_) * tiles_across_;
}

void Traversal::run(const Call& call) const {
  Operands operands;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) operands.inputs[i] = call.inputs[i].data;
  for (std::size_t i = 0; i < call.outputs.size(); ++i) operands.outputs[i] = call.outputs[i].data;
  parallel_for(pieces_, 1, [&](std::int64_t piece, std::int64_t) { run_piece(call, operands, piece); });
}

void Traversal::run_piece(const Call& call, const Operands& whole, std::int64_t piece) const {
  const std::int64_t segment = piece / tiles_across_, column = piece % tiles_across_ * width_;
  const std::int64_t row = segment * piece_rows_, begin = by_columns_ ? row * columns_ + column : piece * length_;
  Window window{begin, 1, std::min(length_, count_ - begin), 0};
  if (by_columns_) window = {begin, std::min(piece_rows_, rows_ - row), std::min(width_, columns_ - column), columns_};
  if (states_.empty()) return run_window(program_, whole, window);
  Operands operands = whole;
  for (const States& s : states_) {
    if (!operands.outputs[s.reduction.output]) continue;
    // Pieces of a line that meet within an output element have a state of it each: element k of a piece is state
    // k + piece.
    const std::int64_t share = by_columns_ ? 1 : count_ / s.kept;
    const std::int64_t first = by_columns_ ? column : begin / share;
    const std::int64_t n = by_columns_ ? window.cols : (begin + window.cols - 1) / share - first + 1;
    const std::int64_t at = by_columns_ ? segment * columns_ + column : first + piece;
    unsigned char* states = states_of(s, call) + at * static_cast<std::int64_t>(kStateBytes);
    start_states(s.reduction, states, n);
    operands.partials[s.reduction.output] = {states, first};
  }
  run_window(program_, operands, window);
}

void Traversal::finish(const Call& call) const {
  for (const States& s : states_) {
    if (!call.outputs[static_cast<std::size_t>(s.reduction.output)].data) continue;
    const std::int64_t joins = by_columns_ ? ceil_div(rows_, piece_rows_) : 1;
    const std::int64_t grain = std::max<std::int64_t>(1, 16 * 1024 / joins / kFinish) * kFinish;
    parallel_for(s.kept, grain, [&](std::int64_t begin, std::int64_t end) {
      for (; begin < end; begin += kFinish) finish_some(s, call, begin, std::min(end, begin + kFinish));
    });
  }
}

void Traversal::finish_some(const States& s, const Call& call, std::int64_t begin, std::int64_t end) const {
  const unsigned char* states = states_of(s, call);
  constexpr auto kBytes = static_cast<std::int64_t>(kStateBytes);
  alignas(8) unsigned char sum[kFinish * kStateBytes];
  start_states(s.reduction, sum, end - begin);
  if (by_columns_) {
    for (std::int64_t row = 0; row * piece_rows_ < rows_ && count_ > 0; ++row)
      join_states(s.reduction, sum, states + (row * columns_ + begin) * kBytes, end - begin);
  } else if (count_ > 0) {
    const std::int64_t share = count_ / s.kept;
    for (std::int64_t piece = begin * share / length_; piece <= (end * share - 1) / length_; ++piece) {
      const std::int64_t first = std::max(begin, piece * length_ / share);
      const std::int64_t last = std::min(end - 1, (std::min(count_, (piece + 1) * length_) - 1) / share);
      join_states(s.reduction, sum + (first - begin) * kBytes, states + (first + piece) * kBytes, last - first + 1);
    }
  }
  const View& out = call.outputs[static_cast<std::size_t>(s.reduction.output)];
  finish_states(s.reduction, sum, end - begin,
                static_cast<unsigned char*>(out.data) + begin * static_cast<std::int64_t>(size_of(out.spec.dtype)));
}

}  // namespace weft::kernels
