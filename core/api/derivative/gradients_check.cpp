// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "core/base/check.h"
#include "weft/compile.h"
#include "weft/gradients.h"
#include "weft/ops.h"
#include "weft/random.h"

namespace weft {
namespace {

using Function = std::function<Tensor(const std::vector<Tensor>&)>;

// The step and the bound of central differences: the step balances truncation against rounding at the dtype's
// precision.
struct Setting {
  DType dtype;
  double step, bound;
};

std::vector<Tensor> run(const std::vector<Tensor>& inputs, const detail::TracedBody& body) {
  std::vector<detail::Argument> arguments;
  for (const Tensor& t : inputs) arguments.push_back({t, {}});
  return detail::Program(CompileOptions{}).run(arguments, body);
}

Tensor values(const std::vector<double>& v, const Shape& shape, DType dtype) { return Tensor::of(v, shape).to(dtype); }

// Derivative of a scalar function along every input element, by central differences.
std::vector<double> numeric(const std::function<double(const std::vector<Tensor>&)>& f,
                            const std::vector<Tensor>& point, const Setting& s) {
  std::vector<double> out;
  for (std::size_t i = 0; i < point.size(); ++i) {
    const std::vector<double> at = point[i].to_vector<double>();
    for (std::size_t e = 0; e < at.size(); ++e) {
      std::vector<Tensor> moved = point;
      std::vector<double> v = at;
      v[e] = at[e] + s.step;
      moved[i] = values(v, point[i].shape(), s.dtype);
      const double up = f(moved);
      v[e] = at[e] - s.step;
      moved[i] = values(v, point[i].shape(), s.dtype);
      out.push_back((up - f(moved)) / (2 * s.step));
    }
  }
  return out;
}

std::vector<double> flat(const std::vector<Tensor>& tensors) {
  std::vector<double> out;
  for (const Tensor& t : tensors) {
    const std::vector<double> v = t.to_vector<double>();
    out.insert(out.end(), v.begin(), v.end());
  }
  return out;
}

double worst_error(const std::vector<double>& got, const std::vector<double>& expected) {
  double worst = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double error = std::abs(got[i] - expected[i]) / std::max(1.0, std::abs(expected[i]));
    if (std::isnan(error)) return std::numeric_limits<double>::infinity();
    worst = std::max(worst, error);
  }
  return worst;
}

// Gradients of <f, weight> in the program at hand.
std::vector<Tensor> weighted(const Function& f, const std::vector<Tensor>& in, const Tensor& weight) {
  return gradients((f(in) * weight).sum(), in);
}

struct Errors {
  double reverse = 0, forward = 0, second = 0;
};

Errors compare(const Function& f, const std::vector<Tensor>& point, const Setting& s) {
  const auto call = [&](const std::vector<Tensor>& in) {
    return run(in, [&](const auto& t) { return std::vector{f(t)}; })[0];
  };
  const Tensor y = call(point);
  Errors worst;
  const auto outputs = static_cast<std::size_t>(y.numel());
  std::vector<std::vector<double>> jacobian(outputs);
  for (std::size_t j = 0; j < outputs; ++j) {
    std::vector<double> one(outputs, 0.0);
    one[j] = 1;
    const Tensor pick = values(one, y.shape(), s.dtype);
    jacobian[j] = numeric([&](const auto& at) { return call(at).template to_vector<double>()[j]; }, point, s);
    const auto reverse = flat(run(point, [&](const auto& in) { return weighted(f, in, pick); }));
    worst.reverse = std::max(worst.reverse, worst_error(reverse, jacobian[j]));
  }
  // Forward mode along one random direction: J v, with v drawn once.
  Generator generator(17);
  const GeneratorScope scope(generator);
  std::vector<Tensor> directions;
  for (const Tensor& p : point) directions.push_back(uniform(p.shape(), -1, 1, s.dtype));
  std::vector<double> expected(outputs, 0.0);
  const std::vector<double> v = flat(directions);
  for (std::size_t j = 0; j < outputs; ++j)
    for (std::size_t e = 0; e < v.size(); ++e) expected[j] += jacobian[j][e] * v[e];
  std::vector<double> tangent(outputs, 0.0);
  for (std::size_t i = 0; i < point.size(); ++i) {
    const auto along = [&](Tensor x) {
      std::vector<Tensor> in = point;
      in[i] = x;
      return f(in);
    };
    const auto part = jvp(along, point[i], directions[i]).tangent.to_vector<double>();
    for (std::size_t j = 0; j < outputs; ++j) tangent[j] += part[j];
  }
  worst.forward = worst_error(tangent, expected);
  // Second derivatives: the gradient of h = <grad <f, w>, v> against differences of h.
  const Tensor w = uniform(y.shape(), -1, 1, s.dtype);
  const auto h = [&](const std::vector<Tensor>& in) {
    const std::vector<Tensor> g = weighted(f, in, w);
    Tensor total = zeros({}, s.dtype);
    for (std::size_t i = 0; i < g.size(); ++i) total = total + (g[i] * directions[i]).sum();
    return total;
  };
  const auto second = numeric(
      [&](const auto& at) {
        return run(at, [&](const auto& in) { return std::vector{h(in)}; })[0].template item<double>();
      },
      point, s);
  worst.second = worst_error(flat(run(point, [&](const auto& in) { return gradients(h(in), in); })), second);
  return worst;
}

std::string verdict(const GradientReport& report) {
  std::ostringstream text;
  text << "bound " << report.bound << ": " << (report.ok ? "ok" : "WRONG");
  return text.str();
}

}  // namespace

GradientReport check_gradients(const std::function<Tensor(const std::vector<Tensor>&)>& f,
                               const std::vector<TensorSpec>& inputs) {
  Setting setting{DType::kF64, 1e-5, 1e-6};
  std::string why;
  const auto draw = [&] {
    Generator generator(5);
    const GeneratorScope scope(generator);
    std::vector<Tensor> point;
    for (const TensorSpec& spec : inputs) point.push_back(uniform(spec.shape, -1, 1, DType::kF64).to(setting.dtype));
    return point;
  };
  std::vector<Tensor> point = draw();
  try {
    run(point, [&](const auto& in) { return std::vector{f(in)}; });
  } catch (const Error& e) {
    if (!dynamic_cast<const DTypeError*>(&e) && !dynamic_cast<const DeviceError*>(&e)) throw;
    why = e.what();
    setting = {DType::kF32, 1e-2, 2e-2};
    point = draw();
  }
  const Errors errors = compare(f, point, setting);
  GradientReport report;
  report.worst = std::max({errors.reverse, errors.forward, errors.second});
  report.reverse = errors.reverse;
  report.forward = errors.forward;
  report.second = errors.second;
  report.bound = setting.bound;
  report.ok = report.worst <= report.bound;
  report.dtype = setting.dtype;
  report.why = why;
  std::ostringstream text;
  text << "gradients in " << name_of(report.dtype) << ": reverse " << report.reverse << ", forward " << report.forward
       << ", second derivative " << report.second << "; " << verdict(report);
  if (!why.empty()) text << "\n  not in f64, because: " << why;
  report.text = text.str();
  return report;
}

GradientReport check_gradients(const Map& f, const std::vector<TensorSpec>& inputs) {
  return check_gradients([&](const std::vector<Tensor>& in) { return f(in[0]); }, inputs);
}

}  // namespace weft
