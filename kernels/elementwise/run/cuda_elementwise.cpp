// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "kernels/elementwise/cuda/cuda_source.h"
#include "kernels/elementwise/cuda/cuda_traversal.h"
#include "kernels/elementwise/run/elementwise.h"
#include "kernels/jit/cuda_specialized.h"

namespace weft::kernels {
namespace {

// A traversal, and the engine that was chosen for it.
struct Prepared {
  CudaTraversal traversal;
  CudaEngine engine = CudaEngine::kInterpreter;
  std::shared_ptr<const SpecializedKernel> specialized;
};

// The first engine from `first` on that takes the traversal.
Prepared choose(const CudaTraversal& traversal, CudaEngine first, Device device) {
  Prepared made{traversal, CudaEngine::kInterpreter, nullptr};
  if (first <= CudaEngine::kFunction && made.traversal.plain) {
    made.engine = CudaEngine::kFunction;
  } else if (first <= CudaEngine::kSpecialized) {
    made.specialized = specialize(cuda_source(made.traversal), kCudaSourceKernel, device);
    if (made.specialized) made.engine = CudaEngine::kSpecialized;
  }
  return made;
}

bool aligned(const View& view, int lanes) {
  const std::size_t bytes = size_of(view.spec.dtype) * static_cast<std::size_t>(lanes);
  return reinterpret_cast<std::uintptr_t>(view.data) % bytes == 0;
}

ThreadOperands operands_of(const CudaTraversal& traversal, const Call& call) {
  ThreadOperands operands;
  operands.walk = traversal.walk;
  operands.geometry = traversal.geometry;
  operands.packs = true;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    operands.inputs[i] = call.inputs[i].data;
    const bool packed = traversal.walk.has(traversal.walk.dense | traversal.walk.row, static_cast<int>(i));
    operands.packs = operands.packs && (!packed || aligned(call.inputs[i], traversal.lanes));
  }
  for (std::size_t i = 0; i < call.outputs.size(); ++i) operands.outputs[i] = call.outputs[i].data;
  for (int k = 0; k < traversal.program.count; ++k) {
    const Instr& in = traversal.program.code[k];
    if (in.kind == Instr::Kind::kStore) operands.packs = operands.packs && aligned(call.outputs[in.b], traversal.lanes);
  }
  return operands;
}

void run(const Prepared& prepared, const Call& call) {
  const CudaTraversal& traversal = prepared.traversal;
  const Launch launch = launch_of(traversal);
  if (launch.grid.x == 0) return;
  ThreadOperands operands = operands_of(traversal, call);
  ReductionCut reduction = traversal.reduction;
  reduction.partials = call.workspace.data;
  // A thread that reduces takes the same elements wherever they lie, and only the interpreter takes packs as they come.
  const bool fits = traversal.reductions == 0 || traversal.lanes == 1 || operands.packs;
  if (prepared.engine == CudaEngine::kFunction) {
    launch_function(*traversal.plain, traversal, operands, call);
  } else if (prepared.engine == CudaEngine::kSpecialized && fits) {
    void* arguments[] = {&operands, &reduction};
    launch_specialized(*prepared.specialized, launch.grid, launch.block, call, arguments);
  } else {
    launch_interpreter(traversal, operands, reduction, call);
  }
  if (traversal.reductions > 0 && reduction.pieces > 1) launch_join(traversal, operands, reduction, call);
}

std::size_t workspace_of(const CudaTraversal& traversal) {
  if (traversal.reduction.pieces == 1) return 0;
  const std::int64_t partials = traversal.reductions * traversal.reduction.pieces * traversal.reduction.results;
  return static_cast<std::size_t>(partials) * sizeof(unsigned long long);
}

// The kernel, and the most preferred engine that runs a traversal of it.
std::pair<exec::PreparedKernel, CudaEngine> prepare(const exec::KernelRequest& request, CudaEngine first) {
  auto traversals = std::make_shared<std::vector<Prepared>>();
  std::size_t workspace = 0;
  CudaEngine engine = CudaEngine::kInterpreter;
  for (const CudaTraversal& traversal : cuda_traversals(request)) {
    workspace = std::max(workspace, workspace_of(traversal));
    traversals->push_back(choose(traversal, first, request.device));
    engine = std::min(engine, traversals->back().engine);
  }
  const auto run_all = [traversals](const Call& call) {
    for (const Prepared& prepared : *traversals) run(prepared, call);
  };
  return {{run_all, workspace}, engine};
}

}  // namespace

exec::PreparedKernel prepare_elementwise_cuda(const exec::KernelRequest& request) {
  return prepare(request, CudaEngine::kFunction).first;
}

std::optional<exec::PreparedKernel> prepare_elementwise_by(CudaEngine engine, const exec::KernelRequest& request) {
  auto [kernel, used] = prepare(request, engine);
  if (used != engine) return std::nullopt;
  return std::move(kernel);
}

}  // namespace weft::kernels
