// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "core/device/thread_pool.h"
#include "core/formula/interpreter.h"
#include "kernels/pointwise/lower.h"
#include "kernels/pointwise/pointwise.h"

namespace weft::kernels {
namespace {

constexpr int kTile = 512;              // lanes: a register of floats is 2 KB, a dozen of them stay in the L1 cache
constexpr std::int64_t kGrain = 16384;  // elements per chunk of work

template <class T>
constexpr Storage native = __is_same(T, float)    ? Storage::kF32
                           : __is_same(T, double) ? Storage::kF64
                                                  : Storage::kI64;

// Element [begin, begin + n) of an operand as lanes of T.
template <class T>
void load(T* lanes, Storage storage, const void* data, const Elements& e, std::size_t input, std::int64_t begin,
          int n) {
  const auto& stride = e.stride[input];
  std::array<std::int64_t, Elements::kMaxRank> at{};
  std::int64_t rest = begin, offset = 0;
  for (int axis = e.rank; axis-- > 0;) {
    const auto a = static_cast<std::size_t>(axis);
    at[a] = rest % e.size[a];
    rest /= e.size[a];
    offset += at[a] * stride[a];
  }
  const auto inner = static_cast<std::size_t>(std::max(e.rank - 1, 0));
  const std::int64_t inner_size = e.rank ? e.size[inner] : 1, step = e.rank ? stride[inner] : 0;
  with_storage(storage, const_cast<void*>(data), [&](auto* typed) {
    const auto* source = typed;
    for (int done = 0; done < n;) {
      const auto run = static_cast<int>(std::min<std::int64_t>(n - done, inner_size - at[inner]));
      const auto* from = source + offset;
      if (step == 0) {
        std::fill_n(lanes + done, run, convert<T>(*from));
      } else {
        for (int i = 0; i < run; ++i) lanes[done + i] = convert<T>(from[i * step]);
      }
      done += run;
      at[inner] += run;
      offset += run * step;
      for (std::size_t a = inner; a > 0 && at[a] == e.size[a]; --a) {  // carry into the next axis out
        offset += stride[a - 1] - at[a] * stride[a];
        at[a] = 0;
        ++at[a - 1];
      }
    }
  });
}

template <class T>
void store(Storage storage, void* data, std::int64_t begin, const T* lanes, int n) {
  with_storage(storage, data, [&](auto* typed) {
    using To = std::remove_pointer_t<decltype(typed)>;
    for (int i = 0; i < n; ++i) typed[begin + i] = convert<To>(lanes[i]);
  });
}

// Where each register's lanes are: operands that are stored as the program computes are read, and outputs written, in
// place.
template <class T>
class TileRegisters {
 public:
  TileRegisters(const Lowered& lowered, const Call& call) : lowered_(lowered), call_(call) {
    const Program& p = lowered.program;
    for (int i = 0; i < p.inputs; ++i) in_place_[i] = p.input_storage[i] == native<T> && linear(i);
    written_.fill(-1);
    for (int o = 0; o < p.outputs; ++o) {
      const bool direct = p.output_storage[o] == native<T> && p.output_register[o] >= p.inputs &&
                          written_[p.output_register[o]] < 0 && call.outputs[static_cast<std::size_t>(o)].data;
      // Only the last instruction's result goes straight to memory: an earlier write could clobber an operand in place.
      if (direct && p.code[p.instructions - 1].d == p.output_register[o]) written_[p.output_register[o]] = o;
    }
  }

  void load_tile(std::int64_t begin, int n) {
    const Program& p = lowered_.program;
    for (int i = 0; i < p.inputs; ++i) {
      void* data = call_.inputs[lowered_.operand[static_cast<std::size_t>(i)]].data;
      if (in_place_[i]) {
        lanes_[i] = static_cast<T*>(data) + begin;
      } else {
        lanes_[i] = tile_[i];
        load(tile_[i], p.input_storage[i], data, lowered_.elements, static_cast<std::size_t>(i), begin, n);
      }
    }
    for (int k = 0; k < p.instructions; ++k) {
      const unsigned char r = p.code[k].d;
      lanes_[r] = written_[r] < 0 ? tile_[r]
                                  : static_cast<T*>(call_.outputs[static_cast<std::size_t>(written_[r])].data) + begin;
    }
  }

  void store_tile(std::int64_t begin, int n) {
    const Program& p = lowered_.program;
    for (int o = 0; o < p.outputs; ++o) {
      void* data = call_.outputs[static_cast<std::size_t>(o)].data;
      if (data && written_[p.output_register[o]] != o)
        store(p.output_storage[o], data, begin, lanes_[p.output_register[o]], n);
    }
  }

  T* operator()(int r) const { return lanes_[r]; }

 private:
  // Walks memory in the order of the elements.
  bool linear(int i) const {
    const Elements& e = lowered_.elements;
    return e.rank == 0 || (e.rank == 1 && e.stride[static_cast<std::size_t>(i)][0] == 1);
  }

  const Lowered& lowered_;
  const Call& call_;
  std::array<bool, Program::kMaxInputs> in_place_{};
  std::array<int, Program::kMaxRegisters> written_{};
  std::array<T*, Program::kMaxRegisters> lanes_{};
  alignas(64) T tile_[Program::kMaxRegisters][kTile];
};

template <class T>
void run(const Lowered& lowered, const Call& call) {
  const Program& p = lowered.program;
  std::array<DrawKey, Program::kMaxDraws> keys{};
  for (int k = 0; k < p.draws; ++k) {
    const void* state = call.inputs[lowered.state[p.draw[k].state]].data;
    long long words[2];
    std::memcpy(words, state, sizeof words);
    keys[static_cast<std::size_t>(k)] = draw_key(words, p.draw[k].ordinal);
  }
  parallel_for(lowered.elements.count, kGrain, [&](std::int64_t begin, std::int64_t end) {
    TileRegisters<T> registers(lowered, call);
    for (std::int64_t at = begin; at < end; at += kTile) {
      const auto n = static_cast<int>(std::min<std::int64_t>(kTile, end - at));
      registers.load_tile(at, n);
      for (int k = 0; k < p.instructions; ++k) execute<T>(p, p.code[k], registers, keys.data(), at, n);
      registers.store_tile(at, n);
    }
  });
}

}  // namespace

exec::PreparedKernel prepare_pointwise_cpu(const exec::KernelRequest& request) {
  exec::PreparedKernel out;
  out.run = [lowered = lower(request)](const Call& call) {
    switch (lowered.program.compute) {
      case Compute::kF32:
        return run<float>(lowered, call);
      case Compute::kF64:
        return run<double>(lowered, call);
      case Compute::kI64:
        return run<long long>(lowered, call);
    }
  };
  return out;
}

}  // namespace weft::kernels
