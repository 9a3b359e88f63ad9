// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "weft/detail/export.h"
#include "weft/tensor.h"
#include "weft/variable.h"

// Derivatives. There is no tape: inside a trace the graph is there and gradients() adds the backward nodes to it;
// outside, value_and_grad, vjp, jvp and hvp take a function and trace it. All results can be differentiated again.
namespace weft WEFT_EXPORT {

// One tensor per variable of `of`, in its order; undefined where the variable does not reach the scalar.
struct Gradients {
  Parameters of;               // the variables
  std::vector<Tensor> values;  // one gradient per variable, of its shape and dtype
  // The gradient of one variable; ValueError when it is not in `of`.
  [[nodiscard]] Tensor operator[](const Variable& variable) const;
};

// d scalar / d variable. TraceError outside a trace, ShapeError unless `scalar` has one element.
Gradients gradients(const Tensor& scalar, const Parameters& of);
// d scalar / d tensor, zeros where unreached.
[[nodiscard]] std::vector<Tensor> gradients(const Tensor& scalar, const std::vector<Tensor>& of);
[[nodiscard]] Tensor gradients(const Tensor& scalar, const Tensor& of);

// Square root of the sum of all squares, f32(); f64() if a gradient is. Squares and sums are f64, so that neither
// overflows nor underflows.
[[nodiscard]] Tensor global_norm(const Gradients& gradients);
// Gradients scaled by min(1, limit / norm), with norm as global_norm(). As torch.nn.utils.clip_grad_norm_.
Gradients clip_global_norm(const Gradients& gradients, const Tensor& limit);
Gradients clip_global_norm(const Gradients& gradients, Scalar limit);

// A value and its derivative in one direction.
struct Dual {
  Tensor value, tangent;  // two tensors of one shape
};
// A function of one tensor.
using Map = std::function<Tensor(Tensor)>;

// f(x) and J(x) direction: forward mode. f sees a fresh alias of x, so calls nest.
Dual jvp(const Map& f, const Tensor& x, const Tensor& direction);
// f(x) and the map that takes a cotangent of f(x) to a cotangent of x: reverse mode.
[[nodiscard]] std::pair<Tensor, Map> vjp(const Map& f, const Tensor& x);
// The gradient of a scalar function: x -> df/dx.
Map grad(Map f);
// H(x) v of a scalar function: forward over reverse.
[[nodiscard]] Tensor hvp(const Map& f, const Tensor& x, const Tensor& v);

namespace detail {
// global_norm() of these tensors in f64(), undefined ones left out.
[[nodiscard]] WEFT_EXPORT Tensor norm_of(const std::vector<Tensor>& tensors);
// x * factor in x's dtype for an f64() factor in (0, 1], also where x's dtype is too narrow for the factor.
[[nodiscard]] WEFT_EXPORT Tensor scaled_down(const Tensor& x, const Tensor& factor);
// Traces `f` on the arguments (in the trace at hand, or as a program of its own) and differentiates its scalar result.
[[nodiscard]] std::pair<Tensor, Gradients> value_and_grad(const std::function<Tensor(const std::vector<Tensor>&)>& f,
                                                          const Parameters& of, const std::vector<Tensor>& arguments);
// The trainable variables made as Parameter that a traced scalar depends on, in order of first use.
std::vector<Variable> reached_parameters(const Tensor& scalar);
}  // namespace detail

// A function that gives f's scalar and its gradients with respect to variables.
template <class F>
auto value_and_grad(F f, Parameters of) {
  return [f = std::move(f), of = std::move(of)](auto... arguments) {
    return detail::value_and_grad(
        [&](const std::vector<Tensor>& in) {
          return [&]<std::size_t... i>(std::index_sequence<i...>) { return f(in[i]...); }
          (std::index_sequence_for<decltype(arguments)...>{});
        },
        of, {Tensor(arguments)...});
  };
}

// Result of check_gradients.
struct GradientReport {
  bool ok = false;            // every derivative is within its bound
  double worst = 0;           // largest error relative to max(1, |numeric|)
  double reverse = 0;         // largest error of the reverse derivative
  double forward = 0;         // largest error of the forward derivative
  double second = 0;          // largest error of the second derivative
  double bound = 0;           // the largest `worst` that is ok
  DType dtype = DType::kF64;  // dtype of the arithmetic
  std::string why{};          // the error of the attempt in f64, if dtype is another
  std::string text{};         // one line, and a second one with `why`
};
// Compares f's reverse, forward and second derivatives with central differences at a random point: the full Jacobian in
// f64. If an op of f has no f64 kernel, the check is in f32 with a wider bound, and `text` says so.
GradientReport check_gradients(const std::function<Tensor(const std::vector<Tensor>&)>& f,
                               const std::vector<TensorSpec>& inputs);
GradientReport check_gradients(const Map& f, const std::vector<TensorSpec>& inputs);
// Compares the reverse derivative of a scalar by variables with central differences, one element after the other, at
// the variables' values, which are the same afterwards. Only `reverse` is measured; `text` says what both ways cost.
// `loss` reads the variables and draws no random numbers. ShapeError unless it gives one element, DTypeError unless
// every variable is f32 or f64.
GradientReport check_gradients(const std::function<Tensor()>& loss, const Parameters& of);

}  // namespace weft
