// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>

#include "tests/core/autodiff/interpreter.h"

namespace weft::testing {
namespace {

using Source = std::function<Index(const Index&)>;

std::size_t u(std::int64_t i) { return static_cast<std::size_t>(i); }

// out[index] = x[source(index)]
Array picked(const Shape& shape, const Array& x, const Source& source) {
  Array out(shape);
  std::size_t at = 0;
  each(shape, [&](const Index& index) { out[at++] = x[place(x.shape, source(index))]; });
  return out;
}

Arrays same(const ir::Node&, const Arrays& in) { return {in[0]}; }

Arrays reshape(const ir::Node& node, const Arrays& in) {
  Array out = in[0];
  out.shape = node.outputs[0].shape;
  return {out};
}

Arrays transpose(const ir::Node& node, const Arrays& in) {
  const ir::Ints& perm = node.attributes.ints("perm");
  return {picked(node.outputs[0].shape, in[0], [&](const Index& index) {
    Index from(index.size());
    for (std::size_t i = 0; i < index.size(); ++i) from[u(perm[i])] = index[i];
    return from;
  })};
}

Arrays broadcast_to(const ir::Node& node, const Arrays& in) {
  return {picked(node.outputs[0].shape, in[0], [](const Index& index) { return index; })};
}

Arrays concat(const ir::Node& node, const Arrays& in) {
  const std::size_t axis = u(node.attributes.integer("axis"));
  Array out(node.outputs[0].shape);
  std::int64_t start = 0;
  for (const Array& part : in) {
    std::size_t at = 0;
    each(part.shape, [&](Index index) {
      index[axis] += start;
      out[place(out.shape, index)] = part[at++];
    });
    start += part.shape[static_cast<int>(axis)];
  }
  return {out};
}

Arrays pack(const ir::Node& node, const Arrays& in) {
  const std::size_t slot = u(node.attributes.integer("slot"));
  Array out(node.outputs[0].shape);
  std::size_t at = 0;
  for (const Array& part : in) {
    for (std::size_t i = 0; i < u(part.shape.numel()); ++i) out[at++] = part[i];
    while (at % slot != 0) out[at++] = 0;
  }
  return {out};
}

Arrays slice(const ir::Node& node, const Arrays& in) {
  const ir::Ints &begin = node.attributes.ints("begin"), &step = node.attributes.ints("step");
  return {picked(node.outputs[0].shape, in[0], [&](Index index) {
    for (std::size_t i = 0; i < index.size(); ++i) index[i] = begin[i] + index[i] * step[i];
    return index;
  })};
}

Arrays pad(const ir::Node& node, const Arrays& in) {
  const ir::Ints &low = node.attributes.ints("low"), &interior = node.attributes.ints("interior");
  Array out(node.outputs[0].shape);
  std::size_t at = 0;
  each(in[0].shape, [&](Index index) {
    for (std::size_t i = 0; i < index.size(); ++i) index[i] = low[i] + index[i] * (interior[i] + 1);
    out[place(out.shape, index)] = in[0][at++];
  });
  return {out};
}

Arrays flip(const ir::Node& node, const Arrays& in) {
  return {picked(in[0].shape, in[0], [&](Index index) {
    for (const std::int64_t axis : node.attributes.ints("axes"))
      index[u(axis)] = in[0].shape[static_cast<int>(axis)] - 1 - index[u(axis)];
    return index;
  })};
}

Arrays roll(const ir::Node& node, const Arrays& in) {
  const std::int64_t axis = node.attributes.integer("axis"), size = in[0].shape[static_cast<int>(axis)];
  return {picked(in[0].shape, in[0], [&](Index index) {
    index[u(axis)] = (index[u(axis)] + size - node.attributes.integer("shift")) % size;
    return index;
  })};
}

Arrays triangle(const ir::Node& node, const Arrays& in) {
  const std::int64_t k = node.attributes.integer("k");
  Array out{in[0].shape};
  each(in[0].shape, [&](const Index& index) {
    const std::int64_t diagonal = index.back() - index[index.size() - 2];
    const bool kept = node.attributes.boolean("upper") ? diagonal >= k : diagonal <= k;
    if (kept) out[place(in[0].shape, index)] = in[0][place(in[0].shape, index)];
  });
  return {out};
}

// The index in x of element `index` of the taken tensor.
Index taken_from(const Array&, const Array& labels, std::size_t axis, Index index) {
  const std::size_t rank = u(labels.shape.rank());
  const Index label(index.begin() + static_cast<std::ptrdiff_t>(axis),
                    index.begin() + static_cast<std::ptrdiff_t>(axis + rank));
  Index from(index.begin(), index.begin() + static_cast<std::ptrdiff_t>(axis));
  from.push_back(static_cast<std::int64_t>(labels[place(labels.shape, label)]));
  from.insert(from.end(), index.begin() + static_cast<std::ptrdiff_t>(axis + rank), index.end());
  return from;
}

Index gathered_from(const Array&, const Array& labels, std::size_t axis, Index index) {
  index[axis] = static_cast<std::int64_t>(labels[place(labels.shape, index)]);
  return index;
}

using Where = Index (*)(const Array& x, const Array& labels, std::size_t axis, Index index);

OpFunction reads(Where where) {
  return [where](const ir::Node& node, const Arrays& in) -> Arrays {
    const std::size_t axis = u(node.attributes.integer("axis"));
    return {picked(node.outputs[0].shape, in[0], [&](const Index& i) { return where(in[0], in[1], axis, i); })};
  };
}

OpFunction adds(Where where) {
  return [where](const ir::Node& node, const Arrays& in) -> Arrays {
    const std::size_t axis = u(node.attributes.integer("axis"));
    Array out = in[0];
    std::size_t at = 0;
    each(in[2].shape, [&](const Index& i) { out[place(out.shape, where(in[0], in[1], axis, i))] += in[2][at++]; });
    return {out};
  };
}

// Ranks [first, first + k) of each line along the axis.
Arrays ordered(const Array& x, int axis, std::int64_t first, std::int64_t k, bool descending) {
  std::vector<std::int64_t> dims = x.shape.dims();
  dims[u(axis)] = k;
  Array values{Shape(dims)}, places{Shape(dims)};
  dims[u(axis)] = 1;
  each(Shape(dims), [&](Index index) {
    std::vector<double> line;
    for (index[u(axis)] = 0; index[u(axis)] < x.shape[axis]; ++index[u(axis)]) line.push_back(x[place(x.shape, index)]);
    std::vector<std::size_t> order(line.size());
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return descending ? line[a] > line[b] : line[a] < line[b]; });
    for (index[u(axis)] = 0; index[u(axis)] < k; ++index[u(axis)]) {
      const std::size_t from = order[u(first + index[u(axis)])];
      values[place(values.shape, index)] = line[from];
      places[place(places.shape, index)] = static_cast<double>(from);
    }
  });
  return {values, places};
}

}  // namespace

void add_movement(OpTable& table) {
  table["copy"] = table["stop_gradient"] = table["after"] = same;
  table["reshape"] = reshape;
  table["transpose"] = transpose;
  table["broadcast_to"] = broadcast_to;
  table["concat"] = concat;
  table["pack"] = pack;
  table["slice"] = slice;
  table["pad"] = pad;
  table["flip"] = flip;
  table["roll"] = roll;
  table["triangle"] = triangle;
}

void add_indexing(OpTable& table) {
  table["take"] = reads(taken_from);
  table["index_add"] = adds(taken_from);
  table["gather"] = reads(gathered_from);
  table["scatter_add"] = adds(gathered_from);
  table["sort"] = [](const ir::Node& node, const Arrays& in) {
    const int axis = static_cast<int>(node.attributes.integer("axis"));
    return ordered(in[0], axis, 0, in[0].shape[axis], node.attributes.boolean("descending"));
  };
  table["topk"] = [](const ir::Node& node, const Arrays& in) {
    const int axis = static_cast<int>(node.attributes.integer("axis"));
    return ordered(in[0], axis, node.attributes.integer("first"), node.attributes.integer("k"),
                   node.attributes.boolean("largest"));
  };
}

}  // namespace weft::testing
