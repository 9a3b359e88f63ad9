// SPDX-License-Identifier: Apache-2.0
#include "core/exec/kernel.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/base/lasting.h"
#include "core/exec/candidate.h"

namespace weft::exec {
namespace {

// Kernels and error texts that are added at run time.
struct DataErrorRow {
  std::string op, path;
  IndexRule rule;
  bool operator==(const DataErrorRow&) const = default;
};
struct Registrations {
  std::mutex mutex;
  std::map<std::pair<std::string, Device::Kind>, Prepare> kernels;
  std::vector<DataErrorRow> data_errors;  // by code - 1
};

Registrations& registrations() {
  static const Lasting<Registrations> rows;
  return *rows;
}

std::string dtypes_of(std::span<const TensorSpec> specs) {
  std::string text;
  for (const TensorSpec& spec : specs) text += (text.empty() ? "" : ", ") + std::string(name_of(spec.dtype));
  return text;
}

// " in row 3", " in row 3, column 1" or " at (1, 2, 3)": a position in row-major order.
std::string position(std::int64_t at, const std::vector<std::int64_t>& shape) {
  if (shape.empty()) return "";
  std::vector<std::int64_t> places(shape.size());
  for (std::size_t axis = shape.size(); axis-- > 1;) {
    places[axis] = at % std::max<std::int64_t>(1, shape[axis]);
    at /= std::max<std::int64_t>(1, shape[axis]);
  }
  places[0] = at;
  if (places.size() == 1) return cat(" in row ", places[0]);
  if (places.size() == 2) return cat(" in row ", places[0], ", column ", places[1]);
  return cat(" at ", Shape(places));
}

// Calls of data_error_code() in this thread.
thread_local std::int64_t codes_asked = 0;

constexpr std::string_view kUser = "user";

std::span<const Candidate> built_in(std::string_view op, Device::Kind kind) {
  for (const KernelRow& row : kernel_table())
    if (row.op == op) return kind == Device::Kind::kCUDA ? row.cuda : row.cpu;
  return {};
}

Prepare registered_kernel(const std::string& op, Device::Kind kind) {
  Registrations& all = registrations();
  const std::lock_guard lock(all.mutex);
  const auto row = all.kernels.find({op, kind});
  return row == all.kernels.end() ? Prepare{} : row->second;
}

}  // namespace

void register_kernel(const std::string& op, Device::Kind kind, Prepare prepare) {
  Registrations& all = registrations();
  const std::lock_guard lock(all.mutex);
  all.kernels.insert_or_assign({op, kind}, std::move(prepare));
}

std::vector<std::string_view> candidates_of(std::string_view op, Device::Kind kind) {
  std::vector<std::string_view> names;
  for (const Candidate& candidate : built_in(op, kind)) names.push_back(candidate.name);
  if (names.empty() && registered_kernel(std::string(op), kind)) names.push_back(kUser);
  return names;
}

PreparedKernel prepare_kernel(const KernelRequest& request) {
  const std::string& op = request.op.name();
  if (const std::span<const Candidate> candidates = built_in(op, request.device.kind()); !candidates.empty()) {
    const std::int64_t before = codes_asked;
    PreparedKernel kernel = prepare_first(candidates, request);
    kernel.reports |= codes_asked != before;
    return kernel;
  }
  const Prepare prepare = registered_kernel(op, request.device.kind());
  if (!prepare) throw_no_kernel(request);
  PreparedKernel kernel = prepare(request);
  kernel.candidate = kUser;
  kernel.reports = true;  // nobody can know
  return kernel;
}

void throw_no_kernel(const KernelRequest& request) {
  fail_at<DeviceError>(request.op.name(), request.path, "no kernel for (", dtypes_of(request.inputs), ") -> (",
                       dtypes_of(request.outputs), ") on ", request.device.name());
}

std::int32_t data_error_code(const std::string& op, const std::string& path, const IndexRule& rule) {
  ++codes_asked;
  DataErrorRow row{op, path, rule};
  if (!row.rule.shape.empty()) row.rule.shape[0] = 0;  // no position depends on it, and batches differ in it
  Registrations& all = registrations();
  const std::lock_guard lock(all.mutex);
  for (std::size_t i = 0; i < all.data_errors.size(); ++i) {
    if (all.data_errors[i] == row) return static_cast<std::int32_t>(i + 1);
  }
  all.data_errors.push_back(std::move(row));
  return static_cast<std::int32_t>(all.data_errors.size());
}

DataError data_error_of(const DataFault& report) {
  DataErrorRow row;
  {
    Registrations& all = registrations();
    const std::lock_guard lock(all.mutex);
    if (report.code < 1 || static_cast<std::size_t>(report.code) > all.data_errors.size())
      return DataError("", "", cat("data error ", report.code, " (unknown code), value ", report.value));
    row = all.data_errors[static_cast<std::size_t>(report.code) - 1];
  }
  const IndexRule& rule = row.rule;
  const std::string hint =
      report.value == rule.size ? cat("; ", rule.plural, " start at 0, so the last is ", rule.size - 1) : "";
  return {row.op, row.path,
          cat(rule.noun, " ", report.value, position(report.at, rule.shape), " is outside [0, ", rule.size, ")", hint)};
}

}  // namespace weft::exec
