// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>
#include <vector>

namespace weft::testing {

struct SvgElement {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::string text;  // without the tags inside
  double number(const std::string& attribute) const;
};

// The elements in the order of their starts. std::runtime_error with the place for text that is no XML document: tags
// that do not match, repeated or unquoted attributes, bare "&" and "<", control characters.
std::vector<SvgElement> read_svg(const std::string& text);

// The elements of a name.
std::vector<SvgElement> named(const std::vector<SvgElement>& elements, const std::string& name);

// The contents of all <text> elements.
std::vector<std::string> texts(const std::vector<SvgElement>& elements);

}  // namespace weft::testing
