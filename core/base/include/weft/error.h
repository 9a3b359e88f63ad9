// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdexcept>
#include <string>

#include "weft/detail/export.h"

namespace weft WEFT_EXPORT {

// Base of everything weft throws. what() reads "[op] path: what was given, the rule"; op and path repeat those two
// parts.
class [[nodiscard]] Error : public std::runtime_error {
 public:
  // An error without op and path.
  explicit Error(const std::string& message) : std::runtime_error(message) {}
  // message is what comes after "[op] path: ".
  Error(std::string op_name, std::string layer_path, const std::string& message);
  ~Error() override;
  std::string op;    // "linear"; empty where no op is involved
  std::string path;  // "model.2.fc", or the file for FormatError; may be empty
};

// Axes or sizes do not fit.
class [[nodiscard]] ShapeError : public Error {
 public:
  using Error::Error;
  ~ShapeError() override;
};
// An element type is not allowed here.
class [[nodiscard]] DTypeError : public Error {
 public:
  using Error::Error;
  ~DTypeError() override;
};
// A device is missing, two devices are mixed, or a device call failed.
class [[nodiscard]] DeviceError : public Error {
 public:
  using Error::Error;
  ~DeviceError() override;
};
// A rule of tracing is broken: reading a value that is not known yet, gradients outside a trace, an escaped tensor.
class [[nodiscard]] TraceError : public Error {
 public:
  using Error::Error;
  ~TraceError() override;
};
// A file or a text is not what it should be; path names the file.
class [[nodiscard]] FormatError : public Error {
 public:
  using Error::Error;
  ~FormatError() override;
};
// An argument is outside its domain (a rate above 1, a negative size).
class [[nodiscard]] ValueError : public Error {
 public:
  using Error::Error;
  ~ValueError() override;
};
// Memory does not suffice; what() says what was asked for and who holds what.
class [[nodiscard]] OutOfMemory : public Error {
 public:
  using Error::Error;
  ~OutOfMemory() override;
};
// The device found bad data (a label out of range, an index out of bounds); thrown at the next read.
class [[nodiscard]] DataError : public Error {
 public:
  using Error::Error;
  ~DataError() override;
};

}  // namespace weft
