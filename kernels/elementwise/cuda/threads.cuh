// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/program/interpreter.h"
#include "kernels/elementwise/cuda/operands.h"
#include "weft/cuda_kernel.h"

// Elementwise programs on CUDA: a thread's lanes are a few neighboring elements, read and written in one access.
namespace weft::kernels {

template <class S, int n>
struct alignas(sizeof(S) * n) Pack {
  S lane[n];
};

// A register's lanes as numbers of type T.
template <class T, class Word>
struct LaneReader {
  const Word* words;
  __device__ T operator[](int i) const {
    if constexpr (sizeof(T) == 4) return __builtin_bit_cast(T, static_cast<unsigned>(words[i]));
    if constexpr (sizeof(T) == 8) return __builtin_bit_cast(T, static_cast<unsigned long long>(words[i]));
  }
};
template <class T, class Word>
struct LaneWriter {
  Word* words;
  __device__ void put(int i, T value) {
    if constexpr (sizeof(T) == 4) words[i] = __builtin_bit_cast(unsigned, value);
    if constexpr (sizeof(T) == 8) words[i] = static_cast<Word>(__builtin_bit_cast(unsigned long long, value));
  }
};

// The neutral element of a reduction.
template <class T, Fn join>
__device__ T neutral() {
  if constexpr (join == Fn::kAdd) {
    return T(0);
  } else if constexpr (interpreter::is_floating_number<T>) {
    T infinity;
    if constexpr (sizeof(T) == 4) infinity = __builtin_bit_cast(T, 0x7f800000u);
    if constexpr (sizeof(T) == 8) infinity = __builtin_bit_cast(T, 0x7ff0000000000000ull);
    return join == Fn::kMaximum ? -infinity : infinity;
  } else {
    const T most = static_cast<T>(~0ull >> 1);
    return join == Fn::kMaximum ? -most - 1 : most;
  }
}

// The machine of core/program/interpreter.h that one thread is, for `n` elements at a time. `fixed`: it runs a program
// that is a compile-time constant, for packs that are whole, and operands.packs holds or n is 1; with all indices known
// its registers are the hardware's. `outputs`: of a program with reductions; 0 for one without.
template <class Word, int registers, int n, bool fixed, int outputs = 0>
class ThreadMachine {
 public:
  __device__ ThreadMachine(const ThreadOperands& operands, const Program& program, Walk walk)
      : o_(operands), p_(program), walk_(walk) {}

  // The next instructions are for the pack's n elements; where they begin is a multiple of n for the compiler to see.
  __device__ void move_to(std::int64_t pack) { begin_ = pack * n; }
  // They are for `live` <= n elements; the lanes beyond do again what the last of these does, and store nothing.
  __device__ void move_to(std::int64_t begin, int live) {
    begin_ = begin;
    live_ = live;
  }

  static constexpr __device__ int lanes() { return n; }
  template <class T>
  __device__ LaneReader<T, Word> read(int reg) const {
    return {words_[reg]};
  }
  template <class T>
  __device__ LaneWriter<T, Word> write(int reg) {
    return {words_[reg]};
  }

  template <class T, Storage storage>
  __device__ void load(int dst, int input) {
    using S = interpreter::StoredAs<storage>;
    const S* from = static_cast<const S*>(o_.inputs[input]);
    auto d = write<T>(dst);
    if (walk_.has(walk_.dense | walk_.row, input) && packed()) {
      const auto pack = *reinterpret_cast<const Pack<S, n>*>(from + offset(input));
      WEFT_LANES
      for (int i = 0; i < n; ++i) d.put(i, convert<T>(pack.lane[i]));
    } else if (walk_.has(walk_.scalar | walk_.column, input)) {
      const T value = convert<T>(from[offset(input)]);
      WEFT_LANES
      for (int i = 0; i < n; ++i) d.put(i, value);
    } else {
      WEFT_LANES
      for (int i = 0; i < n; ++i) d.put(i, convert<T>(from[offset(input, i)]));
    }
  }
  template <class T, Storage storage>
  __device__ void store(int reg, int output) {
    using S = interpreter::StoredAs<storage>;
    if (!o_.outputs[output]) return;
    S* to = static_cast<S*>(o_.outputs[output]) + begin_;
    const auto a = read<T>(reg);
    if (!packed()) {
      WEFT_LANES
      for (int i = 0; i < n; ++i)
        if (i < live()) to[i] = convert<S>(a[i]);
      return;
    }
    Pack<S, n> pack;
    WEFT_LANES
    for (int i = 0; i < n; ++i) pack.lane[i] = convert<S>(a[i]);
    *reinterpret_cast<Pack<S, n>*>(to) = pack;
  }

  // Running results of a reduction, a number per lane.
  template <class T, Fn join>
  __device__ void start(int output) {
    auto joined = joined_as<T>(output);
    WEFT_LANES
    for (int i = 0; i < n; ++i) joined.put(i, neutral<T, join>());
  }
  template <class T, Fn join>
  __device__ void reduce(int reg, int output, bool) {
    if constexpr (outputs > 0) {
      const auto a = read<T>(reg);
      const LaneReader<T, Word> before{joined_[output]};
      auto joined = joined_as<T>(output);
      WEFT_LANES
      for (int i = 0; i < n; ++i) joined.put(i, Formula<join>::value(before[i], a[i]));
    }
  }
  __device__ const Word* joined(int output) const { return joined_[output]; }

  __device__ const long long* state(int input) const { return static_cast<const long long*>(o_.inputs[input]); }
  __device__ long long element(int access, int lane) const { return offset(access, lane); }
  __device__ unsigned long long constant(int index) const { return p_.constants[index]; }

 private:
  template <class T>
  __device__ LaneWriter<T, Word> joined_as(int output) {
    return {joined_[output]};
  }
  __device__ int live() const { return fixed ? n : live_; }
  // True if neighboring elements are read and written in one access.
  __device__ bool packed() const { return fixed || (o_.packs && live_ == n); }
  // Offset of a lane's element in an operand.
  __device__ std::int64_t offset(int access, int lane = 0) const {
    if (lane >= live()) lane = live() - 1;
    if (walk_.has(walk_.dense, access)) return begin_ + lane;
    if (walk_.has(walk_.scalar, access)) return 0;
    return walk_.narrow ? strided(access, static_cast<unsigned>(begin_ + lane)) : strided(access, begin_ + lane);
  }
  template <class Index>
  __device__ std::int64_t strided(int access, Index i) const {
    const Geometry& g = o_.geometry;
    std::int64_t at = 0;
    for (int axis = walk_.rank - 1; axis > 0; --axis) {
      const auto size = static_cast<Index>(g.size[axis]);
      at += static_cast<std::int64_t>(i % size) * g.step[access][axis];
      i /= size;
    }
    return at + static_cast<std::int64_t>(i) * g.step[access][0];
  }

  const ThreadOperands& o_;
  const Program& p_;
  const Walk walk_;
  std::int64_t begin_ = 0;
  int live_ = n;
  Word words_[registers][n];
  Word joined_[outputs > 0 ? outputs : 1][n];
};

// The machine for any program: one for all, with registers as wide as the widest, so that the interpreter is compiled
// once.
using InterpretingMachine =
    ThreadMachine<unsigned long long, Program::kMaxRegisters, kLanes, false, Program::kMaxOutputs>;

}  // namespace weft::kernels
