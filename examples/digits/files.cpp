// SPDX-License-Identifier: Apache-2.0
#include "files.h"

#include <cmath>
#include <iomanip>
#include <sstream>
#include <system_error>

#include "weft/error.h"
#include "weft/version.h"

namespace {

std::string quoted(const std::string& text) {
  std::ostringstream out;
  out << '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out << '\\' << c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out << "\\u" << std::hex << std::setw(4) << std::setfill('0') << static_cast<int>(c) << std::dec;
    } else {
      out << c;
    }
  }
  out << '"';
  return out.str();
}

// JSON has no NaN.
std::string number(double value) {
  if (!std::isfinite(value)) return "null";
  std::ostringstream out;
  out << std::setprecision(9) << value;
  return out.str();
}

}  // namespace

void make_directory(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw weft::FormatError("digits", path.string(), "cannot create the directory: " + error.message());
}

std::string history_json(const Run& run) {
  std::ostringstream out;
  out << "{\n  \"data\": " << quoted(run.data) << ",\n  \"device\": " << quoted(run.device.describe())
      << ",\n  \"seed\": " << run.options.seed << ",\n  \"batch_size\": " << run.options.batch_size
      << ",\n  \"precision\": " << quoted(run.options.precision) << ",\n  \"lr\": " << number(run.options.lr)
      << ",\n  \"versions\": {\"weft\": " << quoted(WEFT_VERSION) << ", \"compiler\": " << quoted(__VERSION__)
      << "},\n  \"test_accuracy\": " << number(run.test.accuracy) << ",\n  \"epochs\": [";
  const char* separator = "\n";
  for (const weft::Epoch& e : run.history.epochs) {
    out << separator << "    {\"epoch\": " << e.number << ", \"loss\": " << number(e.loss)
        << ", \"accuracy\": " << number(e.accuracy) << ", \"validation_loss\": " << number(e.validation_loss)
        << ", \"validation_accuracy\": " << number(e.validation_accuracy) << ", \"seconds\": " << number(e.seconds)
        << ", \"samples_per_second\": " << number(e.samples_per_second) << '}';
    separator = ",\n";
  }
  out << "\n  ]\n}\n";
  return out.str();
}
