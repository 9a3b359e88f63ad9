// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace weft::testing {

struct Include {
  int line;
  std::string target;  // text between the quotes
  bool quoted;         // "core/ir/graph.h", not <vector>
};

struct SourceFile {
  std::string path;  // from the repository root
  std::string text;
};

// Text with comments blanked; lines keep their numbers, string literals stay.
std::string without_comments(std::string_view text);

// Text with comments and the insides of literals blanked.
std::string code_alone(std::string_view text);

std::vector<Include> includes_of(std::string_view text);

// Every .h, .cpp, .cu and .cuh of the library (core, kernels, layers, optim), sorted by path.
const std::vector<SourceFile>& library_files();

// The library's files with those of bench, examples and tests, sorted by path.
const std::vector<SourceFile>& repository_files();

// core/api/include/weft/tensor.h and the like.
bool is_public(std::string_view path);

}  // namespace weft::testing
