// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/support/kernel_cases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <ostream>
#include <set>

#include "core/exec/candidate.h"
#include "core/ops/op.h"
#include "kernels/matmul/bf16_units.h"
#include "weft/error.h"
#if defined(WEFT_CUDA_EMULATED)
#include "emulator.h"
#endif

namespace weft::testing {

class Kernel : public ::testing::TestWithParam<OpCase> {};

TEST_P(Kernel, DoesWhatItsRowSays) { check_case(GetParam()); }

// gtest puts this behind the test's name instead of the row's bytes.
void PrintTo(const OpCase& row, std::ostream* out) { *out << row.op << " " << row.name; }

namespace {

std::string test_name(const ::testing::TestParamInfo<OpCase>& info) {
  std::string name = info.param.op + "_" + info.param.name;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Rows, Kernel, ::testing::ValuesIn(all_cases()), test_name);

TEST(KernelRows, EveryOpAndEveryKernelHasARow) {
  std::set<std::string> tested;
  for (const OpCase& row : all_cases()) tested.insert(row.op);
  for (const std::string& op : ops::builtin_ops()) EXPECT_TRUE(tested.count(op)) << "no test row for op " << op;
  for (const exec::KernelRow& row : exec::kernel_table()) {
    EXPECT_TRUE(tested.count(std::string(row.op))) << "no test row for the kernel of " << row.op;
    EXPECT_FALSE(row.cpu.empty()) << row.op;
  }
}

// Units that this processor may not have, and engines of elementwise programs that take no rows of few elements or
// some functions only: tests/kernels/elementwise holds each of those against the reference.
bool may_be_missing(std::string_view candidate) {
  using kernels::bf16_units::Kind;
  if (candidate == "loop" || candidate == "function" || candidate == "specialized") return true;
  if (candidate == "amx") return kernels::bf16_units::best() < Kind::kAmx;
  return candidate == "avx512_bf16" && kernels::bf16_units::best() < Kind::kAvx512;
}

// check_case() runs a row by all candidates that take it.
TEST(KernelRows, EveryCandidateHasARow) {
  const std::vector<OpCase> cases = all_cases();
  for (const Device device : Device::all()) {
    for (const exec::KernelRow& row : exec::kernel_table()) {
      const std::span<const exec::Candidate> candidates = device.is_cuda() ? row.cuda : row.cpu;
      if (candidates.size() < 2) continue;  // see EveryOpAndEveryKernelHasARow
      std::set<std::string_view> tested;
      for (const OpCase& c : cases)
        if (c.op == row.op) tested.merge(candidates_of_case(c, device));
      for (const exec::Candidate& candidate : candidates)
        EXPECT_TRUE(tested.count(candidate.name) || may_be_missing(candidate.name))
            << "no test row for " << row.op << " by " << candidate.name << " on " << device.name();
    }
  }
}

TEST(KernelRows, EveryInexactRowSaysWhy) {
  for (const OpCase& row : all_cases()) {
    EXPECT_TRUE(row.tolerance == 0 || !row.reason.empty()) << row.op << " " << row.name;
  }
}

#if defined(WEFT_CUDA_EMULATED)
TEST(KernelRows, LaunchEveryCudaKernel) {
  for (const OpCase& row : all_cases()) run_case(row, Device::cuda());
  const std::set<std::string> launched = emulator::launched_kernels();
  for (const std::string& kernel : emulator::known_kernels()) {
    // Host functions may end in "_kernel" too; weft's kernels all live in one namespace.
    if (kernel.find("weft::kernels::") == std::string::npos) continue;
    EXPECT_TRUE(launched.count(kernel)) << "no row launches " << kernel;
  }
}
#endif

TEST(KernelTable, NamesWhatIsMissing) {
  const ir::OpId op = ir::OpId::of("no_such_op");
  const std::vector<TensorSpec> specs{{{2}, DType::kF32}, {{2}, DType::kI64}};
  try {
    exec::prepare_kernel({op, {}, specs, specs, Device::cpu(), "model.1"});
    FAIL() << "must throw";
  } catch (const DeviceError& e) {
    EXPECT_STREQ(e.what(), "[no_such_op] model.1: no kernel for (f32, i64) -> (f32, i64) on cpu");
  }
}

TEST(DataErrors, FillInTheValue) {
  const std::int32_t code = exec::data_error_code("take", "model.0", "index {} is outside [0, 5)");
  EXPECT_GT(code, 0);
  EXPECT_EQ(exec::data_error_code("take", "model.0", "index {} is outside [0, 5)"), code);
  EXPECT_NE(exec::data_error_code("take", "model.1", "index {} is outside [0, 5)"), code);
  EXPECT_EQ(exec::data_error_text(code, 7), "[take] model.0: index 7 is outside [0, 5)");
}

}  // namespace
}  // namespace weft::testing
