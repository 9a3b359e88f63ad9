// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/exec/kernel.h"
#include "weft/device.h"

// The kernel table's type: a list of candidates for each op and kind of device. The first that takes a request runs it.
namespace weft::exec {

// One way to run an op on one kind of device.
struct Candidate {
  std::string_view name;  // a string literal: "cublaslt"
  // Gives the kernel made ready, or nullopt if shapes, dtypes, processor or library do not suit the candidate. Throws
  // if no candidate could take the request.
  std::optional<PreparedKernel> (*prepare)(const KernelRequest&);
};

// Candidates from the fastest to the plainest. The last one takes all that the op's shape rule allows, and is the one
// to read first.
struct KernelRow {
  std::string_view op;
  std::span<const Candidate> cpu, cuda;  // none on CUDA in builds without it
};

// The built-in kernels: an explicit list, defined in kernels/table.cpp.
std::span<const KernelRow> kernel_table();

// A candidate that takes every request: Candidate{"reference", always<prepare_sort_cpu>}.
template <PreparedKernel (*prepare)(const KernelRequest&)>
std::optional<PreparedKernel> always(const KernelRequest& request) {
  return prepare(request);
}

// The names of an op's candidates in their order; "user" where a program has registered the kernel; none where the op
// has no kernel.
std::vector<std::string_view> candidates_of(std::string_view op, Device::Kind kind);

// The first candidate that takes the request, or the forced one. Throws DeviceError where none takes it, ValueError
// where the forced one does not.
PreparedKernel prepare_first(std::span<const Candidate> candidates, const KernelRequest& request);

// Forces one candidate of an op on a kind of device, for the kernels that this thread prepares in the scope's lifetime.
// The innermost scope counts. For tests and measurements.
class ForcedCandidate {
 public:
  // Throws ValueError where the op has no candidate of this name.
  ForcedCandidate(std::string op, Device::Kind kind, std::string_view name);
  ForcedCandidate(const ForcedCandidate&) = delete;
  ForcedCandidate& operator=(const ForcedCandidate&) = delete;
  ~ForcedCandidate();
};
// The name that this thread forces; empty: none.
std::string_view forced_candidate(std::string_view op, Device::Kind kind);

}  // namespace weft::exec
