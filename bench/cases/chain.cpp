// SPDX-License-Identifier: Apache-2.0
// Chains of eight elementwise ops: arithmetic alone, and with tanh and sigmoid, forward and backward.
#include "bench/case.h"

namespace weft::bench {
namespace {

Tensor arithmetic(const Tensor& x) {
  Tensor t = (x * 1.5 + 0.25) * x - 0.5;
  t = t * 0.75 + x;
  return t * t - x;
}

Tensor with_functions(const Tensor& x) {
  Tensor t = tanh((x * 1.5 + 0.25) * x);
  t = t * 0.75 + x;
  return sigmoid(t) - x;
}

std::int64_t elements(const Setup& setup) { return setup.tiny ? 1003 : std::int64_t{16} << 20; }

Case make_arithmetic(const Setup& setup) {
  const std::int64_t n = elements(setup);
  Case made{.about = About("chain").add("n", n).text()};
  made.bytes = made.footprint = 8.0 * static_cast<double>(n);
  const auto program = std::make_shared<Compiled<Tensor(Tensor)>>(compile([](Tensor x) { return arithmetic(x); }));
  Stateless stateless{
      .batches = {}, .inputs = {"x"}, .outputs = {"y"}, .run = [program](const std::vector<Tensor>& in) {
        return std::vector<Tensor>{(*program)(in[0])};
      }};
  for (std::size_t i = 0; i < rotation(4 * n); ++i) stateless.batches.push_back({noise({n})});
  stateless.explain = [program] { return program->explain(); };
  finish(made, std::move(stateless));
  return made;
}

using Backward = Compiled<std::vector<Tensor>(Tensor, Tensor)>;

Case make_with_functions(const Setup& setup) {
  const std::int64_t n = elements(setup);
  Case made{.about = About("chain-math").add("n", n).text()};
  made.bytes = made.footprint = 16.0 * static_cast<double>(n);
  const auto program = std::make_shared<Backward>(compile([](Tensor x, Tensor gy) {
    const Tensor y = with_functions(x);
    return std::vector<Tensor>{y, gradients(sum(y * gy), x)};
  }));
  Stateless stateless{
      .batches = {}, .inputs = {"x", "gy"}, .outputs = {"y", "dx"}, .run = [program](const std::vector<Tensor>& in) {
        return (*program)(in[0], in[1]);
      }};
  for (std::size_t i = 0; i < rotation(8 * n); ++i) stateless.batches.push_back({noise({n}), noise({n})});
  stateless.explain = [program] { return program->explain(); };
  finish(made, std::move(stateless));
  return made;
}

}  // namespace

std::vector<Row> chain_rows() { return {{"chain8", make_arithmetic}, {"chain8-math", make_with_functions}}; }

}  // namespace weft::bench
