// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sstream>
#include <string>

#include "weft/error.h"
#include "weft/shape.h"

// Building blocks of error messages. Checks stand at the public door; what is behind it trusts its input.
namespace weft {

namespace detail {
inline void put(std::ostringstream& out, const Shape& shape) { out << shape.text(); }
inline void put(std::ostringstream& out, const TensorSpec& spec) { out << spec.text(); }
inline void put(std::ostringstream& out, DType dtype) { out << name_of(dtype); }
template <class T>
void put(std::ostringstream& out, const T& value) {
  out << value;
}
}  // namespace detail

// Joins its arguments to one text; shapes, specs and dtypes print as themselves.
template <class... Args>
std::string cat(const Args&... args) {
  std::ostringstream out;
  (detail::put(out, args), ...);
  return out.str();
}

// The layer path that errors raised in this thread carry: "model.2.fc". Set by weft::Scope while a layer runs.
const std::string& current_path();
void set_current_path(std::string path);

// Throws E with op, the path of what is at fault (a layer, a file, a parameter) and the joined message.
template <class E, class... Args>
[[noreturn]] void fail_at(const std::string& op, const std::string& path, const Args&... args) {
  throw E(op, path, cat(args...));
}

// fail_at() with the current layer path. Every error is raised by fail() or fail_at().
template <class E, class... Args>
[[noreturn]] void fail(const std::string& op, const Args&... args) {
  fail_at<E>(op, current_path(), args...);
}

// Throws ShapeError naming `op` if a size is negative, or if no memory can hold so many elements.
void expect_addressable(const std::string& op, const TensorSpec& spec);

}  // namespace weft
