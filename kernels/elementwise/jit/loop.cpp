// SPDX-License-Identifier: Apache-2.0
#include "kernels/elementwise/jit/loop.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "core/program/interpreter.h"
#include "kernels/elementwise/jit/loop_emit.h"

namespace weft::kernels {
namespace {

constexpr std::int64_t kMostLanes = 16;                  // of f32
constexpr std::int64_t kFetchedBytes = 4 * 1024 * 1024;  // of an operand that is fetched ahead
constexpr int kFewOperands = 2;
constexpr std::int64_t kNarrow = 32;  // rows that are shorter than what it takes to begin one
// Row operands are copied several times behind one another until vectors fit: for stretches of at least kFewPeriods
// such copies, in kSpace bytes.
constexpr std::int64_t kFewPeriods = 2;
constexpr std::int64_t kSpace = 64 * 1024;
// Chains of that many operations are worked on for several vectors together, and so are totals, whose additions wait
// for one another, and results of bf16, which AVX2 writes by pairs of vectors.
constexpr int kLong = 32, kMostCopies = 4;
// Making the code takes longer than the tile machine for thousands of runs; with short rows that one is slow.
constexpr std::int64_t kFewElements = 1024, kFewOfShortRows = 128;

}  // namespace

// Machine code of a loop, and the steps by which its operands advance.
class CompiledLoop {
 public:
  CompiledLoop(const Program& program, const loop::Code& code, std::int64_t period,
               std::unique_ptr<loop::MachineCode> one, std::unique_ptr<loop::MachineCode> several,
               std::unique_ptr<loop::MachineCode> decided, unsigned decider)
      : one_(std::move(one)),
        several_(std::move(several)),
        decided_(std::move(decided)),
        decider_(decider),
        row_(code.row),
        period_(period),
        row_totals_(code.row_totals),
        rows_(code.rows),
        span_(code.span),
        inputs_(program.inputs),
        outputs_(program.outputs) {
    for (const loop::Operation& o : code.operations)
      if (loop::loads(o.op)) read_[o.bits] = static_cast<std::uint8_t>(loop::bytes_of(o.op));
    for (int i = 0; i < program.count; ++i) {
      const Instr& in = program.code[i];
      if (in.kind != Instr::Kind::kLoad || read_[in.a] != 0) continue;
      const Scalar scalar{in.a, bytes_of(in.storage), reader_of(in.storage)};
      (code.numbers >> in.a & 1 ? numbers_ : scalars_).push_back(scalar);
    }
    for (const loop::Code::Store& s : code.stores) {
      written_[s.output] = static_cast<std::uint8_t>(loop::bytes_of(s.as));
      if (s.as == loop::Kept::kSum) sums_ |= 1u << s.output;
      if (s.as == loop::Kept::kTotal) totals_ |= 1u << s.output;
      if (s.as == loop::Kept::kF32) whole_ |= 1u << s.output;
    }
  }

  void run(const CpuProgram& p, const Operands& operands, const Window& w) const {
    bool wanted = true;
    for (int i = 0; i < outputs_; ++i)
      wanted = wanted && ((sums_ | totals_) >> i & 1 ? operands.partials[i].states : operands.outputs[i]);
    // Rows without gaps are one stretch of elements.
    const bool line =
        row_ && row_totals_ == 0 && span_ == 0 && (w.rows == 1 || w.pitch == w.cols) && in_place(operands);
    const bool repeats = line && period_ && w.rows * w.cols >= kFewPeriods * period_;
    const bool narrow = (w.rows > 1 && w.cols < kNarrow && !is_block(w)) || (row_ && row_ < kNarrow);
    if (!wanted || (narrow && !repeats)) return p.run_tiles(p, operands, w);
    const bool streams = this->streams(p, operands);
    loop::Frame frame{};
    for (const Scalar& s : scalars_) frame.scalars[s.input] = s.read(operands.inputs[s.input]);
    repeats ? run_line(frame, operands, w.begin, w.rows * w.cols, streams) : run_rows(frame, operands, w, streams);
  }

 private:
  struct Scalar {
    int input, bytes;
    float (*read)(const void*);
  };
  static float (*reader_of(Storage storage))(const void*) {
    float (*read)(const void*) = nullptr;
    interpreter::with_storage(storage, [&]<Storage stored>() {
      if constexpr (interpreter::moves<float, stored>)
        read = [](const void* x) { return convert<float>(*static_cast<const interpreter::StoredAs<stored>*>(x)); };
    });
    return read;
  }

  static int bytes_of(Storage storage) { return storage == Storage::kF32 ? 4 : storage == Storage::kBF16 ? 2 : 1; }

  // The beginning of a stretch: in the full shape and in one of its rows, in the window.
  struct StretchStart {
    std::int64_t element, column, row, done;
  };
  void aim(loop::Frame& frame, const Operands& operands, const StretchStart& at) const {
    frame.turn = kNever;
    for (int i = 0; i < inputs_; ++i) {
      const std::int64_t step = operands.row_step[i];
      const std::int64_t first = rows_ >> i & 1 ? at.column : step ? at.row * step + at.done : at.element;
      frame.inputs[i] = static_cast<const std::byte*>(operands.inputs[i]) + first * read_[i];
    }
    for (int i = 0; i < outputs_; ++i) {
      const bool sum = sums_ >> i & 1;
      const Partial& partial = operands.partials[i];
      auto* to = static_cast<std::byte*>(sum ? partial.states : operands.outputs[i]);
      frame.outputs[i] = to + (sum ? at.column - partial.first : at.element) * written_[i];
    }
  }

  // True if all inputs lie as the full shape says.
  bool in_place(const Operands& operands) const {
    return std::all_of(operands.row_step, operands.row_step + inputs_, [](std::int64_t step) { return step == 0; });
  }

  // True if every result goes past the caches: all are large, and none lies where an input does.
  bool streams(const CpuProgram& p, const Operands& operands) const {
    if (p.streams == 0 || p.streams != whole_ || whole_ >> outputs_ != 0) return false;
    const auto* const end = operands.inputs + inputs_;
    return std::all_of(operands.outputs, operands.outputs + outputs_,
                       [&](void* output) { return std::find(operands.inputs, end, output) == end; });
  }

  // True if whole vectors make up the window's rows, and row operands and numbers are the same for all of them.
  bool is_block(const Window& w) const {
    return w.rows > 1 && w.cols % one_->step == 0 && totals_ == 0 && span_ == 0 &&
           (row_ == 0 || (w.pitch % row_ == 0 && w.begin % row_ + w.cols <= row_));
  }
  void run_block(loop::Frame& frame, const Operands& operands, const Window& w) const {
    aim(frame, operands, {w.begin, row_ ? w.begin % row_ : 0, 0, 0});
    for (int i = 0; i < inputs_; ++i) {
      const std::int64_t step = operands.row_step[i] ? operands.row_step[i] : w.pitch;
      frame.input_steps[i] = (rows_ >> i & 1 ? 0 : step) * read_[i];
    }
    for (int i = 0; i < outputs_; ++i) frame.output_steps[i] = (sums_ >> i & 1 ? 0 : w.pitch) * written_[i];
    frame.count = w.cols;
    frame.rows = w.rows;
    (w.cols % several_->step == 0 ? several(frame) : *one_).run(&frame);
  }

  // Row by row.
  void run_rows(loop::Frame& frame, const Operands& operands, const Window& w, bool streams) const {
    if (!streams && is_block(w)) return run_block(frame, operands, w);
    for (std::int64_t row = 0; row < w.rows; ++row) {
      const std::int64_t begin = w.begin + row * w.pitch;
      std::int64_t column = row_ ? begin % row_ : 0, state = row_ ? begin / row_ : 0;
      for (std::int64_t done = 0, n = 0; done < w.cols; done += n) {
        n = row_ ? std::min(w.cols - done, row_ - column) : w.cols - done;
        if (span_) n = with_numbers(frame, operands, begin + done, n);
        aim(frame, operands, {begin + done, column, row, done});
        run_stretch(frame, n, streams, operands, state);
        if (row_ == 0) continue;
        column += n;
        if (column == row_) {
          column = 0;
          ++state;
        }
      }
    }
  }

  // Puts the numbers of the element's row among the scalars. Gives for how many of n elements they hold: to the end of
  // the row or of more rows that have the same. Totals always end with the row, so that their additions have one order.
  std::int64_t with_numbers(loop::Frame& frame, const Operands& operands, std::int64_t element, std::int64_t n) const {
    std::int64_t row = element / span_, end = (row + 1) * span_;
    const auto number = [&](const Scalar& s) {
      return static_cast<const std::byte*>(operands.inputs[s.input]) + row * s.bytes;
    };
    const auto goes_on = [&](const Scalar& s) { return same_bits(number(s), s.bytes); };
    for (const Scalar& s : numbers_) frame.scalars[s.input] = s.read(number(s));
    for (; end - element < n && totals_ == 0 && std::all_of(numbers_.begin(), numbers_.end(), goes_on); ++row)
      end += span_;
    return std::min(n, end - element);
  }
  // True if a number is followed by an equal one.
  static bool same_bits(const std::byte* number, int bytes) {
    switch (bytes) {
      case 4:
        return std::memcmp(number, number + 4, 4) == 0;
      case 2:
        return std::memcmp(number, number + 2, 2) == 0;
      default:
        return number[0] == number[1];
    }
  }

  // All elements as one stretch: what goes by rows begins with the first element's column and is repeated.
  void run_line(loop::Frame& frame, const Operands& operands, std::int64_t begin, std::int64_t n, bool streams) const {
    if (const std::int64_t head = streams ? before_vector(static_cast<float*>(operands.outputs[0]) + begin) : 0) {
      run_rows(frame, operands, {begin, 1, head, 0}, false);
      begin += head;
      n -= head;
    }
    const std::int64_t column = begin % row_;
    aim(frame, operands, {begin, column, 0, 0});
    frame.turn = period_;
    alignas(64) std::byte space[kSpace];
    std::byte* free = space;
    for (int i = 0; i < inputs_; ++i) {
      if (!(rows_ >> i & 1)) continue;
      const auto* from = static_cast<const std::byte*>(operands.inputs[i]);
      frame.inputs[i] = free;
      for (std::int64_t j = 0, at = column; j < period_; at = 0) {
        const std::int64_t some = std::min(row_ - at, period_ - j);
        std::memcpy(free, from + at * read_[i], static_cast<std::size_t>(some * read_[i]));
        free += some * read_[i];
        j += some;
      }
      free += -reinterpret_cast<std::uintptr_t>(free) % 64;
    }
    double* sums[Program::kMaxOutputs] = {};
    for (int i = 0; i < outputs_; ++i) {
      if (!(sums_ >> i & 1)) continue;
      frame.outputs[i] = sums[i] = reinterpret_cast<double*>(free);
      std::fill_n(sums[i], period_, 0.0);
      free += period_ * written_[i];
    }
    run_stretch(frame, n, streams, operands, 0);
    for (int i = 0; i < outputs_; ++i) {
      if (!sums[i]) continue;
      auto* states = static_cast<double*>(operands.partials[i].states) - operands.partials[i].first;
      for (std::int64_t j = 0; j < period_; ++j) states[(column + j) % row_] += sums[i][j];
    }
  }

  void run_stretch(loop::Frame& frame, std::int64_t n, bool streams, bool one_by_one) const {
    const std::int64_t lanes = one_->step;
    if (streams) {
      const std::int64_t head = std::min(before_vector(frame.outputs[0]), n);
      if (head > 0) run_part(frame, head);
      n -= head;
      for (int i = 0; i < outputs_; ++i) streams = streams && before_vector(frame.outputs[i]) == 0;
    }
    if (const std::int64_t most = one_by_one ? 0 : n / several_->step * several_->step; most > 0) {
      frame.count = most;
      (streams ? several(frame).stream : several(frame).run)(&frame);
      move_on(frame, most);
      n -= most;
    }
    if (const std::int64_t vectors = n / lanes * lanes; vectors > 0) {
      frame.count = vectors;
      one_->run(&frame);
      move_on(frame, vectors);
      n -= vectors;
    }
    if (n > 0) run_part(frame, n);
  }
  // run_stretch() that also adds the totals of the stretch to their state.
  void run_stretch(loop::Frame& frame, std::int64_t n, bool streams, const Operands& operands,
                   std::int64_t state) const {
    if (totals_ == 0) return run_stretch(frame, n, streams, false);
    alignas(64) double lanes[Program::kMaxOutputs][kMostCopies * kMostLanes];
    // Few sums for a short row, because joining them takes longer than adding to them.
    const bool one_by_one = n < kFewSteps * several_->step;
    const std::int64_t step = one_by_one ? one_->step : several_->step;
    const std::int64_t used = (step + kBeside - 1) / kBeside * kBeside;
    for (int i = 0; i < outputs_; ++i) {
      if (!(totals_ >> i & 1)) continue;
      // By the C library, whose stores are as wide as the loads that follow, so that these need not wait.
      std::fill_n(lanes[i], used, 0.0);
      frame.outputs[i] = lanes[i];
    }
    run_stretch(frame, n, streams, one_by_one);
    for (int i = 0; i < outputs_; ++i) {
      if (!(totals_ >> i & 1)) continue;
      const Partial& partial = operands.partials[i];
      double& total = static_cast<double*>(partial.states)[row_totals_ >> i & 1 ? state - partial.first : 0];
      total += sum_of_lanes(lanes[i], used);
    }
  }
  static constexpr std::int64_t kBeside = 8, kFewSteps = 4;
  // Eight sums side by side, because in a chain every addition would wait for the one before. `count` is a multiple.
  static double sum_of_lanes(const double* lanes, std::int64_t count) {
    double sums[kBeside];
    std::copy_n(lanes, kBeside, sums);
    for (std::int64_t i = kBeside; i < count; i += kBeside)
      for (std::int64_t j = 0; j < kBeside; ++j) sums[j] += lanes[i + j];
    return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
  }
  // Several vectors at a time, with the choices made where the number that makes them is true.
  const loop::MachineCode& several(const loop::Frame& frame) const {
    return decided_ && frame.scalars[decider_] != 0 ? *decided_ : *several_;
  }
  // Number of f32 from an address to the next aligned vector.
  std::int64_t before_vector(const void* address) const {
    const auto past = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(address) / 4) % one_->step;
    return past ? one_->step - past : 0;
  }

  // Less than a vector, by way of a whole one; then moves on behind it.
  void run_part(loop::Frame& frame, std::int64_t n) const {
    alignas(64) std::byte in[Program::kMaxAccesses][kMostLanes * 4], out[Program::kMaxOutputs][kMostLanes * 8];
    loop::Frame part = frame;
    for (int i = 0; i < inputs_; ++i) {
      if (read_[i] == 0) continue;
      std::memset(in[i], 0, sizeof(in[i]));
      std::memcpy(in[i], frame.inputs[i], static_cast<std::size_t>(n * read_[i]));
      part.inputs[i] = in[i];
    }
    for (int i = 0; i < outputs_; ++i) {
      if ((sums_ | totals_) >> i & 1) std::memcpy(out[i], frame.outputs[i], static_cast<std::size_t>(n * written_[i]));
      part.outputs[i] = out[i];
    }
    part.count = one_->step;
    part.turn = kNever;
    one_->run(&part);
    for (int i = 0; i < outputs_; ++i) std::memcpy(frame.outputs[i], out[i], static_cast<std::size_t>(n * written_[i]));
    move_on(frame, n);
  }
  void move_on(loop::Frame& frame, std::int64_t n) const {
    std::int64_t along = n;  // advance of operands that go by rows
    if (frame.turn != kNever) {
      const std::int64_t before = period_ - frame.turn;
      along = (before + n) % period_ - before;
      frame.turn -= along;
    }
    for (int i = 0; i < inputs_; ++i)
      frame.inputs[i] = static_cast<const std::byte*>(frame.inputs[i]) + (rows_ >> i & 1 ? along : n) * read_[i];
    for (int i = 0; i < outputs_; ++i) {
      const std::int64_t steps = totals_ >> i & 1 ? 0 : sums_ >> i & 1 ? along : n;
      frame.outputs[i] = static_cast<std::byte*>(frame.outputs[i]) + steps * written_[i];
    }
  }

  std::unique_ptr<loop::MachineCode> one_, several_;  // vectors at a time
  std::unique_ptr<loop::MachineCode> decided_;        // several_ for when input decider_ is true; null without one
  unsigned decider_;
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  std::int64_t row_, period_;  // see loop::Code; repetitions of it in whole vectors, 0 where these are too long
  unsigned row_totals_, rows_;
  std::int64_t span_;
  int inputs_, outputs_;
  std::vector<Scalar> scalars_, numbers_;       // of all elements, and of each row
  unsigned sums_ = 0, totals_ = 0, whole_ = 0;  // outputs that are sums, that are totals, and that are f32, as bits
  // Bytes of an element or a state; 0 of a scalar.
  std::uint8_t read_[Program::kMaxAccesses] = {}, written_[Program::kMaxOutputs] = {};
};

namespace {

// Elements of as many rows as are whole steps; 0 where the copies of row operands have no room.
std::int64_t period_of(const loop::Code& code, std::int64_t step) {
  if (code.row == 0) return 0;
  const std::int64_t period = std::lcm(code.row, step);
  std::int64_t bytes = 4 * std::popcount(code.rows);
  for (const loop::Code::Store& s : code.stores) bytes += s.as == loop::Kept::kSum ? loop::bytes_of(s.as) : 0;
  return period * bytes + 64 * Program::kMaxAccesses <= kSpace ? period : 0;
}

// The inputs that are fetched ahead of their use, as bits, so that memory works while others are computed with. A loop
// over more inputs than kFewOperands keeps memory busy by itself: fetching ahead made Adam's update 10 % slower.
unsigned large_inputs(const loop::Code& code, const Geometry& geometry) {
  unsigned large = 0;
  for (const loop::Operation& o : code.operations)
    if (loop::loads(o.op) && geometry.follow[o.bits] == Follow::kDense &&
        geometry.count * loop::bytes_of(o.op) >= kFetchedBytes)
      large |= 1u << o.bits;
  return std::popcount(large) <= kFewOperands ? large : 0;
}

}  // namespace

bool may_compile(const Lowered& lowered) {
  return cpu::isa() != cpu::Isa::kBaseline && lowered.geometry.count >= kFewOfShortRows;
}

void compile_loop(CpuProgram& p) {
  if (!may_compile({p.program, p.geometry})) return;
  std::optional<loop::Code> code = loop::byte_code_of(p.program, p.geometry);
  if (!code) code = loop::code_of(p.program, p.geometry);
  if (!code) return;
  const bool short_rows = code->row != 0 && code->row < kNarrow;
  if (code->span != 0 && code->span < kNarrow) return;
  if (p.geometry.count < kFewElements && !short_rows) return;
  const bool wide = cpu::isa() == cpu::Isa::kAvx512;
  const int vector = wide ? 64 : 32, registers = wide ? 32 : 16;
  const bool together = std::any_of(code->stores.begin(), code->stores.end(), [&](const loop::Code::Store& s) {
    return s.as == loop::Kept::kTotal || (s.as == loop::Kept::kBF16 && !wide);
  });
  const int most = static_cast<int>(code->operations.size()) < kLong && !together ? 1 : kMostCopies;
  const int copies = std::clamp(registers / std::max(1, loop::registers_of(*code)), 1, most);
  const std::int64_t period = period_of(*code, vector / 4 * copies);
  const unsigned large = large_inputs(*code, p.geometry);
  auto one = loop::emit(*code, vector, 1, 0, period), several = loop::emit(*code, vector, copies, large, period);
  if (!one || !several) return;
  const std::optional<loop::Decided> choice = loop::decided(*code);
  auto decided = choice ? loop::emit(choice->code, vector, copies, large, period) : nullptr;
  p.loop = std::make_shared<const CompiledLoop>(p.program, *code, period, std::move(one), std::move(several),
                                                std::move(decided), choice ? choice->input : 0);
  p.run = [](const CpuProgram& program, const Operands& operands, const Window& w) {
    program.loop->run(program, operands, w);
  };
}

}  // namespace weft::kernels
