// SPDX-License-Identifier: Apache-2.0
#include "optim/train/column_program.h"

#include <utility>

namespace weft::detail {
namespace {

std::vector<Argument> arguments(const std::vector<Tensor>& columns) {
  std::vector<Argument> out;
  out.reserve(columns.size());
  for (const Tensor& column : columns) out.push_back(argument(column));
  return out;
}

}  // namespace

ColumnProgram::ColumnProgram(TracedBody body, CompileOptions options)
    : body_(std::move(body)), program_(std::move(options)) {}

std::vector<Tensor> ColumnProgram::operator()(const std::vector<Tensor>& columns) {
  return program_.run(arguments(columns), body_);
}

void ColumnProgram::prepare(const std::vector<Tensor>& columns) { program_.prepare(arguments(columns), body_); }

std::int64_t ColumnProgram::largest_batch(std::int64_t memory, const std::vector<Tensor>& columns) const {
  return program_.largest_batch(memory, arguments(columns), body_);
}

}  // namespace weft::detail
