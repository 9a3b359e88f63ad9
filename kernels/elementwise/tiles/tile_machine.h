// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/program/interpreter.h"
#include "kernels/elementwise/tiles/tile_reduce.h"
#include "kernels/elementwise/tiles/tile_stream.h"
#include "kernels/elementwise/tiles/tiles.h"

// The CPU's machine for core/program/interpreter.h, included once by each file that is built for an instruction set.
// All of it has internal linkage and calls only what is always inlined, so no standard algorithms, because the linker
// could keep one file's copy for all.
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

std::int64_t least(std::int64_t a, std::int64_t b) { return a < b ? a : b; }

template <class T>
void fill_lanes(T* to, std::int64_t n, T value) {
  for (std::int64_t i = 0; i < n; ++i) to[i] = value;
}

template <class T, class S>
void copy_lanes(T* to, const S* from, std::int64_t n) {
  if constexpr (__is_same(S, bool)) {
    // Bytes of 0 and 1, because compilers load no vectors of bools.
    copy_lanes(to, reinterpret_cast<const unsigned char*>(from), n);
  } else {
    WEFT_LANES
    for (std::int64_t i = 0; i < n; ++i) to[i] = convert<T>(from[i]);
  }
}

// Lanes are the elements of a block: pieces of a window's rows. A register is a pointer to its lanes: to its own tile,
// or to an operand's memory where that can be read as it is.
class TileMachine {
 public:
  TileMachine(const CpuProgram& p, const Operands& operands, const Window& window)
      : p_(p), g_(p.geometry), operands_(operands), pitch_(window.pitch) {
    split(window.pitch, pitch_at_);
    const std::int64_t bytes = p.lanes * (p.program.wide ? 8 : 4) + 64;  // a step of 4096 would meet in one L1 set
    for (int reg = 0; reg < p.program.registers; ++reg) home_[reg] = tiles_ + reg * bytes;
    for (int output = 0; output < p.program.outputs; ++output) aim(output);
  }
  // All that was stored can be seen by other threads.
  void finish() const {
    if (streams_) stream_fence();
  }

  // The next instructions are for `rows` pieces of `cols` elements, the first of them (row, column) of the window.
  void move_to(const Window& window, std::int64_t row, std::int64_t column, std::int64_t rows, std::int64_t cols) {
    begin_ = window.begin + row * window.pitch + column;
    row_ = row;
    column_ = column;
    rows_ = rows;
    cols_ = cols;
    split(begin_, at_);
  }
  // The next result may go straight to this output.
  void direct(int output) { direct_ = output >= 0 && rows_ == 1 ? direct_to_[output] : nullptr; }

  int lanes() const { return static_cast<int>(rows_ * cols_); }
  template <class T>
  TileReader<T> read(int reg) const {
    return {static_cast<const T*>(lanes_[reg])};
  }
  template <class T>
  TileWriter<T> write(int reg) {
    T* lanes = direct_ ? static_cast<T*>(direct_) + begin_ : reinterpret_cast<T*>(home_[reg]);
    lanes_[reg] = lanes;
    return {lanes};
  }

  template <class T, Storage storage>
  void load(int dst, int input) {
    using S = StoredAs<storage>;
    const S* from = static_cast<const S*>(operands_.inputs[input]);
    if (const std::int64_t step = operands_.row_step[input]) {
      load_rows<T>(dst, from + row_ * step + column_, step);
    } else if (g_.follow[input] == Follow::kDense) {
      load_rows<T>(dst, from + begin_, pitch_);
    } else if (g_.follow[input] == Follow::kScalar) {
      fill_lanes(write<T>(dst).lanes, rows_ * cols_, convert<T>(*from));
    } else {
      load_strided<T>(dst, from, g_.step[input]);
    }
  }
  template <class T, Storage storage>
  void store(int reg, int output) {
    using S = StoredAs<storage>;
    if (!operands_.outputs[output]) return;
    S* to = static_cast<S*>(operands_.outputs[output]) + begin_;
    const T* lanes = static_cast<const T*>(lanes_[reg]);
    if (static_cast<const void*>(to) == lanes) return;
    for (std::int64_t r = 0; r < rows_; ++r) {
      if constexpr (__is_same(T, S)) {
        if (streams_ >> output & 1) {
          stream_copy(to + r * pitch_, lanes + r * cols_, cols_ * static_cast<std::int64_t>(sizeof(S)));
          continue;
        }
      }
      copy_lanes(to + r * pitch_, lanes + r * cols_, cols_);
    }
  }
  template <class T, Fn join>
  void reduce(int reg, int output, bool trailing) {
    const Partial& partial = operands_.partials[output];
    if (!partial.states) return;
    const T* lanes = static_cast<const T*>(lanes_[reg]);
    const std::int64_t kept = g_.kept[output], share = trailing ? g_.count / kept : kept;
    StateOf<T>* states = static_cast<StateOf<T>*>(partial.states) - partial.first;
    for (std::int64_t r = 0; r < rows_; ++r) {
      const std::int64_t element = begin_ + r * pitch_;
      std::int64_t index = element / share, within = element % share;
      for (std::int64_t done = 0; done < cols_; ++index, within = 0) {
        const std::int64_t n = least(cols_ - done, share - within);
        if (trailing) {
          join_lanes<join>(states[index], lanes, n);
        } else {
          join_row<join>(states + within, lanes, n);
        }
        lanes += n;
        done += n;
      }
    }
  }

  // True if the lanes are neighbors in the tensor that a draw fills.
  bool in_order(int access) const { return rows_ == 1 && g_.follow[access] == Follow::kDense; }
  const long long* state(int input) const { return static_cast<const long long*>(operands_.inputs[input]); }
  long long element(int access, int lane) const {
    return g_.offset(access, rows_ == 1 ? begin_ + lane : begin_ + lane / cols_ * pitch_ + lane % cols_);
  }
  unsigned long long constant(int index) const { return p_.program.constants[index]; }

 private:
  // The coordinates of an element.
  void split(std::int64_t element, std::int64_t* at) const {
    for (int axis = g_.rank - 1; axis >= 0; --axis) {
      at[axis] = axis ? element % g_.size[axis] : element;
      element /= g_.size[axis];
    }
  }

  // Decides how an output is written: past the caches where it is large and lies where no input does; else its results
  // may go there at once, unless they would overwrite an input that is still to be read.
  void aim(int output) {
    void* to = operands_.outputs[output];
    unsigned over = 0;
    for (int input = 0; input < p_.program.inputs; ++input)
      over |= static_cast<unsigned>(operands_.inputs[input] == to) << input;
    const bool streams = to && !over && p_.streams >> output & 1;
    streams_ |= static_cast<unsigned>(streams) << output;
    direct_to_[output] = streams || (over & p_.read_later[output]) ? nullptr : to;
  }

  // Pieces of neighboring elements: one piece is read in place when its numbers are of the register's type.
  template <class T, class S>
  void load_rows(int dst, const S* from, std::int64_t step) {
    if constexpr (__is_same(T, S)) {
      if (rows_ == 1) {
        lanes_[dst] = from;
        return;
      }
    }
    T* to = write<T>(dst).lanes;
    for (std::int64_t r = 0; r < rows_; ++r) copy_lanes(to + r * cols_, from + r * step, cols_);
  }

  template <class T, class S>
  void load_strided(int dst, const S* from, const std::int64_t* step) {
    const int last = g_.rank - 1;
    if (rows_ == 1 && step[last] == 1 && g_.size[last] - at_[last] >= cols_)
      return load_rows<T>(dst, from + offset_of(at_, step), 0);
    T* to = write<T>(dst).lanes;
    std::int64_t at[Geometry::kMaxAxes];
    for (int axis = 0; axis <= last; ++axis) at[axis] = at_[axis];
    for (std::int64_t r = 0; r < rows_; ++r) {
      copy_strided(to + r * cols_, from, step, at);
      advance(at);
    }
  }
  std::int64_t offset_of(const std::int64_t* at, const std::int64_t* step) const {
    std::int64_t offset = 0;
    for (int axis = 0; axis < g_.rank; ++axis) offset += at[axis] * step[axis];
    return offset;
  }
  // From one row of the window to the next.
  void advance(std::int64_t* at) const {
    std::int64_t carry = 0;
    for (int axis = g_.rank - 1; axis >= 0; --axis) {
      at[axis] += pitch_at_[axis] + carry;
      carry = at[axis] >= g_.size[axis];
      if (carry) at[axis] -= g_.size[axis];
    }
  }
  // One row from the coordinates `begin` on, with the operand's offset kept as the axes turn.
  template <class T, class S>
  void copy_strided(T* to, const S* from, const std::int64_t* step, const std::int64_t* begin) const {
    const int last = g_.rank - 1;
    std::int64_t at[Geometry::kMaxAxes];
    for (int axis = 0; axis <= last; ++axis) at[axis] = begin[axis];
    from += offset_of(at, step);
    for (std::int64_t done = 0; done < cols_;) {
      const std::int64_t n = least(cols_ - done, g_.size[last] - at[last]);
      if (step[last] == 1) {
        copy_lanes(to + done, from, n);
      } else if (step[last] == 0) {
        fill_lanes(to + done, n, convert<T>(*from));
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

  const CpuProgram& p_;
  const Geometry& g_;
  const Operands& operands_;
  std::int64_t pitch_;
  std::int64_t begin_ = 0, row_ = 0, column_ = 0, rows_ = 1, cols_ = 0;
  std::int64_t at_[Geometry::kMaxAxes] = {}, pitch_at_[Geometry::kMaxAxes] = {};  // coordinates of begin_ and of pitch_
  unsigned streams_ = 0;  // outputs that are written past the caches, as bits
  void* direct_ = nullptr;
  void* direct_to_[Program::kMaxOutputs];
  const void* lanes_[Program::kMaxRegisters];
  unsigned char* home_[Program::kMaxRegisters];
  alignas(64) unsigned char tiles_[kTileBytes + 64 * Program::kMaxRegisters];
};

}  // namespace
}  // namespace weft::kernels
