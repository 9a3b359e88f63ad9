// SPDX-License-Identifier: Apache-2.0
#include "weft/layer_report.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <utility>

#include "core/base/text_table.h"
#include "optim/train/trainer_state.h"
#include "weft/detail/call_recorder.h"
#include "weft/gradients.h"
#include "weft/ops.h"
#include "weft/statistics.h"
#include "weft/trainer.h"

namespace weft {
namespace {

using detail::LayerCall;

// Members of a module itself: its parameters, and whether modules are below it.
class Own : public Visitor {
 public:
  explicit Own(const Module* module) {
    // The cast is safe, because this visitor changes nothing.
    if (module) const_cast<Module*>(module)->members(*this);
  }
  bool enter(std::string_view, Module&) override {
    has_modules = true;
    return false;
  }
  void leave() override {}
  void visit(std::string_view name, Parameter& parameter) override { parameters.add(std::string(name), parameter); }
  void visit(std::string_view, Buffer&) override {}

  bool has_modules = false;
  Parameters parameters;
};

Tensor root_mean_square(const Tensor& x) { return sqrt(mean(square(x.to(DType::kF64)))); }

// Root mean square over the elements of all tensors.
Tensor root_mean_square(const std::vector<Tensor>& all) {
  Tensor sum = zeros({}, DType::kF64);
  std::int64_t count = 0;
  for (const Tensor& x : all) {
    if (!x.defined()) continue;
    sum = sum + square(x.to(DType::kF64)).sum();
    count += x.numel();
  }
  return sqrt(sum / static_cast<double>(std::max<std::int64_t>(count, 1)));
}

constexpr std::size_t kFigures = 8;

// The figures in the order of LayerStatistics, f64 (8). `own` are the layer's parameters, `all` has their gradients.
Tensor figures(const Tensor& output, const Tensor& gradient, const Parameters& own, const Gradients& all) {
  const Tensor y = output.to(DType::kF64);
  const Tensor units = y.rank() < 2 ? y.reshape({-1, 1}) : y.reshape({-1, y.dim(-1)});
  const auto share_of_zeros = [](const Tensor& x) { return mean(equal(x, 0).to(DType::kF64)); };
  std::vector<Tensor> weights, slopes;
  for (const Variable& v : own) {
    weights.push_back(v.value());
    if (all.of.contains(v)) slopes.push_back(all[v]);
  }
  return stack({mean(y), standard_deviation(y, {}, false, 0), max(abs(y)), share_of_zeros(y),
                share_of_zeros(max(abs(units), {0})), root_mean_square(gradient), root_mean_square(weights),
                root_mean_square(slopes)});
}

}  // namespace

LayerReport detail::report_layers(TrainerState& trainer, const Dataset& rows) {
  const detail::ModeScope mode(trainer.parts.model, true);
  Generator generator(trainer.generator.seed());  // of its own, so that the run's draws stay as they are
  const GeneratorScope draws(generator);
  std::vector<LayerStatistics> out;
  detail::ColumnProgram step(
      [&](const std::vector<Tensor>& columns) -> std::vector<Tensor> {
        const detail::Columns given = trainer.split(columns);
        const Parameters buffers = trainer.parts.model.get("layer_report").buffers();
        std::vector<Tensor> before;
        for (const Variable& b : buffers) before.push_back(b.value());
        std::vector<LayerCall> calls;
        Tensor loss;
        {
          const detail::CallRecorder recorder([&](LayerCall call) {
            if (!is_floating(call.output.dtype()) || call.output.numel() == 0 || Own(call.module).has_modules) return;
            calls.push_back(std::move(call));
          });
          loss = trainer.parts.loss(trainer.parts.forward(given.inputs), given.target, given.weight);
        }
        for (std::size_t i = 0; i < buffers.size(); ++i) buffers[i].assign(before[i]);
        std::vector<Tensor> outputs, parts;
        for (const LayerCall& call : calls) outputs.push_back(call.output);
        // One sweep for all layers, because one for each would go over most of the graph every time.
        const std::vector<Tensor> slopes = gradients(loss, outputs);
        const Gradients trained = gradients(loss, trainer.parts.model.get("layer_report").parameters());
        for (std::size_t i = 0; i < calls.size(); ++i) {
          parts.push_back(figures(outputs[i], slopes[i], Own(calls[i].module).parameters, trained));
          out.push_back({calls[i].path, calls[i].module ? detail::type_name(*calls[i].module) : "lambda"});
        }
        return {parts.empty() ? zeros({0}, DType::kF64) : stack(parts)};
      },
      {.name = "layer report", .precision = trainer.options.precision, .device = trainer.options.device});
  const std::vector<double> values = step(rows.columns())[0].to_vector<double>();
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double* v = values.data() + i * kFigures;
    LayerStatistics& layer = out[i];
    for (double* figure : {&layer.mean, &layer.deviation, &layer.largest, &layer.zeros, &layer.dead, &layer.gradient,
                           &layer.weights, &layer.weight_gradients})
      *figure = *v++;
  }
  return {std::move(out)};
}

std::string LayerReport::text() const {
  const auto number = [](double x) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), x, std::chars_format::general, 3);
    return std::string(digits.data(), end.ptr);
  };
  std::vector<std::vector<std::string>> rows{
      {"layer", "type", "mean", "deviation", "largest", "zeros", "dead", "gradient", "weights", "their gradient"}};
  for (const LayerStatistics& s : layers)
    rows.push_back({s.path, s.type, number(s.mean), number(s.deviation), number(s.largest), number(s.zeros),
                    number(s.dead), number(s.gradient), number(s.weights), number(s.weight_gradients)});
  return detail::text_table(rows, "llrrrrrrrr");
}

}  // namespace weft
