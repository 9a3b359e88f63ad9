// SPDX-License-Identifier: Apache-2.0
#include "weft/compile.h"

#include <cstdio>

#include "core/api/program/program_cache.h"
#include "core/base/check.h"
#include "core/ir/print.h"

namespace weft::detail {

std::string key_of(long double value) {
  char text[64];
  const int length = std::snprintf(text, sizeof text, "%La", value);
  return {text, static_cast<std::size_t>(length)};
}

void wrong_count(const char* what, std::size_t given, std::size_t wanted) {
  fail<ValueError>(what, given, " specs were given for ", wanted, " arguments");
}

void expect_i64(const Scalar& number) {
  if (number.is_beyond_i64)
    fail<ValueError>("call", "an argument is ", number.real, ", more than an i64 holds; give a floating-point number");
}

Program::Program(CompileOptions options) : cache_(std::make_shared<ProgramCache>(std::move(options))) {}
Program::~Program() = default;
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;

ProgramCache& Program::cache() const {
  if (!cache_) fail<ValueError>("call", "this program was moved from; use the one that it was moved to");
  return *cache_;
}

std::vector<Tensor> Program::run(const std::vector<Argument>& arguments, const TracedBody& body) {
  if (tracing()) {  // part of the program that is being traced
    static_cast<void>(cache());
    std::vector<Tensor> inputs;
    for (const Argument& a : arguments)
      if (a.is_tensor()) inputs.push_back(a.tensor);
    return body(inputs);
  }
  const Turn turn = cache().turn();
  const Request request = cache_->request(arguments);
  return cache_->run(cache_->find(request, body), request, arguments);
}

void Program::prepare(const std::vector<Argument>& arguments, const TracedBody& body) {
  const Turn turn = cache().turn();
  cache_->prepare(arguments, body);
}

void Program::prepare_for(const std::vector<TensorSpec>& specs, const TracedBody& body) {
  const Device device = cache().options().device.value_or(default_device());
  std::vector<Argument> arguments;
  for (const TensorSpec& spec : specs)  // tensors without memory, because a trace reads only specs
    arguments.push_back({wrap(Array::wrap(Block::wrap(nullptr, 0, device, {}), 0, spec), {}), {}});
  prepare(arguments, body);
}

void Program::seal() {
  const Turn turn = cache().turn();
  cache_->seal();
}

SessionHandle Program::session() const {
  static_cast<void>(cache());
  return SessionHandle(cache_);
}

std::string Program::graph() const {
  const Turn turn = cache().turn();
  return ir::print(cache_->latest("graph").program->executable().graph());
}

Profile Program::profile() const {
  const Turn turn = cache().turn();
  return cache_->profile();
}

std::int64_t Program::largest_batch(std::int64_t memory, const std::vector<Argument>& arguments,
                                    const TracedBody& body) const {
  const Turn turn = cache().turn();
  return cache_->largest_batch(memory, cache_->request(arguments), body, true);
}

MemoryReport Program::memory_plan() const {
  const Turn turn = cache().turn();
  return cache_->memory_plan();
}

std::size_t Program::traces() const { return cache().made(); }

}  // namespace weft::detail
