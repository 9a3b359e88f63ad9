// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <type_traits>

#include "core/exec/kernel.h"
#include "kernels/common/dispatch.h"
#include "kernels/common/float_types.h"
#include "kernels/reduce/accumulate.h"

namespace weft::kernels {

// The kernel of one reduction over one dtype, made by Make<Op, T, Out>::prepare(request). `Sums<T>` is the type of sums
// over T. Maxima need no more than Compute<T>, and everything over integers is i64.
template <template <class, class, class> class Make, template <class> class Sums>
struct ReduceDispatch {
  using Request = exec::KernelRequest;
  using Prepared = exec::PreparedKernel;

  static Prepared prepare(const Request& request) {
    const std::string& op = request.op.name();
    if (op == "sum") return any<Sum, Sums, true>(request);
    if (op == "prod") return any<Product, Sums, true>(request);
    if (op == "max") return any<Max, Compute, false>(request);
    if (op == "min") return any<Min, Compute, false>(request);
    if (op == "argmax") return place<ArgMax>(request);
    if (op == "argmin") return place<ArgMin>(request);
    if (op == "mean") return floating<Mean, Sums>(request);
    // Values far from 0 leave few digits for their spread: an f32 mean would lose them again.
    if (op == "variance") return floating<Variance, Wide>(request);
    if (op == "logsumexp") return floating<LogSumExp, Sums>(request);
    fail<DeviceError>(op, "is not one of the reductions");
  }

 private:
  template <class T>
  using Wide = double;
  template <class T>
  static constexpr bool kInteger = std::is_integral_v<T>;

  template <template <class> class Op, template <class> class Element, bool widen_integers>
  static Prepared any(const Request& request) {
    return with_dtype(request.inputs[0].dtype, [&](auto type) {
      using T = typename decltype(type)::type;
      if constexpr (kInteger<T>) {
        using Out = std::conditional_t<widen_integers, std::int64_t, T>;
        return Make<Op<std::int64_t>, T, Out>::prepare(request);
      } else {
        return Make<Op<Element<T>>, T, T>::prepare(request);
      }
    });
  }

  template <template <class> class Op>
  static Prepared place(const Request& request) {
    return with_dtype(request.inputs[0].dtype, [&](auto type) {
      using T = typename decltype(type)::type;
      using E = std::conditional_t<kInteger<T>, std::int64_t, Compute<T>>;
      return Make<Op<E>, T, std::int64_t>::prepare(request);
    });
  }

  template <template <class> class Op, template <class> class Element>
  static Prepared floating(const Request& request) {
    return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) {
      using T = typename decltype(type)::type;
      return Make<Op<Element<T>>, T, T>::prepare(request);
    });
  }
};

}  // namespace weft::kernels
