// SPDX-License-Identifier: Apache-2.0
#include "weft/summary.h"

#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "core/base/check.h"
#include "core/base/text_table.h"
#include "weft/compile.h"
#include "weft/detail/call_recorder.h"
#include "weft/error.h"
#include "weft/ops.h"
#include "weft/profile.h"

namespace weft {
namespace {

// Thrown to end a trace, because a failed trace leaves nothing behind: nothing is planned, built or drawn.
struct Enough {};

// Parameters of the module itself, submodules left out.
class OwnParameters : public Visitor {
 public:
  explicit OwnParameters(std::set<const detail::Cell*>& counted) : counted_(counted) {}
  bool enter(std::string_view, Module&) override {
    ++modules;
    return false;
  }
  void leave() override {}
  void visit(std::string_view, Parameter& parameter) override {
    if (counted_.insert(parameter.cell().get()).second) numel += parameter.numel();
  }
  void visit(std::string_view, Buffer&) override {}

  std::int64_t numel = 0;
  int modules = 0;

 private:
  std::set<const detail::Cell*>& counted_;
};

// "1234567" -> "1,234,567"
std::string grouped(std::int64_t n) {
  std::string out = std::to_string(n);
  for (std::ptrdiff_t i = std::ssize(out) - 3; i > 0; i -= 3) out.insert(static_cast<std::size_t>(i), ",");
  return out;
}

}  // namespace

std::string ModelSummary::text() const {
  std::vector<std::vector<std::string>> rows{{"layer", "type", "output", "parameters", "FLOPs"}};
  for (const LayerSummary& layer : layers)
    rows.push_back({layer.path, layer.type, layer.output.text(), grouped(layer.parameters), grouped(layer.flops)});
  rows.push_back({"total", "", "", grouped(parameters), grouped(flops)});
  return detail::text_table(rows, "lllrr") + grouped(trainable_parameters) + " of " + grouped(parameters) +
         " parameters are trained\n";
}

namespace detail {

ModelSummary summary(Module& module, const std::vector<TensorSpec>& inputs, std::size_t wanted,
                     const std::function<void(const std::vector<Tensor>&)>& forward) {
  if (inputs.size() != wanted)
    fail<ValueError>("summary", inputs.size(), " inputs are given, forward() takes ", wanted);
  ModelSummary out;
  std::set<const Cell*> counted;
  std::map<std::string, double> flops_before;  // per path: a layer may be called twice
  const CallRecorder recorder([&](LayerCall call) {
    if (!call.module) {
      out.layers.push_back({std::move(call.path), "lambda", call.output.shape()});
      return;
    }
    OwnParameters own(counted);
    const_cast<Module*>(call.module)->members(own);  // only looked at
    const double traced = traced_flops(call.path);
    const auto flops = static_cast<std::int64_t>(traced - std::exchange(flops_before[call.path], traced));
    out.flops += flops;
    // A module that only calls others has no row, because the others have.
    if (own.modules > 0 && own.numel == 0 && flops == 0) return;
    out.layers.push_back({std::move(call.path), type_name(*call.module), call.output.shape(), own.numel, flops});
  });
  Program program({.name = "summary"});
  try {
    program.prepare({}, [&](const std::vector<Tensor>&) -> std::vector<Tensor> {
      std::vector<Tensor> given;
      for (const TensorSpec& spec : inputs) given.push_back(zeros(spec.shape, spec.dtype));
      forward(given);
      throw Enough();
    });
  } catch (const Enough&) {
  }
  out.parameters = module.parameters().numel();
  out.trainable_parameters = module.trainable_parameters().numel();
  return out;
}

}  // namespace detail
}  // namespace weft
