// SPDX-License-Identifier: Apache-2.0
#include "kernels/pointwise/loop.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <utility>
#include <vector>

#include "core/formula/interpreter.h"
#include "kernels/pointwise/loop_emit.h"

namespace weft::kernels {
namespace {

constexpr std::int64_t kMostLanes = 16;
constexpr std::int64_t kNarrow = 32;  // columns of a window whose rows are shorter than what it takes to begin one
// Chains of that many operations are worked on for several vectors together.
constexpr int kLong = 32, kMostCopies = 4;
constexpr std::int64_t kFewElements = 1024;  // making the code takes longer than the tile machine for thousands of runs

}  // namespace

// How operands move on with the elements, and the code.
class CompiledLoop {
 public:
  CompiledLoop(const Program& program, const loop::Code& code, std::unique_ptr<loop::MachineCode> one,
               std::unique_ptr<loop::MachineCode> several)
      : one_(std::move(one)),
        several_(std::move(several)),
        row_(code.row),
        rows_(code.rows),
        inputs_(program.inputs),
        outputs_(program.outputs) {
    for (const loop::Operation& o : code.operations)
      if (loop::loads(o.op)) read_[o.bits] = static_cast<std::uint8_t>(loop::bytes_of(o.op));
    for (int i = 0; i < program.count; ++i) {
      const Instr& in = program.code[i];
      if (in.kind == Instr::Kind::kLoad && read_[in.a] == 0) scalars_.push_back({in.a, reader_of(in.storage)});
    }
    for (const loop::Code::Store& s : code.stores) {
      written_[s.output] = static_cast<std::uint8_t>(loop::bytes_of(s.as));
      if (s.as == loop::Kept::kSum) sums_ |= 1u << s.output;
      if (s.as == loop::Kept::kF32) whole_ |= 1u << s.output;
    }
  }

  void run(const TileProgram& p, const Operands& operands, const Window& w) const {
    bool wanted = w.rows == 1 || w.cols >= kNarrow;
    for (int i = 0; i < outputs_; ++i)
      wanted = wanted && (sums_ >> i & 1 ? operands.partials[i].states : operands.outputs[i]);
    if (!wanted) return p.run_tiles(p, operands, w);
    const bool streams = this->streams(p, operands);
    loop::Frame frame{};
    for (const Scalar& s : scalars_) frame.scalars[s.input] = s.read(operands.inputs[s.input]);
    // Rows without gaps are one stretch of elements.
    const bool gapless = row_ != 0 && w.pitch == w.cols && in_place(operands);
    const std::int64_t rows = gapless ? 1 : w.rows, cols = gapless ? w.rows * w.cols : w.cols;
    for (std::int64_t row = 0; row < rows; ++row) {
      for (std::int64_t done = 0, n = 0; done < cols; done += n) {
        const std::int64_t element = w.begin + row * w.pitch + done, column = row_ ? element % row_ : 0;
        aim(frame, operands, {element, column, row, done});
        n = cols - done;
        if (row_) n = turns(frame, column, streams) ? n : std::min(n, row_ - column);
        run_row(frame, n, streams);
      }
    }
  }

 private:
  struct Scalar {
    int input;
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

  // Where a stretch begins: in the full shape and in one of its rows, in the window.
  struct Place {
    std::int64_t element, column, row, done;
  };
  void aim(loop::Frame& frame, const Operands& operands, const Place& at) const {
    frame.turn = row_ - at.column;
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

  // Whether all inputs lie as the full shape says.
  bool in_place(const Operands& operands) const {
    return std::all_of(operands.row_step, operands.row_step + inputs_, [](std::int64_t step) { return step == 0; });
  }

  // Whether the code itself can go on from row to row: rows begin where vectors do, and nothing has to be run before.
  bool turns(const loop::Frame& frame, std::int64_t column, bool streams) const {
    if (row_ % several_->step != 0 || column % several_->step != 0) return false;
    return !streams || std::all_of(frame.outputs, frame.outputs + outputs_,
                                   [this](const void* output) { return place_in_vector(output) == 0; });
  }

  // Whether every result goes past the caches: they are large, and none lies where an input does.
  bool streams(const TileProgram& p, const Operands& operands) const {
    if (p.streams == 0 || p.streams != whole_ || whole_ >> outputs_ != 0) return false;
    const auto* const end = operands.inputs + inputs_;
    return std::all_of(operands.outputs, operands.outputs + outputs_,
                       [&](void* output) { return std::find(operands.inputs, end, output) == end; });
  }

  void run_row(loop::Frame& frame, std::int64_t n, bool streams) const {
    const std::int64_t lanes = one_->step;
    if (streams) {
      const std::int64_t past = place_in_vector(frame.outputs[0]);
      const std::int64_t head = std::min(past ? lanes - past : 0, n);
      if (head > 0) run_part(frame, head);
      n -= head;
      for (int i = 0; i < outputs_; ++i) streams = streams && place_in_vector(frame.outputs[i]) == 0;
    }
    if (const std::int64_t most = n / several_->step * several_->step; most > 0) {
      frame.count = most;
      (streams ? several_->stream : several_->run)(&frame);
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
  // In elements of f32.
  std::int64_t place_in_vector(const void* address) const {
    return static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(address) / 4) % one_->step;
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
      if (sums_ >> i & 1) std::memcpy(out[i], frame.outputs[i], static_cast<std::size_t>(n * written_[i]));
      part.outputs[i] = out[i];
    }
    part.count = part.turn = one_->step;
    one_->run(&part);
    for (int i = 0; i < outputs_; ++i) std::memcpy(frame.outputs[i], out[i], static_cast<std::size_t>(n * written_[i]));
    move_on(frame, n);
  }
  void move_on(loop::Frame& frame, std::int64_t n) const {
    // What goes by rows moves on within its row.
    std::int64_t along = n;
    if (row_) {
      const std::int64_t column = row_ - frame.turn;
      along = (column + n) % row_ - column;
      frame.turn -= along;
    }
    for (int i = 0; i < inputs_; ++i)
      frame.inputs[i] = static_cast<const std::byte*>(frame.inputs[i]) + (rows_ >> i & 1 ? along : n) * read_[i];
    for (int i = 0; i < outputs_; ++i)
      frame.outputs[i] = static_cast<std::byte*>(frame.outputs[i]) + (sums_ >> i & 1 ? along : n) * written_[i];
  }

  std::unique_ptr<loop::MachineCode> one_, several_;  // vectors at a time
  std::int64_t row_;                                  // see loop::Code
  unsigned rows_;
  int inputs_, outputs_;
  std::vector<Scalar> scalars_;
  unsigned sums_ = 0, whole_ = 0;  // outputs that are sums, and that are f32, as bits
  // Bytes of an element or a state; 0 of a scalar.
  std::uint8_t read_[Program::kMaxAccesses] = {}, written_[Program::kMaxOutputs] = {};
};

void compile_loop(TileProgram& p) {
  if (p.common >= 0 || cpu::isa() == cpu::Isa::kBaseline || p.geometry.count < kFewElements) return;
  const std::optional<loop::Code> code = loop::code_of(p.program, p.geometry);
  if (!code) return;
  const bool wide = cpu::isa() == cpu::Isa::kAvx512;
  const int vector = wide ? 64 : 32, registers = wide ? 32 : 16;
  const int most = static_cast<int>(code->operations.size()) < kLong ? 1 : kMostCopies;
  const int copies = std::clamp(registers / std::max(1, loop::registers_of(*code)), 1, most);
  unsigned large = 0;
  for (int i = 0; i < p.fetched; ++i) large |= 1u << p.fetch[i].input;
  auto one = loop::emit(*code, vector, 1, 0), several = loop::emit(*code, vector, copies, large);
  if (!one || !several) return;
  p.loop = std::make_shared<const CompiledLoop>(p.program, *code, std::move(one), std::move(several));
  p.run_tiles = p.run;
  p.run = [](const TileProgram& program, const Operands& operands, const Window& w) {
    program.loop->run(program, operands, w);
  };
}

}  // namespace weft::kernels
