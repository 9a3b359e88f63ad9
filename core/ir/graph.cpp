// SPDX-License-Identifier: Apache-2.0
#include "core/ir/graph.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "core/base/check.h"

namespace weft::ir {
namespace {

bool before(const std::pair<std::string, Attribute>& row, std::string_view name) { return row.first < name; }

}  // namespace

OpId OpId::of(std::string_view name) {
  // Never destroyed, because static objects may hold ids until the program ends.
  static std::mutex& mutex = *new std::mutex;
  static auto& names = *new std::set<std::string, std::less<>>;
  const std::lock_guard lock(mutex);
  auto found = names.find(name);
  if (found == names.end()) found = names.emplace(name).first;
  return OpId(&*found);
}

Attributes::Attributes(std::initializer_list<std::pair<std::string, Attribute>> rows) {
  for (const auto& [name, value] : rows) set(name, value);
}

void Attributes::set(std::string_view name, Attribute value) {
  const auto place = std::lower_bound(rows_.begin(), rows_.end(), name, before);
  if (place != rows_.end() && place->first == name)
    place->second = std::move(value);
  else
    rows_.emplace(place, name, std::move(value));
}

bool Attributes::has(std::string_view name) const {
  const auto place = std::lower_bound(rows_.begin(), rows_.end(), name, before);
  return place != rows_.end() && place->first == name;
}

const Attribute& Attributes::at(std::string_view name) const {
  const auto place = std::lower_bound(rows_.begin(), rows_.end(), name, before);
  if (place == rows_.end() || place->first != name) throw Error(cat("attribute \"", name, "\" is missing"));
  return place->second;
}

void Attributes::wrong_type(std::string_view name) {
  throw Error(cat("attribute \"", name, "\" is not of the type that its op wants"));
}

Value Graph::append(Node node) {
  nodes.push_back(std::move(node));
  return Value{static_cast<std::int32_t>(nodes.size()) - 1, 0};
}

Value Graph::add_input(TensorSpec spec, InputKind kind, std::string name) {
  Node node;
  node.op = input_op();
  node.outputs.push_back(std::move(spec));
  const Value value = append(std::move(node));
  inputs.push_back({value, kind, std::move(name)});
  return value;
}

OpId input_op() {
  static const OpId op = OpId::of("input");
  return op;
}

}  // namespace weft::ir
