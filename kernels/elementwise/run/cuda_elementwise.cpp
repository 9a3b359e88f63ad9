// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "kernels/elementwise/cuda/cuda_pass.h"
#include "kernels/elementwise/cuda/cuda_source.h"
#include "kernels/elementwise/run/elementwise.h"
#include "kernels/jit/cuda_specialized.h"

namespace weft::kernels {
namespace {

// A pass, and the engine that was chosen for it.
struct Prepared {
  CudaPass pass;
  CudaEngine engine = CudaEngine::kInterpreter;
  std::shared_ptr<const SpecializedKernel> specialized;
};

// The first engine from `first` on that takes the pass.
Prepared choose(CudaPass pass, CudaEngine first, Device device) {
  Prepared made{std::move(pass), CudaEngine::kInterpreter, nullptr};
  if (first <= CudaEngine::kFunction && made.pass.plain) {
    made.engine = CudaEngine::kFunction;
  } else if (first <= CudaEngine::kSpecialized) {
    made.specialized = specialize(cuda_source(made.pass), kCudaSourceKernel, device);
    if (made.specialized) made.engine = CudaEngine::kSpecialized;
  }
  return made;
}

bool aligned(const View& view, int lanes) {
  const std::size_t bytes = size_of(view.spec.dtype) * static_cast<std::size_t>(lanes);
  return reinterpret_cast<std::uintptr_t>(view.data) % bytes == 0;
}

ThreadOperands operands_of(const CudaPass& pass, const Call& call) {
  ThreadOperands operands;
  operands.walk = pass.walk;
  operands.geometry = pass.geometry;
  operands.packs = true;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    operands.inputs[i] = call.inputs[i].data;
    const bool packed = pass.walk.has(pass.walk.dense | pass.walk.row, static_cast<int>(i));
    operands.packs = operands.packs && (!packed || aligned(call.inputs[i], pass.lanes));
  }
  for (std::size_t i = 0; i < call.outputs.size(); ++i) operands.outputs[i] = call.outputs[i].data;
  for (int k = 0; k < pass.program.count; ++k) {
    const Instr& in = pass.program.code[k];
    if (in.kind == Instr::Kind::kStore) operands.packs = operands.packs && aligned(call.outputs[in.b], pass.lanes);
  }
  return operands;
}

void run(const Prepared& prepared, const Call& call) {
  const CudaPass& pass = prepared.pass;
  const Launch launch = launch_of(pass);
  if (launch.grid.x == 0) return;
  ThreadOperands operands = operands_of(pass, call);
  ReductionCut reduction = pass.reduction;
  reduction.partials = call.workspace.data;
  // A thread that reduces takes the same elements wherever they lie, and only the interpreter takes packs as they come.
  const bool fits = pass.reductions == 0 || pass.lanes == 1 || operands.packs;
  if (prepared.engine == CudaEngine::kFunction) {
    launch_function(*pass.plain, pass, operands, call);
  } else if (prepared.engine == CudaEngine::kSpecialized && fits) {
    void* arguments[] = {&operands, &reduction};
    launch_specialized(*prepared.specialized, launch.grid, launch.block, call, arguments);
  } else {
    launch_interpreter(pass, operands, reduction, call);
  }
  if (pass.reductions > 0 && reduction.pieces > 1) launch_join(pass, operands, reduction, call);
}

std::size_t workspace_of(const CudaPass& pass) {
  if (pass.reduction.pieces == 1) return 0;
  const std::int64_t partials = pass.reductions * pass.reduction.pieces * pass.reduction.results;
  return static_cast<std::size_t>(partials) * sizeof(unsigned long long);
}

// The kernel, and the most preferred engine that runs a pass of it.
std::pair<exec::PreparedKernel, CudaEngine> prepare(const exec::KernelRequest& request, CudaEngine first) {
  auto passes = std::make_shared<std::vector<Prepared>>();
  std::size_t workspace = 0;
  CudaEngine engine = CudaEngine::kInterpreter;
  for (CudaPass& pass : cuda_passes(request)) {
    workspace = std::max(workspace, workspace_of(pass));
    passes->push_back(choose(std::move(pass), first, request.device));
    engine = std::min(engine, passes->back().engine);
  }
  const auto run_all = [passes](const Call& call) {
    for (const Prepared& prepared : *passes) run(prepared, call);
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
