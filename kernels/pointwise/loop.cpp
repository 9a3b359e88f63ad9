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

constexpr std::int64_t kElement = sizeof(float);
constexpr std::int64_t kWidest = 64;
// Chains of that many operations are worked on for several vectors together.
constexpr int kLong = 32, kMostCopies = 4;
constexpr std::int64_t kFewElements = 1024;  // making the code takes longer than the tile machine for thousands of runs

}  // namespace

// Which operands move on with the elements, and the code.
class CompiledLoop {
 public:
  CompiledLoop(const Program& program, const loop::Code& code, std::unique_ptr<loop::MachineCode> one,
               std::unique_ptr<loop::MachineCode> several)
      : one_(std::move(one)), several_(std::move(several)), vector_(one_->step) {
    for (const loop::Operation& o : code.operations) {
      if (!loop::loads(o.op)) continue;
      loads_ |= 1u << o.bits;
      read_[o.bits] = o.op == loop::Op::kLoadBF16 ? 2 : 4;
    }
    for (int i = 0; i < program.count; ++i) {
      const Instr& in = program.code[i];
      if (in.kind == Instr::Kind::kLoad && !(loads_ >> in.a & 1)) scalars_.push_back({in.a, reader_of(in.storage)});
    }
    for (const loop::Code::Store& s : code.stores) {
      stores_ |= 1u << s.output;
      written_[s.output] = s.half ? 2 : 4;
    }
  }

  void run(const TileProgram& p, const Operands& operands, const Window& w) const {
    for (int output = 0; output < p.program.outputs; ++output)
      if (!operands.outputs[output]) return p.run_tiles(p, operands, w);
    const bool one = w.pitch == w.cols && !steps(operands, w.cols);
    const std::int64_t rows = one ? 1 : w.rows, cols = one ? w.rows * w.cols : w.cols;
    loop::Frame frame{};
    for (const Scalar& s : scalars_) frame.scalars[s.input] = s.read(operands.inputs[s.input]);
    for (std::int64_t row = 0; row < rows; ++row) {
      for (int i = 0; i < p.program.inputs; ++i) {
        const std::int64_t step = operands.row_step[i], first = step ? row * step : w.begin + row * w.pitch;
        frame.inputs[i] = static_cast<const std::byte*>(operands.inputs[i]) + first * read_[i];
      }
      for (int i = 0; i < p.program.outputs; ++i)
        frame.outputs[i] = static_cast<std::byte*>(operands.outputs[i]) + (w.begin + row * w.pitch) * written_[i];
      run_row(frame, cols * kElement, streams(p, operands));
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

  // Whether some input's rows are not where the window's are.
  static bool steps(const Operands& operands, std::int64_t cols) {
    return std::any_of(std::begin(operands.row_step), std::end(operands.row_step),
                       [cols](std::int64_t step) { return step != 0 && step != cols; });
  }
  // Whether every result goes past the caches: they are large, and none lies where an input does.
  bool streams(const TileProgram& p, const Operands& operands) const {
    if (p.streams != stores_) return false;
    const auto* const end = operands.inputs + p.program.inputs;
    return std::all_of(operands.outputs, operands.outputs + p.program.outputs,
                       [&](void* output) { return std::find(operands.inputs, end, output) == end; });
  }

  void run_row(loop::Frame frame, std::int64_t bytes, bool streams) const {
    if (streams) {
      const std::int64_t past = place_in_vector(frame.outputs[0]);
      const std::int64_t head = std::min(past ? vector_ - past : 0, bytes);
      run_part(frame, head);
      bytes -= head;
      for (unsigned i = 0; stores_ >> i != 0; ++i) streams = streams && place_in_vector(frame.outputs[i]) == 0;
    }
    frame.bytes = bytes / several_->step * several_->step;
    (streams ? several_->stream : several_->run)(&frame);
    bytes -= frame.bytes;
    move_on(frame, frame.bytes);
    frame.bytes = bytes / vector_ * vector_;
    one_->run(&frame);
    move_on(frame, frame.bytes);
    run_part(frame, bytes - frame.bytes);
  }
  std::int64_t place_in_vector(const void* address) const {
    return static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(address) % static_cast<std::uintptr_t>(vector_));
  }

  // Less than a vector, by way of a whole one; then moves on behind it.
  void run_part(loop::Frame& frame, std::int64_t bytes) const {
    if (bytes == 0) return;
    alignas(kWidest) std::byte in[Program::kMaxAccesses][kWidest] = {}, out[Program::kMaxOutputs][kWidest];
    loop::Frame part = frame;
    const auto n = static_cast<std::size_t>(bytes / kElement);
    for (unsigned i = 0; loads_ >> i != 0; ++i) {
      if (!(loads_ >> i & 1)) continue;
      std::memcpy(in[i], frame.inputs[i], n * read_[i]);
      part.inputs[i] = in[i];
    }
    for (unsigned i = 0; stores_ >> i != 0; ++i) part.outputs[i] = out[i];
    part.bytes = vector_;
    one_->run(&part);
    for (unsigned i = 0; stores_ >> i != 0; ++i) std::memcpy(frame.outputs[i], out[i], n * written_[i]);
    move_on(frame, bytes);
  }
  void move_on(loop::Frame& frame, std::int64_t bytes) const {
    const std::int64_t n = bytes / kElement;
    for (unsigned i = 0; loads_ >> i != 0; ++i)
      frame.inputs[i] = static_cast<const std::byte*>(frame.inputs[i]) + n * read_[i];
    for (unsigned i = 0; stores_ >> i != 0; ++i)
      frame.outputs[i] = static_cast<std::byte*>(frame.outputs[i]) + n * written_[i];
  }

  std::unique_ptr<loop::MachineCode> one_, several_;  // vectors at a time
  std::int64_t vector_;                               // bytes
  std::vector<Scalar> scalars_;
  unsigned loads_ = 0, stores_ = 0;  // dense inputs, and outputs, as bits
  // Bytes of an element; 0 of a scalar.
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
