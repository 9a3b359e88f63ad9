// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/array/array.h"
#include "core/ir/graph.h"

// Programs for any number of rows from a few sizes: arguments are padded with rows of zeros, and those rows are cut off
// the results.
namespace weft::detail {

// The smallest bucket that holds these rows; ShapeError naming the program where none does.
std::int64_t bucket_of(std::int64_t rows, const std::vector<std::int64_t>& sizes, const std::string& program);
// Throws ValueError unless every result has one row per row of the arguments along axis 0, made of that row alone. The
// ops' facts about rows decide.
void check_rows_apart(const ir::Graph& graph, std::int64_t rows, const std::string& program);
// Throws ValueError if `other`, the program's graph for `rows` rows, differs in more than shapes. Such a program
// computes with the number of rows, so padding would change its results.
void check_same_program(const ir::Graph& graph, const ir::Graph& other, std::int64_t rows, const std::string& program);
TensorSpec rows_spec(const TensorSpec& spec, std::int64_t rows);
// A dense copy with rows of zeros added.
Array with_rows(const Array& array, std::int64_t rows, const Stream& stream);

}  // namespace weft::detail
