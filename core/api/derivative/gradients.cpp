// SPDX-License-Identifier: Apache-2.0
#include "weft/gradients.h"

#include <algorithm>
#include <set>

#include "core/api/trace/cell.h"
#include "core/api/trace/dispatch.h"
#include "core/api/trace/tracer.h"
#include "core/autodiff/autodiff.h"
#include "core/base/check.h"
#include "core/ops/phase.h"
#include "weft/compile.h"
#include "weft/detail/host_allocation.h"
#include "weft/ops.h"

namespace weft {
namespace {

using detail::Tracer;

Tracer& tracer_or_throw(const char* op) {
  Tracer* tracer = Tracer::current();
  if (!tracer)
    fail<TraceError>(op, "there is no tape: call it inside compile(), or use value_and_grad() on a function");
  return *tracer;
}

ir::Value scalar_of(Tracer& tracer, const Tensor& scalar, const char* op) {
  const TensorSpec& spec = detail::impl_of(scalar, op).spec();
  if (spec.shape.numel() != 1)
    fail<ShapeError>(op, "the loss is ", spec, "; it must have one element: reduce it first");
  if (!is_floating(spec.dtype)) fail<DTypeError>(op, "the loss is ", spec, "; only floating dtypes have gradients");
  return tracer.lift(scalar, op);
}

std::vector<ir::Value> backward(Tracer& tracer, ir::Value scalar, const std::vector<ir::Value>& wrt) {
  const TensorSpec spec = tracer.graph().spec(scalar);
  const ir::Value one =
      tracer.build().emit("full", {}, {{"shape", spec.shape.dims()}, {"dtype", spec.dtype}, {"value", 1.0}});
  const std::size_t first = tracer.graph().nodes.size();
  std::vector<ir::Value> out =
      detail::allocating("gradients", 0, [&] { return autodiff::backward(tracer.build(), {{scalar}}, {{one}}, wrt); });
  auto& nodes = tracer.build().graph().nodes;
  for (std::size_t n = first; n < nodes.size(); ++n) nodes[n].path = ops::backward_path(nodes[n].path);
  return out;
}

// Runs `body` in the trace at hand, or as a program of its own.
std::vector<Tensor> traced(const std::vector<Tensor>& inputs, const detail::TracedBody& body) {
  std::vector<detail::Argument> arguments;
  for (const Tensor& t : inputs) arguments.push_back({t, {}});
  return detail::Program(CompileOptions{}).run(arguments, body);
}

// A copy of x, so that derivatives with respect to the copy leave out other uses of x.
Tensor alias(const Tensor& x) { return detail::apply1("copy", {x}); }

void check_like(const char* op, const char* what, const Tensor& given, const TensorSpec& wanted) {
  const TensorSpec& spec = detail::impl_of(given, op).spec();
  if (!(spec == wanted)) fail<ShapeError>(op, what, " is ", spec, ", it must be ", wanted);
}

Tensor transposed(const Tensor& y, const Tensor& x, const Tensor& cotangent) {
  Tracer& tracer = tracer_or_throw("vjp");
  check_like("vjp", "the cotangent", cotangent, y.impl()->spec());
  const ir::Value out = autodiff::backward(tracer.build(), {{tracer.lift(y, "vjp")}}, {{tracer.lift(cotangent, "vjp")}},
                                           {{tracer.lift(x, "vjp")}})[0];
  return out.defined() ? tracer.wrap(out) : zeros_like(x);
}

}  // namespace

Tensor Gradients::operator[](const Variable& variable) const {
  for (std::size_t i = 0; i < of.size(); ++i)
    if (of[i].same_cell(variable)) return values[i];
  fail<ValueError>("gradients", "'", variable.path(), "' is not among the variables that were differentiated");
}

Gradients gradients(const Tensor& scalar, const Parameters& of) {
  Tracer& tracer = tracer_or_throw("gradients");
  const ir::Value loss = scalar_of(tracer, scalar, "gradients");
  // Every version that was read is a leaf, because the trace may assign the variable. The result is the gradient of the
  // latest version that the loss depends on.
  std::vector<ir::Value> wrt;
  std::vector<std::size_t> ends;
  for (const Variable& v : of) {
    for (const ir::Value version : tracer.versions(v.cell())) wrt.push_back(version);
    ends.push_back(wrt.size());
  }
  const std::vector<ir::Value> found = backward(tracer, loss, wrt);
  Gradients out{of, {}};
  std::size_t begin = 0;
  for (const std::size_t end : ends) {
    Tensor value;
    for (std::size_t i = end; i-- > begin && !value.defined();)
      if (found[i].defined()) value = tracer.wrap(found[i]);
    if (value.defined()) of[out.values.size()].cell()->trained = true;
    out.values.push_back(std::move(value));
    begin = end;
  }
  return out;
}

std::vector<Tensor> gradients(const Tensor& scalar, const std::vector<Tensor>& of) {
  Tracer& tracer = tracer_or_throw("gradients");
  const ir::Value loss = scalar_of(tracer, scalar, "gradients");
  std::vector<ir::Value> wrt;
  for (const Tensor& t : of) wrt.push_back(tracer.lift(t, "gradients"));
  std::vector<Tensor> out;
  const std::vector<ir::Value> found = backward(tracer, loss, wrt);
  for (std::size_t i = 0; i < found.size(); ++i)
    out.push_back(found[i].defined() ? tracer.wrap(found[i]) : zeros_like(of[i]));
  return out;
}

Tensor gradients(const Tensor& scalar, const Tensor& of) { return gradients(scalar, std::vector<Tensor>{of})[0]; }

Dual jvp(const Map& f, const Tensor& x, const Tensor& direction) {
  check_like("jvp", "the direction", direction, detail::impl_of(x, "jvp").spec());
  auto out = traced({x, direction}, [&](const std::vector<Tensor>& in) -> std::vector<Tensor> {
    Tracer& tracer = tracer_or_throw("jvp");
    const Tensor point = alias(in[0]);
    const Tensor y = f(point);
    const ir::Value tangent = autodiff::forward(tracer.build(), {{tracer.lift(y, "jvp")}}, {{point.impl()->value()}},
                                                {{tracer.lift(in[1], "jvp")}})[0];
    return {y, tangent.defined() ? tracer.wrap(tangent) : zeros_like(y)};
  });
  return {std::move(out[0]), std::move(out[1])};
}

std::pair<Tensor, Map> vjp(const Map& f, const Tensor& x) {
  detail::impl_of(x, "vjp");
  if (tracing()) {
    const Tensor point = alias(x);
    const Tensor y = f(point);
    return {y, [point, y](Tensor cotangent) { return transposed(y, point, cotangent); }};
  }
  Tensor y = traced({x}, [&](const std::vector<Tensor>& in) -> std::vector<Tensor> { return {f(in[0])}; })[0];
  return {y, [f, x](Tensor cotangent) {
            return traced({x, cotangent}, [&](const std::vector<Tensor>& in) -> std::vector<Tensor> {
              const Tensor point = alias(in[0]);
              return {transposed(f(point), point, in[1])};
            })[0];
          }};
}

Map grad(Map f) {
  return [f = std::move(f)](Tensor x) {
    return traced({x}, [&](const std::vector<Tensor>& in) -> std::vector<Tensor> {
      const Tensor point = alias(in[0]);
      return {gradients(f(point), point)};
    })[0];
  };
}

Tensor hvp(const Map& f, const Tensor& x, const Tensor& v) { return jvp(grad(f), x, v).tangent; }

std::vector<Variable> detail::reached_parameters(const Tensor& scalar) {
  Tracer& tracer = tracer_or_throw("gradients");
  const std::set<ir::Value> found = autodiff::influences(tracer.build(), tracer.lift(scalar, "gradients"));
  const TracePause pause;  // reading `trainable` shall add no guard to the trace
  std::vector<Variable> out;
  for (const auto& cell : tracer.cells()) {
    if (!cell->parameter || !cell->trainable.get()) continue;
    const std::vector<ir::Value> versions = tracer.versions(cell);
    if (std::any_of(versions.begin(), versions.end(), [&](ir::Value v) { return found.contains(v); }))
      out.emplace_back(cell);
  }
  return out;
}

std::pair<Tensor, Gradients> detail::value_and_grad(const std::function<Tensor(const std::vector<Tensor>&)>& f,
                                                    const Parameters& of, const std::vector<Tensor>& arguments) {
  std::vector<bool> reached;
  auto out = traced(arguments, [&](const std::vector<Tensor>& in) {
    const Tensor value = f(in);
    const Gradients g = gradients(value, of);
    std::vector<Tensor> all{value};
    for (const Tensor& t : g.values) {
      reached.push_back(t.defined());
      if (t.defined()) all.push_back(t);
    }
    return all;
  });
  Gradients g{of, {}};
  std::size_t next = 1;
  for (const bool r : reached) g.values.push_back(r ? out[next++] : Tensor());
  return {out[0], std::move(g)};
}

}  // namespace weft
