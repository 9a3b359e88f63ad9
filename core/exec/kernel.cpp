// SPDX-License-Identifier: Apache-2.0
#include "core/exec/kernel.h"

#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/exec/candidate.h"

namespace weft::exec {
namespace {

// Kernels and error texts that are added at run time. Never destroyed, because kernels may still be prepared while the
// process exits.
struct Registrations {
  std::mutex mutex;
  std::map<std::pair<std::string, Device::Kind>, Prepare> kernels;
  std::vector<std::pair<std::string, std::string>> data_errors;  // "[op] path: " and message, by code - 1
};

Registrations& registrations() {
  static auto* rows = new Registrations;
  return *rows;
}

std::string dtypes_of(std::span<const TensorSpec> specs) {
  std::string text;
  for (const TensorSpec& spec : specs) text += (text.empty() ? "" : ", ") + std::string(name_of(spec.dtype));
  return text;
}

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
  if (const std::span<const Candidate> candidates = built_in(op, request.device.kind()); !candidates.empty())
    return prepare_first(candidates, request);
  const Prepare prepare = registered_kernel(op, request.device.kind());
  if (!prepare) throw_no_kernel(request);
  PreparedKernel kernel = prepare(request);
  kernel.candidate = kUser;
  return kernel;
}

void throw_no_kernel(const KernelRequest& request) {
  fail_at<DeviceError>(request.op.name(), request.path, "no kernel for (", dtypes_of(request.inputs), ") -> (",
                       dtypes_of(request.outputs), ") on ", request.device.name());
}

std::int32_t data_error_code(const std::string& op, const std::string& path, const std::string& message) {
  std::pair<std::string, std::string> text{DataError(op, path, "").what(), message};
  Registrations& all = registrations();
  const std::lock_guard lock(all.mutex);
  for (std::size_t i = 0; i < all.data_errors.size(); ++i) {
    if (all.data_errors[i] == text) return static_cast<std::int32_t>(i + 1);
  }
  all.data_errors.push_back(std::move(text));
  return static_cast<std::int32_t>(all.data_errors.size());
}

std::string data_error_text(std::int32_t code, std::int64_t value) {
  Registrations& all = registrations();
  const std::lock_guard lock(all.mutex);
  if (code < 1 || static_cast<std::size_t>(code) > all.data_errors.size()) {
    return cat("data error ", code, " (unknown code), value ", value);
  }
  auto [prefix, message] = all.data_errors[static_cast<std::size_t>(code) - 1];
  if (const auto hole = message.find("{}"); hole != std::string::npos) message.replace(hole, 2, std::to_string(value));
  return prefix + message;
}

}  // namespace weft::exec
