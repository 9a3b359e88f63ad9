// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/elementwise/cuda/threads.cuh"

// Elementwise programs that end in reductions of one kind. Units of results are shared out over the blocks' slots, the
// elements of a unit over a team of threads and, where those are many, over pieces whose outcomes a second kernel joins
// in order. A unit is a pack of neighboring columns for a reduction over leading axes, a row for one over trailing
// axes.
namespace weft::kernels {

// A thread's place.
struct ReduceThread {
  int rank, slots, slot, cell, cell_step;
  std::int64_t unit, begin, end;
  __device__ explicit ReduceThread(const ReductionCut& r)
      : rank(static_cast<int>(r.trailing ? threadIdx.x : threadIdx.y)),
        slots(kReduceBlock / r.team),
        slot(static_cast<int>(r.trailing ? threadIdx.y : threadIdx.x)),
        cell(static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x)),
        cell_step(r.trailing ? 1 : slots),
        unit(static_cast<std::int64_t>(blockIdx.x) * slots + slot),
        begin(blockIdx.y * r.piece_steps),
        end(begin + r.piece_steps < r.steps ? begin + r.piece_steps : r.steps) {}
};

// Joins the threads of every team, in a fixed tree, and writes the results, or what this piece gives of them. All
// threads of the block must call it. `n` numbers are joined in each thread. `cells` is a shared array of kReduceBlock *
// n: one for all types, since each instantiation's own would add up.
template <class T, Fn join, Storage storage, class Word>
__device__ void finish_reduction(const ReductionCut& r, const ReduceThread& t, Word* cells, const Word* joined, int n,
                                 void* output, int number) {
  using S = interpreter::StoredAs<storage>;
  const int width = r.trailing ? 1 : n;
  Word* mine = cells + t.cell * width;
  __syncthreads();  // the cells may still be read for the reduction before
  const LaneReader<T, Word> lanes{joined};
  if (r.trailing) {
    T all = lanes[0];
    WEFT_LANES
    for (int i = 1; i < n; ++i) all = Formula<join>::value(all, lanes[i]);
    LaneWriter<T, Word>{mine}.put(0, all);
  } else {
    WEFT_LANES
    for (int i = 0; i < n; ++i) LaneWriter<T, Word>{mine}.put(i, lanes[i]);
  }
  for (int half = r.team / 2; half > 0; half /= 2) {
    __syncthreads();
    if (t.rank >= half) continue;
    const Word* other = mine + half * t.cell_step * width;
    for (int i = 0; i < width; ++i) {
      const T a = LaneReader<T, Word>{mine}[i], b = LaneReader<T, Word>{other}[i];
      LaneWriter<T, Word>{mine}.put(i, Formula<join>::value(a, b));
    }
  }
  if (t.rank != 0 || t.unit >= r.units) return;
  for (int i = 0; i < width; ++i) {
    const std::int64_t result = t.unit * width + i;
    if (r.pieces > 1) {
      static_cast<unsigned long long*>(
          r.partials)[(number * static_cast<std::int64_t>(r.pieces) + blockIdx.y) * r.results + result] = mine[i];
    } else if (output) {
      static_cast<S*>(output)[result] = convert<S>(LaneReader<T, Word>{mine}[i]);
    }
  }
}

constexpr int first_reduction(const Program& program) {
  int k = 0;
  while (k < program.count && program.code[k].kind != Instr::Kind::kReduce) ++k;
  return k;
}

// Calls f.operator()<T, join, storage>(output, number) for the reductions of a constant program.
template <class Prog, int k, int number = 0, class F>
__device__ void for_reductions(F&& f) {
  if constexpr (k < Prog::value.count) {
    constexpr Instr in = Prog::value.code[k];
    if constexpr (in.kind == Instr::Kind::kReduce) {
      f.template operator()<interpreter::Number<in.type>, in.fn, in.storage>(in.b, number);
      for_reductions<Prog, k + 1, number + 1>(f);
    }
  }
}

template <class Prog, int n>
__device__ void run_reduction(const ThreadOperands& operands, Walk walk, const ReductionCut& r) {
  constexpr Program program = Prog::value;
  constexpr int first = first_reduction(program);
  using Word = typename Prog::Word;
  WEFT_SHARED_ARRAY(Word, cells, kReduceBlock * n);
  ThreadMachine<Word, program.registers, n, true, program.outputs> machine(operands, program, walk);
  const ReduceThread t(r);
  for_reductions<Prog, first>(
      [&]<class T, Fn join, Storage>(int output, int) { machine.template start<T, join>(output); });
  if (t.unit < r.units) {
    machine.move_to(t.unit * r.unit_stride);  // the prologue may read what belongs to the unit's columns
    interpreter::run_constant<Prog, 0, program.prologue>(machine);
    // Several loads are under way at a time, as long as the code stays small.
    constexpr int kAtOnce = program.count <= 12 ? 4 : 1;
#pragma unroll kAtOnce
    for (std::int64_t step = t.begin + t.rank; step < t.end; step += r.team) {
      machine.move_to(t.unit * r.unit_stride + step * r.step_stride);
      interpreter::run_constant<Prog, program.prologue, program.count>(machine);
    }
  }
  for_reductions<Prog, first>([&]<class T, Fn join, Storage storage>(int output, int number) {
    finish_reduction<T, join, storage>(r, t, cells, machine.joined(output), n, operands.outputs[output], number);
  });
}

}  // namespace weft::kernels
