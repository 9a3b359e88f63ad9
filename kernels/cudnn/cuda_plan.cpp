// SPDX-License-Identifier: Apache-2.0
#include "kernels/cudnn/cuda_plan.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "core/base/check.h"

namespace weft::kernels::cudnn {
namespace {

template <class Note>
bool has(const std::vector<Note>& notes, std::initializer_list<Note> any) {
  return std::find_first_of(notes.begin(), notes.end(), any.begin(), any.end()) != notes.end();
}

Descriptor engine_of(const Descriptor& config) {
  return config.part(Attribute::kEngineConfigEngine, DescriptorType::kEngine);
}

// Transforms (Winograd, FFT) spread an infinity or a large number over its neighbors' results.
bool allowed(const Descriptor& config, const PlanPolicy& policy) {
  const std::vector<NumericalNote> notes = numerical_notes(config);
  if (!policy.tensor_cores && has(notes, {NumericalNote::kTensorCore})) return false;
  return !has(notes, {NumericalNote::kNondeterministic, NumericalNote::kDownConvertInputs,
                      NumericalNote::kReducedPrecisionReduction, NumericalNote::kFft, NumericalNote::kWinograd});
}

bool is_precompiled(const Descriptor& config) {
  const auto notes = engine_of(config).notes<BehaviorNote>(Attribute::kEngineBehaviorNotes);
  return !has(notes, {BehaviorNote::kRuntimeCompilation});
}

void set_target(Descriptor& plan, const Target& target) {
  if (target.handle)
    plan.set(Attribute::kPlanHandle, target.handle);
  else
    plan.set(Attribute::kPlanDeviceProperties, target.properties.value());
}

Plan finished(Descriptor descriptor) {
  const std::int64_t workspace = descriptor.number(Attribute::kPlanWorkspaceSize);
  return {std::move(descriptor), workspace};
}

// Engine configurations in the order of the heuristics.
std::vector<Descriptor> configs_of(const Target& target, const Descriptor& graph, HeuristicsMode mode) {
  Descriptor heuristics(target.functions, DescriptorType::kHeuristics);
  heuristics.set(Attribute::kHeuristicsGraph, graph);
  heuristics.set(Attribute::kHeuristicsMode, mode);
  if (!target.handle) heuristics.set(Attribute::kHeuristicsDeviceProperties, target.properties.value());
  if (!heuristics.finalize("the search for plans")) return {};
  return heuristics.list(Attribute::kHeuristicsResults, DescriptorType::kEngineConfig);
}

std::optional<Plan> plan_of_config(const Target& target, const Descriptor& config, const PlanPolicy& policy) {
  Descriptor descriptor(target.functions, DescriptorType::kExecutionPlan);
  descriptor.set(Attribute::kPlanEngineConfig, config);
  set_target(descriptor, target);
  if (!descriptor.finalize("an execution plan")) return std::nullopt;
  Plan plan = finished(std::move(descriptor));
  if (plan.workspace > policy.most_workspace) return std::nullopt;
  return plan;
}

}  // namespace

std::vector<NumericalNote> numerical_notes(const Descriptor& engine_config) {
  return engine_of(engine_config).notes<NumericalNote>(Attribute::kEngineNumericalNotes);
}

std::optional<Plan> find_plan(const Target& target, const Descriptor& graph, const PlanPolicy& policy) {
  std::vector<Descriptor> configs = configs_of(target, graph, HeuristicsMode::kA);
  const std::vector<Descriptor> others = configs_of(target, graph, HeuristicsMode::kFallback);
  configs.insert(configs.end(), others.begin(), others.end());
  std::erase_if(configs, [&](const Descriptor& config) { return !allowed(config, policy); });
  std::stable_partition(configs.begin(), configs.end(), is_precompiled);
  // An engine that breaks is passed over, because others may do.
  std::optional<DeviceError> failure;
  for (const Descriptor& config : configs) {
    try {
      if (std::optional<Plan> plan = plan_of_config(target, config, policy)) return plan;
    } catch (const DeviceError& e) {
      failure = e;
    }
  }
  if (failure) throw DeviceError(*failure);
  return std::nullopt;
}

std::string plan_text(const Plan& plan) { return plan.descriptor.text(Attribute::kPlanJson); }

std::optional<Plan> plan_of_text(const Target& target, const std::string& text) {
  try {
    Descriptor descriptor(target.functions, DescriptorType::kExecutionPlan);
    set_target(descriptor, target);
    descriptor.set(Attribute::kPlanJson, text);
    if (!descriptor.finalize("an execution plan from its text")) return std::nullopt;
    return finished(std::move(descriptor));
  } catch (const DeviceError&) {
    return std::nullopt;
  }
}

std::optional<Plan> read_plan(const Target& target, const KernelCache& cache, const std::string& key) {
  if (target.text.empty()) return std::nullopt;
  const std::optional<std::string> text = cache.read(cat(target.text, "\n", key));
  return text ? plan_of_text(target, *text) : std::nullopt;
}

void write_plan(const Target& target, const KernelCache& cache, const std::string& key, const Plan& plan) {
  if (target.text.empty()) return;
  try {
    cache.write(cat(target.text, "\n", key), plan_text(plan));
  } catch (const DeviceError&) {  // an engine whose plans have no text
  }
}

}  // namespace weft::kernels::cudnn
