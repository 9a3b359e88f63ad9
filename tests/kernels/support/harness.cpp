// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/support/harness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/device/cpu/machine.h"
#include "core/exec/candidate.h"
#include "core/ops/op.h"
#include "tests/kernels/support/harness_run.h"
#if defined(WEFT_CUDA_EMULATED)
#include "emulator.h"
#endif

namespace weft::testing {
namespace {

ir::Node node_of(const OpCase& row) {
  ir::Node node;
  node.op = ir::OpId::of(row.op);
  node.attributes = row.attributes;
  node.path = "case." + row.name;
  node.region = row.region;
  return node;
}

// A row without f32 inputs runs once.
std::vector<DType> dtypes_of(const OpCase& row) {
  const bool floats = std::any_of(row.inputs.begin(), row.inputs.end(),
                                  [](const HostTensor& input) { return input.spec.dtype == DType::kF32; });
  return floats ? row.dtypes : std::vector<DType>{DType::kF32};
}

// The row's inputs with its f32 tensors stored as `dtype`.
std::vector<HostTensor> inputs_as(const OpCase& row, DType dtype) {
  std::vector<HostTensor> inputs = row.inputs;
  const bool half = dtype == DType::kBF16 || dtype == DType::kF16;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const bool keep = half && std::count(row.keep_f32.begin(), row.keep_f32.end(), static_cast<int>(i)) > 0;
    if (inputs[i].spec.dtype == DType::kF32 && !keep) inputs[i] = stored_as(inputs[i], dtype);
  }
  return inputs;
}

std::vector<RawTensor> raw_of(const std::vector<HostTensor>& tensors) {
  std::vector<RawTensor> raw;
  for (const HostTensor& tensor : tensors) raw.push_back({tensor.spec, encode(tensor)});
  return raw;
}

bool same_values(const RawRun& a, const RawRun& b) {
  return std::equal(a.outputs.begin(), a.outputs.end(), b.outputs.begin(), b.outputs.end(), same_numbers);
}

bool same_bytes(const RawRun& a, const RawRun& b) {
  return std::equal(a.outputs.begin(), a.outputs.end(), b.outputs.begin(), b.outputs.end(),
                    [](const RawTensor& x, const RawTensor& y) { return x.bytes == y.bytes; });
}

// The reported code must be the one for the row's message; which of several bad values won is not promised.
void expect_fault(const OpCase& row, const DataFault& fault) {
  if (row.data_error.empty()) {
    EXPECT_EQ(fault.code, 0) << exec::data_error_of(fault).what();
  } else {
    EXPECT_NE(std::string(exec::data_error_of(fault).what()).find(row.data_error), std::string::npos)
        << "reported: " << exec::data_error_of(fault).what();
  }
}

void expect_outputs(const OpCase& row, const RawRun& run, const std::vector<HostTensor>& expected,
                    const std::string& what) {
  ASSERT_EQ(run.outputs.size(), expected.size()) << "the oracle gives another number of outputs";
  for (std::size_t i = 0; i < expected.size(); ++i) {
    expect_close(decode(run.outputs[i]), expected[i], row.tolerance, what + ", output " + std::to_string(i));
  }
  expect_fault(row, run.fault);
}

// With the other outputs unread, an output keeps its bits. Without a kernel, what is unread is in no program.
void check_unread_outputs(const ir::Node& node, const std::vector<RawTensor>& raw, Device device, const RawRun& all) {
  if (all.outputs.size() < 2 || (!node.region && ops::find_op(node.op).facts.runs == ops::Runs::kParts)) return;
  for (std::size_t i = 0; i < all.outputs.size(); ++i) {
    const RawRun one = run_raw(node, raw, device, {.only_output = static_cast<int>(i)});
    EXPECT_EQ(one.outputs[i].bytes, all.outputs[i].bytes) << "output " << i << " differs when it is the only one";
  }
}

void check_threads(const ir::Node& node, const std::vector<RawTensor>& raw, const RawRun& expected) {
  const int before = num_threads();
  for (const int threads : {1, 2, 5}) {
    set_num_threads(threads);
    EXPECT_TRUE(same_bytes(run_raw(node, raw, Device::cpu()), expected)) << "other bits with " << threads << " threads";
  }
  set_num_threads(before);
}

// The kernels of the lesser instruction sets, which this machine would not choose.
void check_isas(const OpCase& row, const std::vector<RawTensor>& raw, const std::vector<HostTensor>& expected) {
  for (const cpu::Isa isa : cpu::usable_isas()) {
    cpu::use_isa(isa);
    expect_outputs(row, run_raw(node_of(row), raw, Device::cpu()), expected,
                   "cpu, instruction set " + std::to_string(static_cast<int>(isa)));
  }
}

// The candidates behind the first one, which run on another machine or for another shape.
void check_candidates(const OpCase& row, const ir::Node& node, const std::vector<RawTensor>& raw,
                      const std::vector<HostTensor>& expected, Device device) {
  const std::vector<std::string_view> names = candidates_taking(node, raw, device);
  for (std::size_t i = 1; i < names.size(); ++i) {
    SCOPED_TRACE("candidate " + std::string(names[i]));
    const exec::ForcedCandidate forced(row.op, device.kind(), names[i]);
    const RawRun run = run_raw(node, raw, device);
    expect_outputs(row, run, expected, device.name());
    check_unread_outputs(node, raw, device, run);
  }
}

// The emulation can run threads and blocks in another order, which shows races that the natural order hides.
void check_thread_order([[maybe_unused]] const ir::Node& node, [[maybe_unused]] const std::vector<RawTensor>& raw,
                        [[maybe_unused]] Device device, [[maybe_unused]] const RawRun& expected) {
#if defined(WEFT_CUDA_EMULATED)
  for (const std::uint64_t seed : {1, 2}) {
    emulator::set_thread_order_seed(seed);
    EXPECT_TRUE(same_bytes(run_raw(node, raw, device), expected)) << "other bits with thread order " << seed;
  }
  emulator::set_thread_order_seed(0);
#endif
}

void check_on(const OpCase& row, const std::vector<HostTensor>& inputs, const std::vector<HostTensor>& expected,
              Device device, bool first, std::vector<HostTensor>& cpu) {
  const ir::Node node = node_of(row);
  const std::vector<RawTensor> raw = raw_of(inputs);
  const RawRun run = run_raw(node, raw, device);
  expect_outputs(row, run, expected, device.name());
  EXPECT_TRUE(same_bytes(run_raw(node, raw, device), run)) << "the second run gives other bits on " << device.name();
  check_unread_outputs(node, raw, device, run);
  if (!node.region && run.fault.code == 0) {
    EXPECT_TRUE(same_values(run_fused(node, raw, device), run)) << "other bits in a fused program on " << device.name();
  }
  check_candidates(row, node, raw, expected, device);
  if (device.is_cpu()) {
    check_threads(node, raw, run);
    check_isas(row, raw, expected);
    for (const RawTensor& output : run.outputs) cpu.push_back(decode(output));
  } else {
    check_thread_order(node, raw, device, run);
    for (std::size_t i = 0; i < cpu.size(); ++i) {
      expect_agree(decode(run.outputs[i]), cpu[i], row.tolerance, device.name() + " against cpu");
    }
  }
  if (first) {
    expect_outputs(row, run_raw(node, raw, device, {.misaligned = true}), expected, device.name() + ", misaligned");
  }
}

}  // namespace

namespace {

// `sides`: how many of the two are off by the bound.
void compare(const HostTensor& got, const HostTensor& expected, double tolerance, int sides, const std::string& what) {
  ASSERT_EQ(got.spec.shape, expected.spec.shape) << what;
  ASSERT_EQ(got.values.size(), expected.values.size()) << what;
  const HostTensor wanted = stored_as(expected, got.spec.dtype);
  int reported = 0;
  for (std::size_t i = 0; i < got.values.size() && reported < 5; ++i) {
    // f32 and f64 compare with the oracle itself; what rounding turns into infinity is infinity.
    const double want = tolerance == 0 || std::isinf(wanted.values[i]) ? wanted.values[i] : expected.values[i];
    const double value = got.values[i];
    const bool same = value == want || (std::isnan(value) && std::isnan(want));
    const double bound = sides * bound_of(tolerance, got.spec.dtype, want);
    if (same || std::abs(value - want) <= bound) continue;
    ++reported;
    ADD_FAILURE() << what << ", " << got.spec.text() << " element " << i << ": got " << value << ", expected " << want
                  << ", allowed error " << bound;
  }
}

}  // namespace

void expect_close(const HostTensor& got, const HostTensor& expected, double tolerance, const std::string& what) {
  compare(got, expected, tolerance, 1, what);
}
void expect_agree(const HostTensor& got, const HostTensor& other, double tolerance, const std::string& what) {
  compare(got, other, tolerance, 2, what);
}

void run_case(const OpCase& row, Device device) {
  const ir::Node node = node_of(row);
  for (const DType dtype : dtypes_of(row)) {
    const std::vector<RawTensor> raw = raw_of(inputs_as(row, dtype));
    run_raw(node, raw, device);
    const std::vector<std::string_view> names = candidates_taking(node, raw, device);
    for (std::size_t i = 1; i < names.size(); ++i) {
      const exec::ForcedCandidate forced(row.op, device.kind(), names[i]);
      run_raw(node, raw, device);
    }
  }
}

std::set<std::string_view> candidates_of_case(const OpCase& row, Device device) {
  std::set<std::string_view> names;
  for (const DType dtype : dtypes_of(row))
    for (const std::string_view name : candidates_taking(node_of(row), raw_of(inputs_as(row, dtype)), device))
      names.insert(name);
  return names;
}

void check_case(const OpCase& row) {
  const std::vector<DType> dtypes = dtypes_of(row);
  for (const DType dtype : dtypes) {
    SCOPED_TRACE(row.op + " \"" + row.name + "\" stored as " + std::string(name_of(dtype)));
    const std::vector<HostTensor> inputs = inputs_as(row, dtype);
    const std::vector<HostTensor> expected = row.oracle(inputs);
    std::vector<HostTensor> cpu;
    for (const Device device : Device::all()) check_on(row, inputs, expected, device, dtype == dtypes.front(), cpu);
  }
  check_gradient(row);
}

}  // namespace weft::testing
