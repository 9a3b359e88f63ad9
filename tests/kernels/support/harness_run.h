// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "tests/kernels/support/harness.h"

// The harness below its checks: bytes in, bytes out.
namespace weft::testing {

using Bytes = std::vector<std::uint8_t>;

struct RawTensor {
  TensorSpec spec;
  Bytes bytes;
};

Bytes encode(const HostTensor& tensor);
HostTensor decode(const RawTensor& raw);
// True for the same bits. NaNs are alike, whatever bits they carry.
bool same_numbers(const RawTensor& a, const RawTensor& b);

struct RunOptions {
  bool misaligned = false;  // operands start one element after a 256-byte border, as a caller's own memory may
  int only_output = -1;     // the others are unread: data == nullptr
  int replacing = -1;       // this output lies where ...
  int replaced = -1;        // ... this input does
};

struct RawRun {
  std::vector<RawTensor> outputs;  // empty bytes for those not asked for
  DataFault fault;
};

// Runs node's op (its own inputs and outputs are not looked at) on these inputs; one without a kernel as its parts,
// each of which runs like an op by itself.
RawRun run_raw(const ir::Node& node, const std::vector<RawTensor>& inputs, Device device, RunOptions options = {});
// Runs node's op as the nodes that a fused program has for it.
RawRun run_fused(const ir::Node& node, const std::vector<RawTensor>& inputs, Device device);

// The candidates of node's op that take these inputs, in their order; none of an op without a kernel.
std::vector<std::string_view> candidates_taking(const ir::Node& node, const std::vector<RawTensor>& inputs,
                                                Device device);

}  // namespace weft::testing
