// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cuda_runtime.h>

#include <cstdint>

#include "core/formula/interpreter.h"
#include "kernels/pointwise/geometry.h"

// Pointwise programs on CUDA: a thread's lanes are a few neighbouring elements, read and written in one access.
namespace weft::kernels {

inline constexpr int kLanes = 4;  // of f32: 16 bytes

struct ThreadOperands {
  const void* inputs[Program::kMaxAccesses] = {};
  void* outputs[Program::kMaxOutputs] = {};
  unsigned packed_inputs = 0, packed_outputs = 0;  // bit i: operand i is aligned for all lanes at once
  Geometry geometry;
};

template <class S>
struct alignas(sizeof(S) * kLanes) Pack {
  S lane[kLanes];
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

// The machine of core/formula/interpreter.h that one thread is. With all indices known at compile time its registers
// are the hardware's.
template <class Word, int registers>
class ThreadMachine {
 public:
  __device__ ThreadMachine(const ThreadOperands& operands, const Program& program) : o_(operands), p_(program) {}

  // The next instructions are for elements [begin, begin + kLanes), as far as there are any.
  __device__ void move_to(std::int64_t begin) {
    begin_ = begin;
    const std::int64_t left = o_.geometry.count - begin;
    count_ = left < kLanes ? static_cast<int>(left) : kLanes;
  }

  static constexpr __device__ int lanes() { return kLanes; }
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
    const Geometry& g = o_.geometry;
    auto d = write<T>(dst);
    if (g.follow[input] == Follow::kDense && count_ == kLanes && (o_.packed_inputs >> input & 1)) {
      const Pack<S> pack = *reinterpret_cast<const Pack<S>*>(from + begin_);
      WEFT_LANES
      for (int i = 0; i < kLanes; ++i) d.put(i, convert<T>(pack.lane[i]));
    } else if (g.follow[input] == Follow::kScalar) {
      const T value = convert<T>(*from);
      WEFT_LANES
      for (int i = 0; i < kLanes; ++i) d.put(i, value);
    } else if (g.follow[input] == Follow::kStrided && g.row_left(begin_) >= kLanes) {
      from += g.offset(input, begin_);
      WEFT_LANES
      for (int i = 0; i < kLanes; ++i) d.put(i, convert<T>(from[i * g.step[input][g.rank - 1]]));
    } else {
      WEFT_LANES
      for (int i = 0; i < kLanes; ++i) d.put(i, i < count_ ? convert<T>(from[g.offset(input, begin_ + i)]) : T(0));
    }
  }
  template <class T, Storage storage>
  __device__ void store(int reg, int output) {
    using S = interpreter::StoredAs<storage>;
    if (!o_.outputs[output]) return;
    S* to = static_cast<S*>(o_.outputs[output]) + begin_;
    const auto a = read<T>(reg);
    if (count_ == kLanes && (o_.packed_outputs >> output & 1)) {
      Pack<S> pack;
      WEFT_LANES
      for (int i = 0; i < kLanes; ++i) pack.lane[i] = convert<S>(a[i]);
      *reinterpret_cast<Pack<S>*>(to) = pack;
    } else {
      WEFT_LANES
      for (int i = 0; i < kLanes; ++i)
        if (i < count_) to[i] = convert<S>(a[i]);
    }
  }

  template <class T, Fn join>
  __device__ void reduce(int, int, bool) {}  // prepare_pointwise_cuda() refuses bodies with reductions

  __device__ const long long* state(int input) const { return static_cast<const long long*>(o_.inputs[input]); }
  __device__ long long element(int access, int lane) const { return o_.geometry.offset(access, begin_ + lane); }
  __device__ unsigned long long constant(int index) const { return p_.constants[index]; }

 private:
  const ThreadOperands& o_;
  const Program& p_;
  std::int64_t begin_ = 0;
  int count_ = 0;
  Word words_[registers][kLanes];
};

}  // namespace weft::kernels
