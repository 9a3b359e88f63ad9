// SPDX-License-Identifier: Apache-2.0
#include "kernels/movement/strided.h"

#include <string>
#include <utility>

#include "core/base/check.h"

namespace weft::kernels {
namespace {

using Strides = std::vector<std::int64_t>;

// An index space before axes are collapsed: any number of axes.
struct IndexSpace {
  Strides size, in, out;
  std::int64_t in_offset = 0, out_offset = 0;
};

// The index space of the input's elements in order, with the output's strides.
IndexSpace over_input(const exec::KernelRequest& request, std::size_t i) {
  const Shape& shape = request.inputs[i].shape;
  return {shape.dims(), row_major_strides(shape), row_major_strides(request.outputs[0].shape)};
}

// The index space of the output's elements in order; the caller gives the strides in the input.
IndexSpace over_output(const exec::KernelRequest& request, Strides in) {
  const Shape& shape = request.outputs[0].shape;
  return {shape.dims(), std::move(in), row_major_strides(shape)};
}

IndexSpace copy(const exec::KernelRequest& request) {
  const std::int64_t n = request.inputs[0].shape.numel();
  return {{n}, {1}, {1}};
}

IndexSpace transpose(const exec::KernelRequest& request) {
  const Strides strides = row_major_strides(request.inputs[0].shape);
  Strides in;
  for (const std::int64_t axis : request.attributes.ints("perm")) in.push_back(strides[static_cast<std::size_t>(axis)]);
  return over_output(request, std::move(in));
}

IndexSpace broadcast_to(const exec::KernelRequest& request) {
  const Shape& from = request.inputs[0].shape;
  const Strides strides = row_major_strides(from);
  Strides in(request.outputs[0].shape.dims().size(), 0);
  const std::size_t shift = in.size() - strides.size();
  for (std::size_t k = 0; k < strides.size(); ++k) in[shift + k] = from.dims()[k] == 1 ? 0 : strides[k];
  return over_output(request, std::move(in));
}

IndexSpace slice(const exec::KernelRequest& request) {
  const ir::Ints& begin = request.attributes.ints("begin");
  const ir::Ints& step = request.attributes.ints("step");
  IndexSpace space = over_output(request, row_major_strides(request.inputs[0].shape));
  for (std::size_t k = 0; k < space.in.size(); ++k) {
    space.in_offset += begin[k] * space.in[k];
    space.in[k] *= step[k];
  }
  return space;
}

IndexSpace flip(const exec::KernelRequest& request) {
  IndexSpace space = over_output(request, row_major_strides(request.inputs[0].shape));
  for (const std::int64_t axis : request.attributes.ints("axes")) {
    const auto k = static_cast<std::size_t>(axis);
    space.in_offset += (space.size[k] - 1) * space.in[k];
    space.in[k] = -space.in[k];
  }
  return space;
}

IndexSpace pad(const exec::KernelRequest& request) {
  const ir::Ints& low = request.attributes.ints("low");
  const ir::Ints& interior = request.attributes.ints("interior");
  IndexSpace space = over_input(request, 0);
  for (std::size_t k = 0; k < space.out.size(); ++k) {
    space.out_offset += low[k] * space.out[k];
    space.out[k] *= interior[k] + 1;
  }
  return space;
}

Strided collapsed(const IndexSpace& space, const exec::KernelRequest& request) {
  Strided s;
  s.in_offset = space.in_offset;
  s.out_offset = space.out_offset;
  for (std::size_t k = 0; k < space.size.size(); ++k) {
    const std::int64_t size = space.size[k];
    if (size == 1) continue;
    const int last = s.rank - 1;
    if (s.rank > 0 && s.in[last] == space.in[k] * size && s.out[last] == space.out[k] * size) {
      s.size[last] *= size;
      s.in[last] = space.in[k];
      s.out[last] = space.out[k];
      continue;
    }
    if (s.rank == kMaxAxes) {
      fail_at<ShapeError>(request.op.name(), request.path, "input is ", request.inputs[0].shape, "; at most ", kMaxAxes,
                          " axes that cannot be merged are supported");
    }
    s.size[s.rank] = size;
    s.in[s.rank] = space.in[k];
    s.out[s.rank++] = space.out[k];
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
    IndexSpace space = over_input(request, i);
    space.out_offset = at * space.out[axis];
    at += space.size[axis];
    movement.copies.push_back(collapsed(space, request));
  }
  return movement;
}

Movement roll(const exec::KernelRequest& request) {
  const auto axis = static_cast<std::size_t>(request.attributes.integer("axis"));
  const std::int64_t shift = request.attributes.integer("shift");
  Movement movement;
  movement.one_input = true;
  IndexSpace kept = over_input(request, 0), around = kept;
  const std::int64_t left = kept.size[axis] - shift;
  kept.size[axis] = left;
  kept.out_offset = shift * kept.out[axis];
  around.size[axis] = shift;
  around.in_offset = left * around.in[axis];
  movement.copies = {collapsed(kept, request), collapsed(around, request)};
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
  using Rule = IndexSpace (*)(const exec::KernelRequest&);
  static constexpr std::pair<std::string_view, Rule> rules[] = {
      {"copy", copy},    {"stop_gradient", copy},  {"after", copy},
      {"reshape", copy}, {"transpose", transpose}, {"broadcast_to", broadcast_to},
      {"slice", slice},  {"flip", flip},           {"pad", pad}};
  if (request.op.name() == "concat") return concat(request);
  if (request.op.name() == "pack") return pack(request);
  if (request.op.name() == "roll") return roll(request);
  for (const auto& [name, rule] : rules) {
    if (name != request.op.name()) continue;
    const Strided copied = collapsed(rule(request), request);
    return {{copied}, copied.count() < request.outputs[0].shape.numel(), {}};
  }
  throw Error(request.op.name(), request.path, "is not a movement op");
}

}  // namespace weft::kernels
