// SPDX-License-Identifier: Apache-2.0
#include "kernels/pointwise/tiles.h"

#include <algorithm>
#include <type_traits>

#include "core/formula/interpreter.h"

namespace weft::kernels {
namespace {

using interpreter::StoredAs;

template <class T>
struct TileReader {
  const T* lanes;
  T operator[](int i) const { return lanes[i]; }
};

template <class T>
struct TileWriter {
  T* lanes;
  void put(int i, T value) { lanes[i] = value; }
};

// The machine of core/formula/interpreter.h whose lanes are a tile. A register is a pointer to its lanes: to its own
// tile, or to an operand's memory where that can be read as it is.
class TileMachine {
 public:
  TileMachine(const TileProgram& p, const Operands& operands) : p_(p), g_(p.geometry), operands_(operands) {}

  // The next instructions are for elements [begin, begin + count).
  void move_to(std::int64_t begin, int count) {
    begin_ = begin;
    count_ = count;
    std::int64_t rest = begin;
    for (int axis = g_.rank - 1; axis >= 0; --axis) {
      at_[axis] = rest % g_.size[axis];
      rest /= g_.size[axis];
    }
  }
  // The next result goes straight to this output.
  void direct(int output) { direct_ = output; }

  int lanes() const { return count_; }
  template <class T>
  TileReader<T> read(int reg) const {
    return {static_cast<const T*>(lanes_[reg])};
  }
  template <class T>
  TileWriter<T> write(int reg) {
    T* lanes = reinterpret_cast<T*>(tiles_[reg]);
    if (direct_ >= 0 && operands_.outputs[direct_]) lanes = static_cast<T*>(operands_.outputs[direct_]) + begin_;
    lanes_[reg] = lanes;
    return {lanes};
  }

  template <class T, Storage storage>
  void load(int dst, int input) {
    using S = StoredAs<storage>;
    const S* from = static_cast<const S*>(operands_.inputs[input]);
    if (g_.follow[input] == Follow::kStrided) return load_strided<T>(dst, from, g_.step[input]);
    if (g_.follow[input] == Follow::kDense) return load_row<T>(dst, from + begin_);
    const T value = convert<T>(*from);
    std::fill_n(write<T>(dst).lanes, count_, value);
  }
  template <class T, Storage storage>
  void store(int reg, int output) {
    using S = StoredAs<storage>;
    if (!operands_.outputs[output]) return;
    S* to = static_cast<S*>(operands_.outputs[output]) + begin_;
    const T* lanes = static_cast<const T*>(lanes_[reg]);
    if (static_cast<const void*>(to) == lanes) return;
    WEFT_LANES
    for (int i = 0; i < count_; ++i) to[i] = convert<S>(lanes[i]);
  }

  const long long* state(int input) const { return static_cast<const long long*>(operands_.inputs[input]); }
  long long element(int access, int lane) const { return g_.offset(access, begin_ + lane); }
  unsigned long long constant(int index) const { return p_.program.constants[index]; }

 private:
  // A run of neighbouring elements: read in place when they are numbers of the register's type.
  template <class T, class S>
  void load_row(int dst, const S* from) {
    if constexpr (std::is_same_v<T, S>) {
      lanes_[dst] = from;
    } else {
      copy_row(write<T>(dst).lanes, from, count_);
    }
  }
  template <class T, class S>
  static void copy_row(T* to, const S* from, std::int64_t n) {
    WEFT_LANES
    for (std::int64_t i = 0; i < n; ++i) to[i] = convert<T>(from[i]);
  }

  // Row after row, with the operand's offset kept as the axes turn.
  template <class T, class S>
  void load_strided(int dst, const S* from, const std::int64_t* step) {
    const int last = g_.rank - 1;
    std::int64_t at[kMaxPointwiseAxes];
    for (int axis = 0; axis <= last; ++axis) {
      at[axis] = at_[axis];
      from += at[axis] * step[axis];
    }
    if (step[last] == 1 && g_.size[last] - at[last] >= count_) return load_row<T>(dst, from);
    T* to = write<T>(dst).lanes;
    for (std::int64_t done = 0; done < count_;) {
      const std::int64_t n = std::min<std::int64_t>(count_ - done, g_.size[last] - at[last]);
      if (step[last] == 1) {
        copy_row(to + done, from, n);
      } else if (step[last] == 0) {
        std::fill_n(to + done, n, convert<T>(*from));
      } else {
        for (std::int64_t i = 0; i < n; ++i) to[done + i] = convert<T>(from[i * step[last]]);
      }
      done += n;
      from += n * step[last];
      at[last] += n;
      for (int axis = last; axis > 0 && at[axis] == g_.size[axis]; --axis) {
        from += step[axis - 1] - g_.size[axis] * step[axis];
        at[axis] = 0;
        ++at[axis - 1];
      }
    }
  }

  const TileProgram& p_;
  const Geometry& g_;
  const Operands& operands_;
  std::int64_t begin_ = 0, at_[kMaxPointwiseAxes] = {};
  int count_ = 0, direct_ = -1;
  const void* lanes_[Program::kMaxRegisters];
  alignas(64) unsigned char tiles_[Program::kMaxRegisters][kTile * 8];
};

}  // namespace

void find_direct_output(TileProgram& p) {
  using Kind = Instr::Kind;
  const Program& program = p.program;
  int first_store = program.count;
  while (first_store > 0 && program.code[first_store - 1].kind == Kind::kStore) --first_store;
  if (first_store <= program.prologue) return;
  const Instr& last = program.code[first_store - 1];
  if (last.kind == Kind::kLoad) return;
  for (int i = first_store; i < program.count; ++i) {
    const Instr& store = program.code[i];
    const bool whole =
        store.storage == Storage::kF32 || store.storage == Storage::kF64 || store.storage == Storage::kI64;
    if (store.a != last.dst || !whole) continue;
    p.direct_instr = first_store - 1;
    p.direct_output = store.b;
    return;
  }
}

void run_tiles(const TileProgram& p, const Operands& operands, std::int64_t begin, std::int64_t end) {
  const Program& program = p.program;
  TileMachine machine(p, operands);
  machine.move_to(begin, static_cast<int>(std::min<std::int64_t>(kTile, end - begin)));
  for (int i = 0; i < program.prologue; ++i) interpreter::interpret(program.code[i], machine);
  for (; begin < end; begin += kTile) {
    machine.move_to(begin, static_cast<int>(std::min<std::int64_t>(kTile, end - begin)));
    for (int i = program.prologue; i < program.count; ++i) {
      machine.direct(i == p.direct_instr ? p.direct_output : -1);
      interpreter::interpret(program.code[i], machine);
    }
  }
}

}  // namespace weft::kernels
