// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/autodiff/autodiff.h"
#include "core/base/check.h"

// Common parts of reverse and forward mode. Nodes before `first` count as constants, except values in wrt, so that a
// decomposition just added to the graph is differentiated by itself.
namespace weft::autodiff {

using ops::Builder;
using ops::Node;
using ops::OpDef;
using ops::Value;
using Values = std::vector<Value>;
using Flags = std::unique_ptr<bool[]>;  // unlike vector<bool>, these can be seen through a span

Values reverse_from(std::int32_t first, Builder& build, std::span<const Value> outputs,
                    std::span<const Value> cotangents, std::span<const Value> wrt);
Values forward_from(std::int32_t first, Builder& build, std::span<const Value> outputs, std::span<const Value> wrt,
                    std::span<const Value> tangents);

// Derivatives by value; adding a second one emits the sum.
class Derivatives {
 public:
  explicit Derivatives(Builder& build) : build_(build) {}
  // An undefined derivative adds nothing.
  void add(Value of, Value derivative);
  // Undefined where nothing was added.
  Value operator[](Value of) const;

 private:
  Builder& build_;
  std::map<Value, Value> held_;
};

// Scope in which new nodes and errors carry the layer path of the node being differentiated.
class PathScope {
 public:
  PathScope(Builder& build, const std::string& path)
      : build_(build), before_(build.path()), thread_before_(current_path()) {
    build.set_path(path);
    set_current_path(path);
  }
  PathScope(const PathScope&) = delete;
  PathScope& operator=(const PathScope&) = delete;
  ~PathScope() {
    build_.set_path(std::move(before_));
    set_current_path(std::move(thread_before_));
  }

 private:
  Builder& build_;
  std::string before_, thread_before_;
};

std::int32_t node_count(Builder& build);
Values outputs_of(const Node& node, std::int32_t index);
// True if v is defined and of a floating dtype.
bool carries_derivative(Builder& build, Value v);
// False for graph inputs and for ops whose derivatives are zero.
bool is_differentiable(const Node& node);
bool has_decomposition(const Node& node, const OpDef& def);
// Adds simpler nodes that stand for the node; gives the values of the node's outputs.
Values decompose(Builder& build, const Node& node, const OpDef& def);
// The op's gradient rule, which sees only the values that the op declares in `reads`. `wanted` has one bool for each
// input. Throws if the spec of a result is not that of its input.
Values apply_rule(Builder& build, const Node& node, std::int32_t index, const OpDef& def,
                  std::span<const Value> cotangents, std::span<const bool> wanted);
// Throws ShapeError if a derivative's spec is not that of its value.
void check_pairs(Builder& build, const char* op, const char* what, std::span<const Value> values,
                 std::span<const Value> derivatives);

}  // namespace weft::autodiff
