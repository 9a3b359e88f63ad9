// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/ops/op.h"
#include "tests/kernels/elementwise/pointwise_regions.h"

namespace weft::testing {

// Builds a body; inputs come with their tensors.
class Body {
 public:
  ir::Value input(HostTensor tensor) {
    const ir::Value v = graph_->add_input(tensor.spec, ir::InputKind::kArgument, "");
    inputs_.push_back(std::move(tensor));
    return v;
  }
  ir::Value floats(const Shape& shape, DType dtype) {
    return input(random_tensor(shape, dtype, -3, 3, 40 + inputs_.size()));
  }
  ir::Value state() { return input(tensor_of({2}, DType::kI64, {77, 5})); }
  ir::Value op(const char* name, std::vector<ir::Value> in, ir::Attributes attributes = {}) {
    return ops::Builder(*graph_).emit(name, std::move(in), std::move(attributes));
  }
  ir::Value cast(ir::Value v, DType dtype) { return op("cast", {v}, {{"dtype", dtype}}); }
  ir::Value full(double value, DType dtype) {
    return op("full", {}, {{"shape", ir::Ints{}}, {"dtype", dtype}, {"value", value}});
  }
  Region done(std::string name, const std::vector<ir::Value>& outputs) {
    for (const ir::Value v : outputs) graph_->outputs.push_back({v, ""});
    return {std::move(name), graph_, inputs_};
  }

 private:
  std::shared_ptr<ir::Graph> graph_ = std::make_shared<ir::Graph>();
  std::vector<HostTensor> inputs_;
};

}  // namespace weft::testing
