// SPDX-License-Identifier: Apache-2.0
#include "core/ir/print.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>

namespace weft::ir {
namespace {

bool bare(std::string_view text) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._";
  return !text.empty() && text.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::string hex(std::uint64_t bits, int digits) {
  std::string out(static_cast<std::size_t>(digits), '0');
  for (std::size_t i = out.size(); i-- > 0; bits >>= 4) out[i] = "0123456789abcdef"[bits & 15];
  return out;
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (byte < 32 || byte == 127)
      out += "\\x" + hex(byte, 2);
    else
      out += c;
  }
  return out + '"';
}

std::string word(const std::string& text) { return bare(text) ? text : in_quotes(text); }

std::string real(double value) {
  if (std::isnan(value)) return "nan(" + hex(std::bit_cast<std::uint64_t>(value), 16) + ")";
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  std::string out(digits.data(), end);
  return out.find_first_of(".ein") == std::string::npos ? out + ".0" : out;
}

struct PutAttribute {
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(Real value) const { return real(value.value); }
  std::string operator()(const std::string& value) const { return in_quotes(value); }
  std::string operator()(DType value) const { return std::string(name_of(value)); }
  std::string operator()(const Opaque&) const { return "<opaque>"; }
  std::string operator()(const Ints& value) const {
    std::string out;
    for (const std::int64_t i : value) out += (out.empty() ? "" : ", ") + std::to_string(i);
    return "[" + out + "]";
  }
};

std::string put(Value v) {
  if (!v.defined()) return "%none";
  return "%" + std::to_string(v.node) + (v.output ? "." + std::to_string(v.output) : "");
}

std::string_view name_of_kind(InputKind kind) {
  if (kind == InputKind::kVariable) return "variable";
  return kind == InputKind::kCapture ? "capture" : "argument";
}

std::string head(const Graph& graph, std::int32_t n) {
  const Node& node = graph.nodes[static_cast<std::size_t>(n)];
  std::string out = "%" + std::to_string(n);
  if (node.outputs.size() != 1) out += ":" + std::to_string(node.outputs.size());
  out += " = ";
  for (const Input& input : graph.inputs)
    if (node.op == input_op() && input.value == Value{n, 0})
      return out + "input " + std::string(name_of_kind(input.kind)) + " " + in_quotes(input.name);
  out += (node.op ? word(node.op.name()) : in_quotes("")) + "(";
  for (std::size_t i = 0; i < node.inputs.size(); ++i) out += (i ? ", " : "") + put(node.inputs[i]);
  return out + ")";
}

std::string tail(const Node& node) {
  std::string out;
  for (const auto& [name, value] : node.attributes.rows())
    out += (out.empty() ? " {" : ", ") + word(name) + "=" + std::visit(PutAttribute{}, value);
  if (!out.empty()) out += "}";
  for (std::size_t i = 0; i < node.outputs.size(); ++i) out += (i ? ", " : " : ") + node.outputs[i].text();
  if (!node.path.empty()) out += " @ " + word(node.path);
  return out;
}

void print_block(const Graph& graph, const std::string& indent, std::string& out) {
  out += "{\n";
  const std::string inner = indent + "  ";
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    out += inner + print_node(graph, static_cast<std::int32_t>(n));
    if (const Region& region = graph.nodes[n].region) {
      out += " region " + std::string(name_of(region.kind)) + " ";
      print_block(*region.graph, inner, out);
    } else {
      out += "\n";
    }
  }
  for (const Output& output : graph.outputs)
    out += inner + (output.name.empty() ? "return " : "assign " + in_quotes(output.name) + " = ") + put(output.value) +
           "\n";
  out += indent + "}\n";
}

}  // namespace

std::string print(const Graph& graph) {
  std::string out = "graph ";
  print_block(graph, "", out);
  return out;
}

std::string print_node(const Graph& graph, std::int32_t n) {
  return head(graph, n) + tail(graph.nodes[static_cast<std::size_t>(n)]);
}

}  // namespace weft::ir
