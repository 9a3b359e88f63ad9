// SPDX-License-Identifier: Apache-2.0
#include "weft/sequential.h"

#include <utility>

#include "core/base/check.h"
#include "core/base/type_name.h"
#include "weft/detail/call_recorder.h"
#include "weft/error.h"

namespace weft {

Sequential::Sequential() = default;
Sequential::Sequential(Sequential&&) noexcept = default;
Sequential& Sequential::operator=(Sequential&& from) noexcept {
  if (this == &from) return *this;
  layers_ = std::move(from.layers_);
  Module::operator=(std::move(from));
  return *this;
}
Sequential::~Sequential() = default;

std::size_t Sequential::size() const {
  detail::expect_present("size", *this);
  return layers_.size();
}

Tensor Sequential::forward(Tensor x) const {
  detail::expect_present("call", *this);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Held& layer = layers_[i];
    if (layer.module) {
      x = layer.call(std::move(x));
    } else {
      const Scope scope(std::to_string(i));
      x = layer.call(std::move(x));
      detail::CallRecorder::record(nullptr, x);
    }
  }
  return x;
}

Sequential Sequential::remake() const {
  detail::expect_present("clone", *this);
  Sequential copy;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Held& layer = layers_[i];
    if (!layer.remake && layer.module)
      fail_at<ValueError>("clone", std::to_string(i), detail::type_name(*layer.module),
                          " needs a member remake() const that returns its like");
    if (!layer.remake)
      fail_at<ValueError>("clone", std::to_string(i),
                          "the layer is a callable that cannot be copied; make it a module");
    copy.add(layers_[i].remake());
  }
  return copy;
}

void Sequential::members(Visitor& visitor) {
  for (std::size_t i = 0; i < layers_.size(); ++i)
    if (layers_[i].module) detail::visit_one(visitor, std::to_string(i), *layers_[i].module);
}

Sequential& Sequential::add(Held held) {
  detail::expect_present("push_back", *this);
  layers_.push_back(std::move(held));
  return *this;
}

Sequential::Held Sequential::callable(std::function<Tensor(Tensor)> call) {
  if (!call) fail<ValueError>("sequential", "a layer is an empty function; give one that can be called");
  return {nullptr, call, [call] { return callable(call); }};
}

Sequential::Held& Sequential::at(std::size_t index) {
  detail::expect_present("layer", *this);
  if (index >= layers_.size()) fail<ValueError>("sequential", "no layer ", index, " among ", layers_.size());
  return layers_[index];
}

void Sequential::wrong_type(std::size_t index, const std::type_info& wanted) const {
  const Module* module = layers_[index].module.get();
  fail<ValueError>(
      "sequential", "layer ", index,
      " is a " + (module ? detail::type_name(*module) : "lambda") + ", not a " + detail::type_name(wanted));
}

}  // namespace weft
