// SPDX-License-Identifier: Apache-2.0
#include "kernels/movement/strided.h"

#include <string>
#include <utility>

#include "core/base/check.h"

namespace weft::kernels {
namespace {

using Steps = std::vector<std::int64_t>;

// Before collapsing: any number of axes.
struct Walk {
  Steps size, in, out;
  std::int64_t in_offset = 0, out_offset = 0;
};

// The input's elements in order, with the output's steps.
Walk over_input(const exec::KernelRequest& request, std::size_t i) {
  const Shape& shape = request.inputs[i].shape;
  return {shape.dims(), row_major_strides(shape), row_major_strides(request.outputs[0].shape)};
}

// The output's elements in order; the caller says how they step through the input.
Walk over_output(const exec::KernelRequest& request, Steps in) {
  const Shape& shape = request.outputs[0].shape;
  return {shape.dims(), std::move(in), row_major_strides(shape)};
}

Walk copy(const exec::KernelRequest& request) {
  const std::int64_t n = request.inputs[0].shape.numel();
  return {{n}, {1}, {1}};
}

Walk transpose(const exec::KernelRequest& request) {
  const Steps strides = row_major_strides(request.inputs[0].shape);
  Steps in;
  for (const std::int64_t axis : request.attributes.ints("perm")) in.push_back(strides[static_cast<std::size_t>(axis)]);
  return over_output(request, std::move(in));
}

Walk broadcast_to(const exec::KernelRequest& request) {
  const Shape& from = request.inputs[0].shape;
  const Steps strides = row_major_strides(from);
  Steps in(request.outputs[0].shape.dims().size(), 0);
  const std::size_t shift = in.size() - strides.size();
  for (std::size_t k = 0; k < strides.size(); ++k) in[shift + k] = from.dims()[k] == 1 ? 0 : strides[k];
  return over_output(request, std::move(in));
}

Walk slice(const exec::KernelRequest& request) {
  const ir::Ints& begin = request.attributes.ints("begin");
  const ir::Ints& step = request.attributes.ints("step");
  Walk walk = over_output(request, row_major_strides(request.inputs[0].shape));
  for (std::size_t k = 0; k < walk.in.size(); ++k) {
    walk.in_offset += begin[k] * walk.in[k];
    walk.in[k] *= step[k];
  }
  return walk;
}

Walk flip(const exec::KernelRequest& request) {
  Walk walk = over_output(request, row_major_strides(request.inputs[0].shape));
  for (const std::int64_t axis : request.attributes.ints("axes")) {
    const auto k = static_cast<std::size_t>(axis);
    walk.in_offset += (walk.size[k] - 1) * walk.in[k];
    walk.in[k] = -walk.in[k];
  }
  return walk;
}

Walk pad(const exec::KernelRequest& request) {
  const ir::Ints& low = request.attributes.ints("low");
  const ir::Ints& interior = request.attributes.ints("interior");
  Walk walk = over_input(request, 0);
  for (std::size_t k = 0; k < walk.out.size(); ++k) {
    walk.out_offset += low[k] * walk.out[k];
    walk.out[k] *= interior[k] + 1;
  }
  return walk;
}

Strided collapsed(const Walk& walk, const exec::KernelRequest& request) {
  Strided s;
  s.in_offset = walk.in_offset;
  s.out_offset = walk.out_offset;
  for (std::size_t k = 0; k < walk.size.size(); ++k) {
    const std::int64_t size = walk.size[k];
    if (size == 1) continue;
    const int last = s.rank - 1;
    if (s.rank > 0 && s.in[last] == walk.in[k] * size && s.out[last] == walk.out[k] * size) {
      s.size[last] *= size;
      s.in[last] = walk.in[k];
      s.out[last] = walk.out[k];
      continue;
    }
    if (s.rank == kMaxAxes) {
      throw ShapeError(request.op.name(), request.path,
                       cat("input is ", request.inputs[0].shape, "; at most ", kMaxAxes,
                           " axes that cannot be merged are supported"));
    }
    s.size[s.rank] = size;
    s.in[s.rank] = walk.in[k];
    s.out[s.rank++] = walk.out[k];
  }
  if (s.rank == 0) {
    s.rank = 1;
    s.size[0] = s.in[0] = s.out[0] = 1;
  }
  return s;
}

Movement concat(const exec::KernelRequest& request) {
  const auto axis = static_cast<std::size_t>(request.attributes.integer("axis"));
  Movement movement;
  std::int64_t at = 0;
  for (std::size_t i = 0; i < request.inputs.size(); ++i) {
    Walk walk = over_input(request, i);
    walk.out_offset = at * walk.out[axis];
    at += walk.size[axis];
    movement.copies.push_back(collapsed(walk, request));
  }
  return movement;
}

Movement pack(const exec::KernelRequest& request) {
  const std::int64_t slot = request.attributes.integer("slot");
  Movement movement;
  std::int64_t at = 0;
  for (const TensorSpec& input : request.inputs) {
    const std::int64_t n = input.shape[0], next = at + (n + slot - 1) / slot * slot;
    movement.copies.push_back(collapsed({{n}, {1}, {1}, 0, at}, request));
    if (at + n < next) movement.gaps.push_back({at + n, next - at - n});
    at = next;
  }
  return movement;
}

}  // namespace

int Strided::transposed_axis() const {
  if (in[rank - 1] == 1 || in[rank - 1] == 0 || out[rank - 1] != 1) return -1;
  for (int k = 0; k < rank - 1; ++k) {
    if (in[k] == 1) return k;
  }
  return -1;
}

Strided Strided::around(int axis) const {
  Strided rest;
  rest.in_offset = in_offset;
  rest.out_offset = out_offset;
  for (int k = 0; k < rank - 1; ++k) {
    if (k == axis) continue;
    rest.size[rest.rank] = size[k];
    rest.in[rest.rank] = in[k];
    rest.out[rest.rank++] = out[k];
  }
  return rest;
}

Movement movement_of(const exec::KernelRequest& request) {
  using Rule = Walk (*)(const exec::KernelRequest&);
  static constexpr std::pair<std::string_view, Rule> rules[] = {{"copy", copy},
                                                                {"stop_gradient", copy},
                                                                {"reshape", copy},
                                                                {"transpose", transpose},
                                                                {"broadcast_to", broadcast_to},
                                                                {"slice", slice},
                                                                {"flip", flip},
                                                                {"pad", pad}};
  if (request.op.name() == "concat") return concat(request);
  if (request.op.name() == "pack") return pack(request);
  for (const auto& [name, rule] : rules) {
    if (name != request.op.name()) continue;
    const Strided copy_walk = collapsed(rule(request), request);
    return {{copy_walk}, copy_walk.count() < request.outputs[0].shape.numel(), {}};
  }
  throw Error(request.op.name(), request.path, "is not a movement op");
}

}  // namespace weft::kernels
