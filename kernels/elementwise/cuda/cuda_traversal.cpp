// SPDX-License-Identifier: Apache-2.0
#include "kernels/elementwise/cuda/cuda_traversal.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/scalar/functions.h"
#include "kernels/common/cuda_team_layout.h"
#include "kernels/elementwise/lower/lower.h"
#include "kernels/elementwise/lower/traversals.h"

namespace weft::kernels {
namespace {

using Kind = Instr::Kind;

constexpr unsigned kMaxBlocks = 1U << 15;  // more than any GPU holds at once; threads go on by strides

// The program's elements that a thread takes at a time: 16 bytes of what it reads and writes, if that is all of 16 bits
// and the registers suffice. Reductions take what the interpreter can, so that they are cut the same everywhere.
int lanes_of(const Program& program, const Geometry& g) {
  constexpr int kMostRegisters = 6;
  const bool fits = g.count % kMostLanes == 0 && (g.rank == 0 || g.size[g.rank - 1] % kMostLanes == 0);
  const Instr* const end = program.code + program.count;
  const bool narrow = std::all_of(program.code, end, [&](const Instr& in) {
    const bool access = in.kind == Kind::kStore || (in.kind == Kind::kLoad && g.follow[in.a] == Follow::kDense);
    return in.kind != Kind::kReduce && (!access || in.storage == Storage::kBF16 || in.storage == Storage::kF16);
  });
  return fits && narrow && !program.wide && program.registers <= kMostRegisters ? kMostLanes : kLanes;
}

Walk walk_of(const Geometry& g, int lanes) {
  Walk walk;
  walk.rank = g.rank;
  walk.narrow = g.count < (std::int64_t{1} << 31);
  for (int access = 0; access < Program::kMaxAccesses; ++access) {
    const unsigned bit = 1U << access;
    if (g.follow[access] == Follow::kDense) walk.dense |= bit;
    if (g.follow[access] == Follow::kScalar) walk.scalar |= bit;
    if (g.follow[access] != Follow::kStrided || g.size[g.rank - 1] % lanes != 0) continue;
    bool packed = true;  // every row of the operand begins where a pack does
    for (int axis = 0; axis + 1 < g.rank; ++axis) packed = packed && g.step[access][axis] % lanes == 0;
    const std::int64_t step = g.step[access][g.rank - 1];
    if (step == 1 && packed) walk.row |= bit;
    if (step == 0) walk.column |= bit;
  }
  return walk;
}

// Cut of a reduction: eight steps or more for each thread, and enough thread blocks for one wave.
ReductionCut cut(bool trailing, std::int64_t count, std::int64_t results, int lanes) {
  ReductionCut r;
  r.trailing = trailing;
  r.results = results;
  const std::int64_t columns = trailing ? (results > 0 ? count / results : 0) : results;
  const std::int64_t packs = columns / lanes, rows = trailing ? results : (results > 0 ? count / results : 0);
  r.units = trailing ? rows : packs;
  r.steps = trailing ? packs : rows;
  r.unit_stride = trailing ? packs : 1;
  r.step_stride = trailing ? 1 : packs;
  const TeamLayout layout = team_layout(trailing, r.units, r.steps);
  r.team = layout.team;
  // On 132 multiprocessors; programs that reduce over trailing axes are the shorter ones, with fewer registers.
  constexpr std::int64_t kSteps = 8;
  const std::int64_t blocks = trailing ? 1056 : 528;
  const std::int64_t tiles = std::max<std::int64_t>(1, (r.units + layout.slots - 1) / layout.slots);
  const std::int64_t most = (blocks + tiles - 1) / tiles;
  const std::int64_t pieces = std::clamp<std::int64_t>(r.steps / (r.team * kSteps), 1, most);
  r.piece_steps = (r.steps + pieces - 1) / pieces;
  r.pieces = r.piece_steps > 0 ? static_cast<int>((r.steps + r.piece_steps - 1) / r.piece_steps) : 1;
  return r;
}

// A thread that reduces over leading axes stays in its columns, so what depends on them alone it can keep, if there are
// registers for it.
Lowered lower_kept(const exec::KernelRequest& request, const std::vector<int>& outputs, std::int64_t columns) {
  constexpr int kMostRegisters = 14;
  Lowered plain = lower(request, outputs);
  if (plain.program.registers > kMostRegisters) return plain;
  const auto kept = lower_columns(request, outputs, columns);
  const auto* program = std::get_if<Lowered>(&kept);
  return program && program->program.registers <= kMostRegisters ? *program : plain;
}

// The function whose program is the request's, reading and writing f32 and bools as function_program() does.
std::optional<Fn> plain_function(const exec::KernelRequest& request) {
  if (request.region) return std::nullopt;
  const std::optional<Fn> fn = fn_of(request.op.name());
  if (!fn) return std::nullopt;
  const Program plain = function_program(*fn);
  const auto storage = [](const TensorSpec& spec) { return static_cast<Storage>(spec.dtype); };
  for (std::size_t i = 0; i < request.inputs.size(); ++i)
    if (plain.code[i].storage != storage(request.inputs[i])) return std::nullopt;
  return plain.code[plain.count - 1].storage == storage(request.outputs[0]) ? fn : std::nullopt;
}

CudaTraversal traversal_of(const Lowered& lowered) {
  CudaTraversal traversal;
  traversal.program = lowered.program;
  traversal.geometry = lowered.geometry;
  traversal.lanes = lanes_of(lowered.program, lowered.geometry);
  traversal.walk = walk_of(lowered.geometry, traversal.lanes);
  // All reductions of a traversal are of one kind.
  if (const std::vector<Reduction> reductions = reductions_of(traversal.program); !reductions.empty()) {
    const bool trailing = reductions[0].trailing;
    const std::int64_t count = traversal.geometry.count, results = traversal.geometry.kept[reductions[0].output];
    const std::int64_t columns = trailing ? (results > 0 ? count / results : 0) : results;
    traversal.lanes = columns % kLanes == 0 ? kLanes : 1;
    traversal.reduction = cut(trailing, count, results, traversal.lanes);
    traversal.reductions = static_cast<int>(reductions.size());
  }
  return traversal;
}

}  // namespace

Launch launch_of(const CudaTraversal& traversal) {
  const auto up = [](std::int64_t a, std::int64_t b) { return static_cast<unsigned>((a + b - 1) / b); };
  if (traversal.reductions == 0) {
    const std::int64_t per_block = std::int64_t{kElementwiseBlock} * traversal.lanes;
    return {dim3(std::min(up(traversal.geometry.count, per_block), kMaxBlocks)), dim3(kElementwiseBlock)};
  }
  const ReductionCut& r = traversal.reduction;
  const auto team = static_cast<unsigned>(r.team), slots = kReduceBlock / team;
  return {dim3(up(r.units, slots), static_cast<unsigned>(r.pieces)),
          r.trailing ? dim3(team, slots) : dim3(slots, team)};
}

std::vector<CudaTraversal> cuda_traversals(const exec::KernelRequest& request) {
  const Lowered whole = lower(request);
  const std::vector<Reduction> reductions = reductions_of(whole.program);
  std::vector<CudaTraversal> traversals;
  for (const std::vector<int>& outputs : outputs_by_traversal(whole, TrailingReductions::kByLength)) {
    const auto leading = std::find_if(reductions.begin(), reductions.end(),
                                      [&](const Reduction& r) { return r.output == outputs[0] && !r.trailing; });
    traversals.push_back(traversal_of(leading == reductions.end()
                                          ? lower(request, outputs)
                                          : lower_kept(request, outputs, whole.geometry.kept[outputs[0]])));
  }
  traversals[0].plain = plain_function(request);
  return traversals;
}

}  // namespace weft::kernels
