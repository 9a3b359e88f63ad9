// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/cudnn/cuda_descriptor.h"
#include "kernels/cudnn/cuda_target.h"
#include "kernels/jit/cuda_kernel_cache.h"

namespace weft::kernels::cudnn {

// An execution plan: the kernels that run an operation graph.
struct Plan {
  Descriptor descriptor;
  std::int64_t workspace = 0;  // bytes
};

struct PlanPolicy {
  bool tensor_cores = false;  // f32 operands may be rounded to TF32
  std::int64_t most_workspace = 0;
};

// The heuristics' first plan with the same results in every run, exact to the dtype's rounding. Precompiled plans go
// first, because cuDNN compiles others for seconds. Nothing where cuDNN has no such plan; throws DeviceError where the
// library fails.
std::optional<Plan> find_plan(const Target& target, const Descriptor& graph, const PlanPolicy& policy);

// The numerical notes of an engine configuration, which a plan has as Attribute::kPlanEngineConfig.
std::vector<NumericalNote> numerical_notes(const Descriptor& engine_config);

// A plan as text, and back; nothing where the text is no plan for this target.
std::string plan_text(const Plan& plan);
std::optional<Plan> plan_of_text(const Target& target, const std::string& text);

// The plan that a cache holds under target and key; nothing where there is none.
std::optional<Plan> read_plan(const Target& target, const KernelCache& cache, const std::string& key);
void write_plan(const Target& target, const KernelCache& cache, const std::string& key, const Plan& plan);

}  // namespace weft::kernels::cudnn
