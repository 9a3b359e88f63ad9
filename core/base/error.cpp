// SPDX-License-Identifier: Apache-2.0
#include "weft/error.h"

#include "core/base/check.h"
#include "core/base/lasting.h"

namespace weft {
namespace {

std::string prefixed(const std::string& op, const std::string& path, const std::string& message) {
  std::string out;
  if (!op.empty()) out += "[" + op + "]";
  if (!path.empty()) out += (out.empty() ? "" : " ") + path;
  return out.empty() ? message : out + (path.empty() ? " " : ": ") + message;
}

thread_local PerThread<std::string> path_of_thread;

}  // namespace

Error::Error(std::string op_name, std::string layer_path, const std::string& message)
    : std::runtime_error(prefixed(op_name, layer_path, message)), op(std::move(op_name)), path(std::move(layer_path)) {}

// Out of line, because the type information is then in the library alone, and a catch in the user's program matches.
Error::~Error() = default;
ShapeError::~ShapeError() = default;
DTypeError::~DTypeError() = default;
DeviceError::~DeviceError() = default;
TraceError::~TraceError() = default;
FormatError::~FormatError() = default;
ValueError::~ValueError() = default;
OutOfMemory::~OutOfMemory() = default;
DataError::~DataError() = default;

const std::string& current_path() { return *path_of_thread; }
void set_current_path(std::string path) { *path_of_thread = std::move(path); }

}  // namespace weft
