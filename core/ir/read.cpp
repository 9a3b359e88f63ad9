// SPDX-License-Identifier: Apache-2.0
#include "core/ir/read.h"

#include <bit>
#include <charconv>
#include <limits>
#include <system_error>

#include "core/ir/scan.h"
#include "core/ir/verify.h"

namespace weft::ir {
namespace {

// Limit on nested regions, because deeper text would overflow the stack.
constexpr int kMaxDepth = 32;

DType read_dtype(Scanner& in) {
  const std::string_view name = in.word("a dtype");
  try {
    return parse_dtype(name);
  } catch (const FormatError& error) {
    in.fail(error.what());
  }
}

TensorSpec read_spec(Scanner& in) {
  TensorSpec spec;
  spec.dtype = read_dtype(in);
  in.expect("(");
  std::vector<std::int64_t> dims;
  while (in.peek() != ')') {
    dims.push_back(in.integer());
    if (!in.take(",")) break;
  }
  in.expect(")");
  spec.shape = Shape(std::move(dims));
  if (!valid(spec)) in.fail("sizes must not be negative and bytes must fit 64 bits: ", spec);
  return spec;
}

Value read_value(Scanner& in, const Graph& graph) {
  in.expect("%");
  const std::int64_t node = in.integer();
  if (node < 0 || node >= static_cast<std::int64_t>(graph.nodes.size())) in.fail("%", node, " is not defined yet");
  const std::size_t count = graph.nodes[static_cast<std::size_t>(node)].outputs.size();
  const std::int64_t output = in.take(".") ? in.integer() : 0;
  if (output < 0 || output >= static_cast<std::int64_t>(count))
    in.fail("%", node, " has ", count, " outputs and no output ", output);
  return {static_cast<std::int32_t>(node), static_cast<std::int32_t>(output)};
}

Ints read_ints(Scanner& in) {
  Ints out;
  in.expect("[");
  while (in.peek() != ']') {
    out.push_back(in.integer());
    if (!in.take(",")) break;
  }
  in.expect("]");
  return out;
}

double read_nan(Scanner& in) {
  in.expect("(");
  const std::string_view digits = in.word("the bits of a nan");
  in.expect(")");
  std::uint64_t bits = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits, 16);
  const auto value = std::bit_cast<double>(bits);
  if (error != std::errc() || stop != digits.data() + digits.size() || value == value)
    in.fail("expected the 16 hexadecimal digits of a nan");
  return value;
}

template <class T>
T read_number(Scanner& in, std::string_view digits) {
  T value{};
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || stop != digits.data() + digits.size()) in.fail("'", digits, "' is no number of 64 bits");
  return value;
}

Attribute read_attribute(Scanner& in) {
  const char next = in.peek();
  if (next == '"') return in.quoted();
  if (next == '[') return read_ints(in);
  if (in.take("true")) return true;
  if (in.take("false")) return false;
  if (in.take("nan")) return read_nan(in);
  if (in.take("inf")) return std::numeric_limits<double>::infinity();
  if (in.take("<opaque>")) in.fail("an opaque attribute cannot be read");
  if (next == '-' || (next >= '0' && next <= '9')) {
    const std::string_view digits = in.number();
    if (digits.find_first_of(".ein") == std::string_view::npos) return read_number<std::int64_t>(in, digits);
    return read_number<double>(in, digits);
  }
  return read_dtype(in);
}

Attributes read_attributes(Scanner& in) {
  Attributes out;
  if (!in.take("{")) return out;
  do {
    const std::string name = in.name("an attribute's name");
    if (out.has(name)) in.fail("attribute ", name, " stands twice");
    in.expect("=");
    out.set(name, read_attribute(in));
  } while (in.take(","));
  in.expect("}");
  return out;
}

void read_input(Scanner& in, Graph& graph) {
  Input input;
  if (in.take("variable"))
    input.kind = InputKind::kVariable;
  else if (in.take("capture"))
    input.kind = InputKind::kCapture;
  else
    in.expect("argument");
  in.mark();
  input.name = in.quoted();
  for (const Input& other : graph.inputs)
    if (input.kind == InputKind::kVariable && other.kind == InputKind::kVariable && input.name == other.name)
      in.fail("variable \"", input.name, "\" is an input twice");
  input.value = {static_cast<std::int32_t>(graph.nodes.size()), 0};
  graph.inputs.push_back(std::move(input));
}

void read_operands(Scanner& in, const Graph& graph, Node& node) {
  in.expect("(");
  while (in.peek() != ')') {
    node.inputs.push_back(read_value(in, graph));
    if (!in.take(",")) break;
  }
  in.expect(")");
}

Region::Kind read_kind(Scanner& in) {
  const std::string_view name = in.word("a kind of region");
  for (const Region::Kind kind : kRegionKinds)
    if (name == name_of(kind)) return kind;
  in.fail("'", name, "' is no kind of region");
}

Graph read_block(Scanner& in, int depth);

void read_node(Scanner& in, Graph& graph, int depth) {
  in.expect("%");
  if (in.integer() != static_cast<std::int64_t>(graph.nodes.size())) in.fail("expected %", graph.nodes.size());
  const std::int64_t count = in.take(":") ? in.integer() : 1;
  in.expect("=");
  Node node;
  const bool is_input = in.take("input");
  if (is_input) {
    node.op = input_op();
    read_input(in, graph);
  } else {
    node.op = OpId::of(in.name("an op"));
    if (node.op == input_op()) in.fail("an input is no op");
    read_operands(in, graph, node);
  }
  node.attributes = read_attributes(in);
  in.expect(":");
  do node.outputs.push_back(read_spec(in));
  while (in.take(","));
  if (count != static_cast<std::int64_t>(node.outputs.size()) || (is_input && count != 1))
    in.fail(count, " outputs are announced and ", node.outputs.size(), " stand here");
  if (in.take("@")) node.path = in.name("a layer path");
  if (in.take("region")) {
    if (is_input) in.fail("an input has no region");
    node.region.kind = read_kind(in);
    node.region.graph = std::make_shared<const Graph>(read_block(in, depth + 1));
  }
  graph.append(std::move(node));
}

void read_assign(Scanner& in, Graph& graph) {
  const std::string name = in.quoted();
  if (name.empty()) in.fail("a variable that is assigned has a name");
  for (const Output& other : graph.outputs)
    if (other.name == name) in.fail("variable \"", name, "\" is assigned twice");
  in.expect("=");
  const Value value = read_value(in, graph);
  for (const Input& input : graph.inputs)
    if (input.kind == InputKind::kVariable && input.name == name && graph.spec(input.value) != graph.spec(value))
      in.fail("variable \"", name, "\" is ", graph.spec(input.value), " and is assigned ", graph.spec(value));
  graph.outputs.push_back({value, name});
}

Graph read_block(Scanner& in, int depth) {
  if (depth > kMaxDepth) in.fail("regions are nested more than ", kMaxDepth, " deep");
  in.expect("{");
  Graph graph;
  while (in.peek() == '%') read_node(in, graph, depth);
  while (in.peek() != '}') {
    if (in.take("return")) {
      graph.outputs.push_back({read_value(in, graph), ""});
    } else {
      in.expect("assign");
      read_assign(in, graph);
    }
  }
  in.expect("}");
  return graph;
}

}  // namespace

Graph read(std::string_view text) {
  Scanner in(text);
  in.expect("graph");
  Graph graph = read_block(in, 0);
  if (in.peek() != '\0') in.fail("nothing comes after the graph's '}'");
  verify(graph);
  return graph;
}

}  // namespace weft::ir
