// SPDX-License-Identifier: Apache-2.0
#include "tests/core/plot/svg_reader.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <iterator>
#include <stdexcept>
#include <string_view>

namespace weft::testing {
namespace {

class Reader {
 public:
  explicit Reader(const std::string& text) : text_(text) {}

  std::vector<SvgElement> read() {
    element();
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
    if (at_ != text_.size()) fail("text behind the document");
    return std::move(elements_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(what + " at byte " + std::to_string(at_));
  }
  bool take(std::string_view word) {
    if (text_.compare(at_, word.size(), word) != 0) return false;
    at_ += word.size();
    return true;
  }
  void expect(std::string_view word) {
    if (!take(word)) fail("no '" + std::string(word) + "'");
  }
  std::string name() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '-')) ++at_;
    if (at_ == begin) fail("no name");
    return text_.substr(begin, at_ - begin);
  }
  std::string character() {
    if (at_ == text_.size()) fail("the end");
    for (const auto& [entity, meaning] :
         std::map<std::string, std::string>{{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}})
      if (take(entity)) return meaning;
    const auto c = static_cast<unsigned char>(text_[at_]);
    if (c == '&' || c == '<' || (c < 0x20 && c != '\n')) fail("a character that must be escaped");
    return std::string(1, text_[at_++]);
  }
  void attributes(SvgElement& element) {
    while (take(" ")) {
      const std::string attribute = name();
      expect("=\"");
      std::string value;
      while (!take("\"")) value += character();
      if (!element.attributes.emplace(attribute, value).second) fail("a repeated attribute");
    }
  }
  void element() {
    expect("<");
    const std::size_t index = elements_.size();
    elements_.emplace_back();
    const std::string tag = name();
    elements_[index].name = tag;
    attributes(elements_[index]);
    if (take("/>")) return;
    expect(">");
    while (text_.compare(at_, 2, "</") != 0) {
      if (text_.compare(at_, 1, "<") == 0) {
        element();
      } else {
        elements_[index].text += character();
      }
    }
    expect("</" + tag + ">");
  }

  const std::string& text_;
  std::size_t at_ = 0;
  std::vector<SvgElement> elements_;
};

}  // namespace

double SvgElement::number(const std::string& attribute) const { return std::stod(attributes.at(attribute)); }

std::vector<SvgElement> read_svg(const std::string& text) { return Reader(text).read(); }

std::vector<SvgElement> named(const std::vector<SvgElement>& elements, const std::string& name) {
  std::vector<SvgElement> out;
  std::copy_if(elements.begin(), elements.end(), std::back_inserter(out),
               [&](const SvgElement& element) { return element.name == name; });
  return out;
}

std::vector<std::string> texts(const std::vector<SvgElement>& elements) {
  std::vector<std::string> out;
  for (const SvgElement& element : named(elements, "text")) out.push_back(element.text);
  return out;
}

}  // namespace weft::testing
