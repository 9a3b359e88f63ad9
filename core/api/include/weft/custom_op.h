// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <any>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weft/detail/export.h"
#include "weft/kernel_call.h"
#include "weft/tensor.h"

// A user's own op: shape rule, CPU and CUDA kernel, gradient. A registered op traces, differentiates and prints like a
// built-in one.
namespace weft WEFT_EXPORT {

// Tensors that a gradient reads. All others can be freed after the forward.
enum class Reads : std::uint8_t { kNothing = 0, kInputs = 1, kOutputs = 2, kBoth = 3 };

// Attributes of an op that has none.
struct NoAttributes {
  bool operator==(const NoAttributes&) const = default;
};

// Definition of a user's op. `Attributes` are constants of a call, compared with ==. In a struct that is copied byte by
// byte 0.0 is not -0.0 and a NaN is itself, whatever == says; another type's == has to tell them apart.
template <class Attributes = NoAttributes>
struct OpRule {
  std::string name;  // "user::window_sum"
  // Output specs; throws ShapeError or DTypeError.
  std::function<std::vector<TensorSpec>(std::span<const TensorSpec>, const Attributes&)> shape;
  // Kernels, run once per call on dense operands; one of the two may be missing. The CUDA kernel only enqueues on
  // call.stream.
  std::function<void(const Call&, const Attributes&)> cpu{};
  std::function<void(const Call&, const Attributes&)> cuda{};
  bool recordable = true;  // false: the CUDA kernel works on the host, too, so its programs are not recorded
  std::function<std::size_t(std::span<const TensorSpec>, const Attributes&)> workspace{};  // bytes
  // true: promises that samples do not mix. Row i of a result then depends on row i of the inputs with a row per
  // sample, and on the other inputs as a whole. Without this promise a program with buckets refuses the op.
  bool rows_apart = false;
  Reads backward_reads = Reads::kInputs;
  // Cotangents of the inputs, written with ops, so that the gradient can be differentiated again. `in` and `out`
  // outside backward_reads are undefined tensors; an undefined cotangent or result means zero. Empty: the op has no
  // gradient.
  std::function<std::vector<Tensor>(std::span<const Tensor> in, std::span<const Tensor> out,
                                    std::span<const Tensor> cotangent, const Attributes&)>
      gradient{};
};

namespace detail {
struct ErasedRule {
  std::string name;
  std::function<std::vector<TensorSpec>(std::span<const TensorSpec>, const std::any&)> shape;
  std::function<void(const Call&, const std::any&)> cpu, cuda;
  bool recordable = true, rows_apart = false;
  std::function<std::size_t(std::span<const TensorSpec>, const std::any&)> workspace;
  Reads backward_reads = Reads::kInputs;
  std::function<std::vector<Tensor>(std::span<const Tensor>, std::span<const Tensor>, std::span<const Tensor>,
                                    const std::any&)>
      gradient;
  bool (*equal)(const std::any&, const std::any&) = nullptr;
};
void register_custom_op(ErasedRule rule);
// True if two objects have the same bytes; `equal` tells for others whether == holds. Objects that differ as 0.0 and
// -0.0 do are then no longer equal, and those that differ in padding alone are.
bool same_value(std::span<const std::byte> a, std::span<const std::byte> b, bool equal);
[[nodiscard]] std::vector<Tensor> call_custom_op(const std::string& name, std::span<const Tensor> inputs,
                                                 std::any attributes, bool (*equal)(const std::any&, const std::any&));
}  // namespace detail

// A registered rule as a callable: `Tensor y = op({x})`.
template <class Attributes = NoAttributes>
class Op {
 public:
  // Registers the rule for the life of the process. ValueError if the name is taken.
  explicit Op(OpRule<Attributes> rule) : name_(rule.name) {
    detail::ErasedRule erased;
    erased.name = rule.name;
    erased.backward_reads = rule.backward_reads;
    erased.equal = &equal;
    erased.recordable = rule.recordable;
    erased.rows_apart = rule.rows_apart;
    erased.shape = erase(std::move(rule.shape));
    erased.cpu = erase(std::move(rule.cpu));
    erased.cuda = erase(std::move(rule.cuda));
    erased.workspace = erase(std::move(rule.workspace));
    erased.gradient = erase(std::move(rule.gradient));
    detail::register_custom_op(std::move(erased));
  }
  // The first output.
  Tensor operator()(std::initializer_list<Tensor> inputs, const Attributes& attributes = {}) const {
    return all(inputs, attributes)[0];
  }
  // All outputs.
  [[nodiscard]] std::vector<Tensor> all(std::initializer_list<Tensor> inputs, const Attributes& attributes = {}) const {
    return detail::call_custom_op(name_, {inputs.begin(), inputs.size()}, attributes, &equal);
  }

 private:
  static bool equal(const std::any& a, const std::any& b) {
    const auto* x = std::any_cast<Attributes>(&a);
    const auto* y = std::any_cast<Attributes>(&b);
    if (!x || !y) return false;
    if constexpr (std::is_trivially_copyable_v<Attributes>) {
      return detail::same_value(std::as_bytes(std::span(x, 1)), std::as_bytes(std::span(y, 1)), *x == *y);
    } else {
      return *x == *y;
    }
  }
  template <class R, class A>
  static std::function<R(A, const std::any&)> erase(std::function<R(A, const Attributes&)> f) {
    if (!f) return {};
    return [f = std::move(f)](A a, const std::any& attributes) {
      return f(a, std::any_cast<const Attributes&>(attributes));
    };
  }
  template <class R, class A, class B, class C>
  static std::function<R(A, B, C, const std::any&)> erase(std::function<R(A, B, C, const Attributes&)> f) {
    if (!f) return {};
    return [f = std::move(f)](A a, B b, C c, const std::any& attributes) {
      return f(a, b, c, std::any_cast<const Attributes&>(attributes));
    };
  }
  std::string name_;
};

}  // namespace weft
