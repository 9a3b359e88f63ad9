// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <any>
#include <bit>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/ir/region.h"
#include "weft/shape.h"

// A program as data: nodes in topological order, every value defined once. Nothing here runs, and nothing here knows
// what an op means; that is core/ops.
namespace weft::ir {

// An op's identity: an interned name, so that comparing two ids compares two pointers. Names may be added at run time.
class OpId {
 public:
  OpId() = default;
  static OpId of(std::string_view name);
  const std::string& name() const { return *name_; }
  bool operator==(const OpId&) const = default;
  explicit operator bool() const { return name_ != nullptr; }

 private:
  explicit OpId(const std::string* name) : name_(name) {}
  const std::string* name_ = nullptr;
};

// An attribute that only its op understands: a user's struct, which can be compared and prints as <opaque>.
struct Opaque {
  std::any value;
  bool (*equal)(const std::any&, const std::any&) = nullptr;
  bool operator==(const Opaque& other) const { return equal == other.equal && equal && equal(value, other.value); }
};

// A floating-point attribute. It is equal to another one of the same bits: 0.0 is not -0.0, a NaN is itself. Otherwise
// nodes that give different bits would share a kernel.
struct Real {
  double value = 0;
  Real() = default;
  template <std::floating_point T>
  Real(T number) : value(number) {}  // NOLINT(google-explicit-constructor): a number in a list of attributes
  bool operator==(const Real& other) const { return bits() == other.bits(); }
  std::uint64_t bits() const { return std::bit_cast<std::uint64_t>(value); }
};

using Ints = std::vector<std::int64_t>;
using Attribute = std::variant<bool, std::int64_t, Real, std::string, Ints, DType, Opaque>;

// Named attributes of a node, few and ordered by name.
class Attributes {
 public:
  Attributes() = default;
  Attributes(std::initializer_list<std::pair<std::string, Attribute>> rows);
  void set(std::string_view name, Attribute value);
  bool has(std::string_view name) const;
  // The attribute as T; throws Error when it is missing or of another type.
  template <class T>
  const T& get(std::string_view name) const {
    const Attribute& value = at(name);
    if (const T* held = std::get_if<T>(&value)) return *held;
    wrong_type(name);
  }
  std::int64_t integer(std::string_view name) const { return get<std::int64_t>(name); }
  double real(std::string_view name) const { return get<Real>(name).value; }
  bool boolean(std::string_view name) const { return get<bool>(name); }
  const Ints& ints(std::string_view name) const { return get<Ints>(name); }
  Shape shape(std::string_view name) const { return Shape(get<Ints>(name)); }
  DType dtype(std::string_view name) const { return get<DType>(name); }
  const std::vector<std::pair<std::string, Attribute>>& rows() const { return rows_; }
  bool operator==(const Attributes&) const = default;

 private:
  const Attribute& at(std::string_view name) const;
  [[noreturn]] static void wrong_type(std::string_view name);
  std::vector<std::pair<std::string, Attribute>> rows_;
};

// One output of one node. A default-made Value is undefined and stands for "none".
struct Value {
  std::int32_t node = -1;
  std::int32_t output = 0;
  bool defined() const { return node >= 0; }
  bool operator==(const Value&) const = default;
  auto operator<=>(const Value&) const = default;
};

struct Graph;

struct Node {
  OpId op;
  std::vector<Value> inputs;
  std::vector<TensorSpec> outputs;
  Attributes attributes;
  std::string path{};  // layer path at the time of tracing, for errors and reports
  Region region{};
};

// Source of a graph input's value: an argument of the call, a variable, or a captured tensor.
enum class InputKind : std::uint8_t { kArgument, kVariable, kCapture };

struct Input {
  Value value;  // output 0 of a node with op "input"
  InputKind kind = InputKind::kArgument;
  std::string name{};
};

struct Output {
  Value value;
  std::string name{};  // the variable it is assigned to; empty: returned
};

struct Graph {
  std::vector<Node> nodes;
  std::vector<Input> inputs;
  std::vector<Output> outputs;

  const Node& node(Value v) const { return nodes[static_cast<std::size_t>(v.node)]; }
  const TensorSpec& spec(Value v) const { return node(v).outputs[static_cast<std::size_t>(v.output)]; }
  // Appends a node and returns its output 0.
  Value append(Node node);
  Value add_input(TensorSpec spec, InputKind kind, std::string name);
};

// The op of graph inputs.
OpId input_op();

}  // namespace weft::ir
