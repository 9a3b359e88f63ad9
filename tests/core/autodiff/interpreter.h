// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/ir/graph.h"

// Runs a graph in plain doubles, one element at a time: slow, obvious, and independent of every kernel. Integers and
// bools are doubles too. Elementwise functions are Formula<fn>::value; all else is written here.
namespace weft::testing {

struct Array {
  Shape shape;
  std::vector<double> data;

  explicit Array(Shape s = {}, double value = 0)
      : shape(std::move(s)), data(static_cast<std::size_t>(shape.numel()), value) {}
  double& operator[](std::size_t i) { return data[i]; }
  double operator[](std::size_t i) const { return data[i]; }
  std::size_t size() const { return data.size(); }
};

using Arrays = std::vector<Array>;
using Index = std::vector<std::int64_t>;
using OpFunction = std::function<Arrays(const ir::Node&, const Arrays& inputs)>;
using OpTable = std::map<std::string, OpFunction, std::less<>>;

// The place of an index, where axes of size 1 repeat and missing leading ones are skipped.
std::size_t place(const Shape& shape, const Index& index);
// Calls f with every index of the shape, in memory order.
void each(const Shape& shape, const std::function<void(const Index&)>& f);

void add_elementwise(OpTable& table);
void add_movement(OpTable& table);
void add_indexing(OpTable& table);
void add_reductions(OpTable& table);
void add_conv(OpTable& table);
void add_structured(OpTable& table);
void add_pooling(OpTable& table);
void add_resampling(OpTable& table);

// The values of `wanted`, given those of the graph's inputs in their order.
Arrays evaluate(const ir::Graph& graph, const Arrays& inputs, const std::vector<ir::Value>& wanted);

}  // namespace weft::testing
