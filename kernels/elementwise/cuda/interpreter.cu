// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>

#include "kernels/elementwise/cuda/cuda_traversal.h"
#include "kernels/elementwise/cuda/reduce.cuh"
#include "weft/cuda.h"

// The kernels that run any program, with or without reductions: where there is no compiler at run time, and where
// operands are not aligned as a specialized kernel needs them.
namespace weft::kernels {
namespace {

// Compiled once for all places that call it: inlined it is most of a megabyte of code each time.
__device__ __attribute__((noinline)) void interpret(const Program& program, int begin, int end,
                                                    InterpretingMachine& machine) {
  for (int k = begin; k < end; ++k) interpreter::interpret(program.code[k], machine);
}

__global__ void __launch_bounds__(kElementwiseBlock)
    elementwise_interpreter_kernel(const __grid_constant__ ThreadOperands operands,
                                   const __grid_constant__ Program program) {
  const std::int64_t count = operands.geometry.count, stride = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  std::int64_t begin = (static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) * kLanes;
  if (begin >= count) return;
  InterpretingMachine machine(operands, program, operands.walk);
  interpret(program, 0, program.prologue, machine);
  for (; begin < count; begin += stride * kLanes) {
    machine.move_to(begin, static_cast<int>(count - begin < kLanes ? count - begin : kLanes));
    interpret(program, program.prologue, program.count, machine);
  }
}

// Calls f.operator()<T, join, storage>() for an instruction of kind kReduce.
template <class F>
__device__ void with_reduction(const Instr& in, F&& f) {
  using namespace interpreter;
  with_type(in.type, [&]<Type type>() {
    with_join(in.fn, [&]<Fn join>() {
      with_storage(in.storage, [&]<Storage storage>() {
        if constexpr (moves<Number<type>, storage>) f.template operator()<Number<type>, join, storage>();
      });
    });
  });
}

// `lanes`: the elements of a pack.
__global__ void __launch_bounds__(kReduceBlock)
    reduce_interpreter_kernel(const __grid_constant__ ThreadOperands operands, const __grid_constant__ Program program,
                              const __grid_constant__ ReductionCut r, int lanes) {
  WEFT_SHARED_ARRAY(unsigned long long, cells, kReduceBlock* kLanes);
  InterpretingMachine machine(operands, program, operands.walk);
  const ReduceThread t(r);
  const int first = first_reduction(program);
  for (int k = first; k < program.count && program.code[k].kind == Instr::Kind::kReduce; ++k) {
    const Instr& in = program.code[k];
    with_reduction(in, [&]<class T, Fn join, Storage>() { machine.start<T, join>(in.b); });
  }
  if (t.unit < r.units) {
    machine.move_to(t.unit * r.unit_stride * lanes, lanes);
    interpret(program, 0, program.prologue, machine);
    for (std::int64_t step = t.begin + t.rank; step < t.end; step += r.team) {
      machine.move_to((t.unit * r.unit_stride + step * r.step_stride) * lanes, lanes);
      interpret(program, program.prologue, program.count, machine);
    }
  }
  for (int k = first; k < program.count && program.code[k].kind == Instr::Kind::kReduce; ++k) {
    const Instr& in = program.code[k];
    with_reduction(in, [&]<class T, Fn join, Storage storage>() {
      finish_reduction<T, join, storage>(r, t, cells, machine.joined(in.b), lanes, operands.outputs[in.b], k - first);
    });
  }
}

// Block x: results, block y: reductions; the block is (results, team). Each thread joins the pieces that are its own
// in order, then the team joins in a fixed tree.
__global__ void __launch_bounds__(kJoinBlock)
    join_pieces_kernel(const __grid_constant__ ThreadOperands operands, const __grid_constant__ Program program,
                       const __grid_constant__ ReductionCut r) {
  using Word = unsigned long long;
  WEFT_SHARED_ARRAY(Word, cells, kJoinBlock);
  const Instr in = program.code[first_reduction(program) + static_cast<int>(blockIdx.y)];
  const int rank = static_cast<int>(threadIdx.y), team = static_cast<int>(blockDim.y);
  const int columns = static_cast<int>(blockDim.x);
  const std::int64_t result = static_cast<std::int64_t>(blockIdx.x) * columns + threadIdx.x;
  const Word* partials =
      static_cast<const Word*>(r.partials) + static_cast<std::int64_t>(blockIdx.y) * r.pieces * r.results;
  Word* mine = cells + rank * columns + threadIdx.x;
  with_reduction(in, [&]<class T, Fn join, Storage storage>() {
    T all = neutral<T, join>();
    if (result < r.results) {
#pragma unroll 4  // so that several loads are under way
      for (int piece = rank; piece < r.pieces; piece += team)
        all = Formula<join>::value(all, LaneReader<T, Word>{partials + piece * r.results + result}[0]);
    }
    LaneWriter<T, Word>{mine}.put(0, all);
    for (int half = team / 2; half > 0; half /= 2) {
      __syncthreads();
      if (rank >= half) continue;
      all = Formula<join>::value(all, LaneReader<T, Word>{mine + half * columns}[0]);
      LaneWriter<T, Word>{mine}.put(0, all);
    }
    if (rank != 0 || result >= r.results || !operands.outputs[in.b]) return;
    static_cast<interpreter::StoredAs<storage>*>(operands.outputs[in.b])[result] =
        convert<interpreter::StoredAs<storage>>(all);
  });
}

}  // namespace

void launch_interpreter(const CudaTraversal& traversal, const ThreadOperands& operands, const ReductionCut& reduction,
                        const Call& call) {
  const Launch launch = launch_of(traversal);
  if (traversal.reductions > 0)
    cuda::launch(reduce_interpreter_kernel, launch.grid, launch.block, 0, call, operands, traversal.program, reduction,
                 traversal.lanes);
  else
    cuda::launch(elementwise_interpreter_kernel, launch.grid, launch.block, 0, call, operands, traversal.program);
}

void launch_join(const CudaTraversal& traversal, const ThreadOperands& operands, const ReductionCut& reduction,
                 const Call& call) {
  const auto results = static_cast<std::uint64_t>(reduction.results);
  const auto columns = static_cast<unsigned>(std::bit_ceil(std::min<std::uint64_t>(results, kMostJoinColumns)));
  const auto tiles = static_cast<unsigned>((results + columns - 1) / columns);
  cuda::launch(join_pieces_kernel, dim3(tiles, static_cast<unsigned>(traversal.reductions)),
               dim3(columns, kJoinBlock / columns), 0, call, operands, traversal.program, reduction);
}

}  // namespace weft::kernels
