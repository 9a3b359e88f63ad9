// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/in_turn.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "kernels/common/workspace.h"

namespace weft::kernels {

namespace {

// Address of a result of the base during a run: an output of the call, or an offset into the workspace.
struct BaseResult {
  DType dtype;
  std::size_t offset;
  int output = -1;
};

struct InTurn {
  static constexpr std::size_t kMaxViews = 32;

  exec::PreparedKernel base, body;
  std::size_t inputs = 0;           // of the base
  std::vector<BaseResult> between;  // the results of the base
  std::vector<std::size_t> own;     // the call's outputs that the body computes
  std::size_t rest = 0;             // offset at which the workspace of either begins

  // Views made here have no shape: kernels know it from their request, and a copy would allocate.
  void run(const Call& call) const {
    auto* space = static_cast<std::byte*>(call.workspace.data);
    std::array<View, kMaxViews> in, out;
    std::size_t count = 0;
    for (const BaseResult& result : between) {
      void* given = result.output < 0 ? nullptr : call.outputs[static_cast<std::size_t>(result.output)].data;
      in[count++] = {given ? given : space + result.offset, {{}, result.dtype}};
    }
    for (const View& further : call.inputs.subspan(inputs)) in[count++] = {further.data, {{}, further.spec.dtype}};
    for (std::size_t i = 0; i < own.size(); ++i) {
      const View& wanted = call.outputs[own[i]];
      out[i] = {wanted.data, {{}, wanted.spec.dtype}};
    }
    Call first = call, second = call;
    first.inputs = call.inputs.first(inputs);
    first.outputs = std::span(in).first(between.size());
    second.inputs = std::span(in).first(count);
    second.outputs = std::span(out).first(own.size());
    first.workspace.data = second.workspace.data = space + rest;
    base.run(first);
    body.run(second);
  }
};

// Moves what the body only passes on from its outputs to where the base writes it.
ir::Graph without_passed_on(const ir::Graph& body, InTurn& kernel) {
  ir::Graph rest = body;
  rest.outputs.clear();
  for (std::size_t o = 0; o < body.outputs.size(); ++o) {
    std::size_t i = 0;
    while (i < kernel.between.size() && body.inputs[i].value != body.outputs[o].value) ++i;
    if (i < kernel.between.size() && kernel.between[i].output < 0) {
      kernel.between[i].output = static_cast<int>(o);
    } else {
      kernel.own.push_back(o);
      rest.outputs.push_back(body.outputs[o]);
    }
  }
  return rest;
}

}  // namespace

const ir::Node* lone_node(const ir::Graph& body) {
  const ir::Node& last = body.nodes.back();
  const std::string& op = last.op.name();
  return op == "relu_bits" || op == "relu_bits_grad" || op == "gelu_tanh_grad" ? &last : nullptr;
}

namespace {

exec::PreparedKernel prepare_body(const exec::KernelRequest& request, std::shared_ptr<const ir::Graph> body,
                                  std::span<const TensorSpec> in, std::span<const TensorSpec> out) {
  if (body->outputs.empty()) return {[](const Call&) {}};
  if (const ir::Node* lone = lone_node(*body))
    return exec::prepare_kernel({lone->op, lone->attributes, in, out, request.device, request.path});
  return exec::prepare_kernel({ir::OpId::of("pointwise"),
                               request.attributes,
                               in,
                               out,
                               request.device,
                               request.path,
                               {ir::Region::Kind::kElementwise, std::move(body)}});
}

}  // namespace

exec::PreparedKernel prepare_in_turn(const exec::KernelRequest& request, std::string_view base, std::size_t inputs) {
  const std::span<const TensorSpec> further = request.inputs.subspan(inputs);
  auto kernel = std::make_shared<InTurn>();
  kernel->inputs = inputs;
  const ir::Graph& whole = *request.region.graph;
  std::vector<TensorSpec> between;
  for (std::size_t i = 0; i + further.size() < whole.inputs.size(); ++i) {
    between.push_back(whole.spec(whole.inputs[i].value));
    kernel->between.push_back({between.back().dtype, kernel->rest});
    kernel->rest += padded(static_cast<std::size_t>(between.back().bytes()));
  }
  const auto body = std::make_shared<const ir::Graph>(without_passed_on(whole, *kernel));
  std::vector<TensorSpec> in = between, out;
  in.insert(in.end(), further.begin(), further.end());
  for (const ir::Output& output : body->outputs) out.push_back(body->spec(output.value));
  if (std::max(in.size(), request.outputs.size()) > InTurn::kMaxViews)
    fail_at<ValueError>(request.op.name(), request.path, "has ", std::max(in.size(), request.outputs.size()),
                        " operands or results; at most ", InTurn::kMaxViews);
  kernel->base = exec::prepare_kernel({ir::OpId::of(base),
                                       request.attributes,
                                       request.inputs.first(inputs),
                                       between,
                                       request.device,
                                       request.path,
                                       {},
                                       request.allow_tf32});
  kernel->body = prepare_body(request, body, in, out);
  return {[kernel](const Call& call) { kernel->run(call); },
          kernel->rest + std::max(kernel->base.workspace, kernel->body.workspace)};
}

}  // namespace weft::kernels
