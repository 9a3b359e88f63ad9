// SPDX-License-Identifier: Apache-2.0
#include "weft/random.h"

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "core/api/trace/cell.h"
#include "core/api/trace/dispatch.h"
#include "core/api/trace/generator_state.h"
#include "core/base/check.h"
#include "core/base/lasting.h"
#include "weft/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

thread_local Generator* chosen = nullptr;

Generator& current_generator() { return chosen ? *chosen : default_generator(); }

Tensor state_tensor(detail::GeneratorState state) {
  const DeviceScope host(Device::cpu());
  return Tensor::of({state.seed, state.call}, {2});
}

// Runs `draw(state, ordinal)`; outside a trace each draw is one call of the generator.
template <class Draw>
Tensor drawn(Device device, Draw draw) {
  const Variable& state = current_generator().state();
  if (detail::Tracer* tracer = detail::Tracer::current()) {
    const auto [value, ordinal] = tracer->next_draw(state.cell());
    return draw(tracer->wrap(value), ordinal);
  }
  return draw(state_tensor(detail::take_call(*state.cell())).to(device), std::int64_t{0});
}

Tensor draw_shaped(const char* op, const Shape& shape, DType dtype) {
  for (const std::int64_t d : shape)
    if (d < 0) fail<ShapeError>(op, "shape ", shape, " has a negative size");
  return drawn(default_device(), [&](const Tensor& state, std::int64_t ordinal) {
    return detail::apply1(op, {state}, {{"shape", shape.dims()}, {"dtype", dtype}, {"ordinal", ordinal}});
  });
}

}  // namespace

Generator::Generator(std::uint64_t seed) : state_(state_tensor({static_cast<std::int64_t>(seed), 0})) {
  state_.cell()->roams = true;
  state_.cell()->path = "generator";
}

void Generator::seed(std::uint64_t seed) { detail::set_state(*state_.cell(), {static_cast<std::int64_t>(seed), 0}); }

std::uint64_t Generator::seed() const { return static_cast<std::uint64_t>(detail::read_state(*state_.cell()).seed); }

Generator& default_generator() {
  static const Lasting<Generator> generator(std::uint64_t{0});
  return *generator;
}

void seed(std::uint64_t s) { default_generator().seed(s); }

std::uint64_t draw_seed() {
  const detail::GeneratorState state = detail::take_call(*current_generator().state().cell());
  return detail::mix_seed(static_cast<std::uint64_t>(state.seed), "seed " + std::to_string(state.call));
}

GeneratorScope::GeneratorScope(Generator& generator) : before_(chosen) { chosen = &generator; }
GeneratorScope::~GeneratorScope() { chosen = before_; }

Tensor uniform(Shape shape, Scalar low, Scalar high, DType dtype) {
  if (!is_floating(dtype)) fail<DTypeError>("uniform", "dtype is ", dtype, "; draws are floating");
  Tensor u = draw_shaped("uniform", shape, dtype);
  if (high.real != 1.0 || low.real != 0.0) u = u * (high.real - low.real);
  return low.real == 0.0 ? u : u + low.real;
}

namespace {

// The logarithm of Gamma(k, 1) draws. In f64 for results in f64, and for large k, whose draws differ by less than f32
// holds of their logarithm; else in f32.
Tensor log_gamma_draws(const Shape& shape, double k, DType dtype) {
  for (const std::int64_t d : shape)
    if (d < 0) fail<ShapeError>("gamma", "shape ", shape, " has a negative size");
  return drawn(default_device(), [&](const Tensor& state, std::int64_t ordinal) {
    return detail::apply1("log_gamma_draw", {state},
                          {{"shape", shape.dims()},
                           {"dtype", dtype == DType::kF64 || k > 64 ? DType::kF64 : DType::kF32},
                           {"k", k},
                           {"ordinal", ordinal}});
  });
}

void check_parameters(const char* op, std::initializer_list<double> parameters, DType dtype) {
  if (!is_floating(dtype)) fail<DTypeError>(op, "dtype is ", dtype, "; draws are floating");
  for (const double p : parameters)
    if (!(p > 0 && std::isfinite(p))) fail<ValueError>(op, "a parameter is ", p, "; it must be positive and finite");
}

}  // namespace

Tensor gamma(Shape shape, double k, DType dtype) {
  check_parameters("gamma", {k}, dtype);
  return exp(log_gamma_draws(shape, k, dtype)).to(dtype);
}

Tensor beta(Shape shape, double a, double b, DType dtype) {
  check_parameters("beta", {a, b}, dtype);
  return sigmoid(log_gamma_draws(shape, a, dtype) - log_gamma_draws(shape, b, dtype)).to(dtype);
}

Tensor randint(std::int64_t low, std::int64_t high, Shape shape, DType dtype) {
  if (is_floating(dtype) || dtype == DType::kBool)
    fail<DTypeError>("randint", "dtype is ", dtype, "; it must be one of integers");
  // Unsigned, because the difference of two i64 may be more than an i64 holds.
  const auto count = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  if (low >= high || count > (std::uint64_t{1} << 53))
    fail<ValueError>("randint", "the range is [", low, ", ", high, "); it must hold 1 to 2^53 numbers");
  const auto range = static_cast<double>(count);
  // At most the last number, because u * range may be rounded up to range.
  const Tensor place = minimum(floor(uniform(std::move(shape), 0.0, 1.0, DType::kF64) * range), range - 1);
  return (place.to(DType::kI64) + low).to(dtype);
}

Tensor randperm(std::int64_t n) {
  if (n < 0) fail<ShapeError>("randperm", "n is ", n, "; it must be 0 or more");
  return sort(uniform({n}, 0.0, 1.0, DType::kF64)).second;
}

Tensor bernoulli(const Tensor& p) {
  if (!is_floating(p.dtype())) fail<DTypeError>("bernoulli", "p is ", p.dtype(), "; probabilities are floating");
  const DType wide = p.dtype() == DType::kF64 ? DType::kF64 : DType::kF32;
  const DeviceScope on(p.device());
  return (uniform(p.shape(), 0.0, 1.0, wide) < p.to(wide)).to(p.dtype());
}

Tensor bernoulli(Shape shape, double p, DType dtype) {
  if (!is_floating(dtype)) fail<DTypeError>("bernoulli", "dtype is ", dtype, "; draws are floating");
  if (!(p >= 0 && p <= 1)) fail<ValueError>("bernoulli", "p is ", p, "; it must lie in [0, 1]");
  return (uniform(std::move(shape)) < p).to(dtype);
}

Tensor randn(Shape shape, DType dtype) {
  if (!is_floating(dtype)) fail<DTypeError>("randn", "dtype is ", dtype, "; draws are floating");
  return draw_shaped("normal", shape, dtype);
}

Tensor dropout(const Tensor& x, double rate) {
  detail::impl_of(x, "dropout");
  if (!(rate >= 0.0 && rate < 1.0)) fail<ValueError>("dropout", "rate is ", rate, "; it must lie in [0, 1)");
  return drawn(x.device(), [&](const Tensor& state, std::int64_t ordinal) {
    return detail::apply1("dropout", {x, state}, {{"rate", rate}, {"ordinal", ordinal}});
  });
}

}  // namespace weft
