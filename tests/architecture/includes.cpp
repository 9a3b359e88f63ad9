// SPDX-License-Identifier: Apache-2.0
#include "tests/architecture/includes.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>

namespace weft::testing {
namespace {

std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Index just past the string or character literal that opens at i.
std::size_t after_literal(std::string_view text, std::size_t i) {
  const char quote = text[i++];
  while (i < text.size() && text[i] != quote && text[i] != '\n') i += text[i] == '\\' ? 2 : 1;
  return std::min(i + 1, text.size());
}

// 1'000'000 is a number, not a character.
bool separates_digits(std::string_view text, std::size_t i) {
  return i > 0 && text[i] == '\'' && std::isxdigit(static_cast<unsigned char>(text[i - 1])) != 0;
}

std::vector<SourceFile> read_folders(std::initializer_list<const char*> tops) {
  const std::filesystem::path root = WEFT_SOURCE_DIR;
  std::vector<SourceFile> files;
  for (const char* top : tops) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / top)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".h" && extension != ".cpp" && extension != ".cu" && extension != ".cuh") continue;
      files.push_back({entry.path().lexically_relative(root).generic_string(), read_text(entry.path())});
    }
  }
  std::sort(files.begin(), files.end(), [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

// Index just past the raw string that opens at i: R"x(...)x".
std::size_t after_raw_string(std::string_view text, std::size_t i) {
  const std::size_t open = text.find('(', i);
  if (open == std::string_view::npos) return text.size();
  const std::string close = ")" + std::string(text.substr(i + 2, open - i - 2)) + "\"";
  const std::size_t at = text.find(close, open);
  return at == std::string_view::npos ? text.size() : at + close.size();
}

std::string blanked(std::string_view text, bool literals) {
  std::string out(text);
  const auto blank = [&](std::size_t from, std::size_t to) {
    for (std::size_t k = from; k < to; ++k)
      if (out[k] != '\n') out[k] = ' ';
  };
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    std::size_t end = i + 1;
    bool hide = false;
    if (rest.starts_with("//")) {
      end = std::min(text.find('\n', i), text.size());
      hide = true;
    } else if (rest.starts_with("/*")) {
      const std::size_t close = text.find("*/", i + 2);
      end = close == std::string_view::npos ? text.size() : close + 2;
      hide = true;
    } else if (rest.starts_with("R\"")) {
      end = after_raw_string(text, i);
      hide = literals;
    } else if ((text[i] == '"' || text[i] == '\'') && !separates_digits(text, i)) {
      end = after_literal(text, i);
      hide = literals;
    }
    if (hide) blank(i, end);
    i = end;
  }
  return out;
}

}  // namespace

std::string without_comments(std::string_view text) { return blanked(text, false); }

std::string code_alone(std::string_view text) { return blanked(text, true); }

std::vector<Include> includes_of(std::string_view text) {
  std::vector<Include> found;
  const std::string code = without_comments(text);
  int line = 0;
  for (std::size_t begin = 0; begin < code.size();) {
    ++line;
    const std::size_t end = std::min(code.find('\n', begin), code.size());
    std::string_view rest = std::string_view(code).substr(begin, end - begin);
    begin = end + 1;
    const auto skip = [&rest](std::string_view word) {
      rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
      if (!rest.starts_with(word)) return false;
      rest.remove_prefix(word.size());
      return true;
    };
    if (!skip("#") || !skip("include") || !skip("")) continue;
    if (rest.empty() || (rest[0] != '"' && rest[0] != '<')) continue;
    const bool quoted = rest[0] == '"';
    const std::size_t close = rest.find(quoted ? '"' : '>', 1);
    if (close != std::string_view::npos) found.push_back({line, std::string(rest.substr(1, close - 1)), quoted});
  }
  return found;
}

const std::vector<SourceFile>& library_files() {
  static const std::vector<SourceFile> files = read_folders({"core", "kernels", "layers", "optim"});
  return files;
}

const std::vector<SourceFile>& repository_files() {
  static const std::vector<SourceFile> files =
      read_folders({"core", "kernels", "layers", "optim", "bench", "examples", "tests"});
  return files;
}

bool is_public(std::string_view path) { return path.find("/include/weft/") != std::string_view::npos; }

}  // namespace weft::testing
