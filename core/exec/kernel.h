// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/ir/graph.h"
#include "weft/device.h"
#include "weft/error.h"
#include "weft/kernel_call.h"

// The contract between the executor and the kernels.
namespace weft::exec {

// A node as its kernel sees it before the first run: everything but the addresses.
struct KernelRequest {
  ir::OpId op;
  const ir::Attributes& attributes;
  std::span<const TensorSpec> inputs;
  std::span<const TensorSpec> outputs;
  Device device;
  const std::string& path;  // layer path, for error texts
  ir::Region region{};
  bool allow_tf32 = false;  // f32 products may round their operands to TF32 on CUDA
};

// A kernel made ready for one node. `run` is called once per step and must not allocate or wait; on CUDA it only
// enqueues on call.stream. Operands are dense, row-major and 256-byte aligned; the caller's own memory is aligned to
// its element. An output that nobody reads has data == nullptr. Outputs never overlap inputs, with two exceptions
// (core/ops/memory.h). If may_run_in_place() is true, an output may be the very bytes of an input. Such a kernel reads
// an element of all inputs before it writes that element of any output. An input of concat or pack may already be in
// its place in the output, and is then not copied. Tensors may be empty.
struct PreparedKernel {
  std::function<void(const Call&)> run;
  std::size_t workspace = 0;     // bytes in call.workspace, 256-byte aligned
  bool reports = false;          // may write to call.fault; prepare_kernel() notices whoever asks for a code
  bool recordable = true;        // false: works on the host in every run, so no CUDA graph may hold it
  std::string_view candidate{};  // name of the candidate (core/exec/candidate.h), for reports
};

using Prepare = std::function<PreparedKernel(const KernelRequest&)>;

// A user's op on one kind of device: its one candidate there, named "user".
void register_kernel(const std::string& op, Device::Kind kind, Prepare prepare);
// The kernel for a request, of the first candidate that takes it; throws DeviceError naming op, dtypes and device where
// there is none.
PreparedKernel prepare_kernel(const KernelRequest& request);
[[noreturn]] void throw_no_kernel(const KernelRequest& request);

// A rule that indices or labels keep, for the error when one does not: "label 7 in row 3 is outside [0, 5)".
struct IndexRule {
  std::string noun, plural;           // "label", "labels"
  std::int64_t size = 0;              // they lie in [0, size)
  std::vector<std::int64_t> shape{};  // of the labels or indices, which names the position
  bool operator==(const IndexRule&) const = default;
};
// A number that a kernel writes to call.fault, with the value and its position, when it meets one that breaks the rule.
std::int32_t data_error_code(const std::string& op, const std::string& path, const IndexRule& rule);
// The error for a report.
DataError data_error_of(const DataFault& report);

}  // namespace weft::exec
