// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/support/kernel_cases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <ostream>
#include <set>
#include <span>

#include "core/device/cpu/machine.h"
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

using Candidates = std::span<const exec::Candidate>;

// Rows of which the last candidate is not named "reference". An epilogue in turn runs two other rows, which have
// references. The interpreter is the last engine of elementwise programs on CUDA, and the others are held against it.
bool ends_otherwise(std::string_view op, Candidates candidates) {
  const std::string_view last = candidates.back().name;
  if (op == "matmul_epilogue" || op == "matmul_sums") return last == "in_turn";
  return candidates.front().name == "function" && last == "interpreter";
}

TEST(KernelRows, EveryRowEndsInItsReference) {
  for (const exec::KernelRow& row : exec::kernel_table()) {
    for (const Candidates candidates : {row.cpu, row.cuda}) {
      if (candidates.empty()) continue;  // builds without CUDA
      EXPECT_TRUE(candidates.back().name == "reference" || ends_otherwise(row.op, candidates))
          << row.op << " ends in " << candidates.back().name;
    }
  }
}

// Candidates that no machine or only another one has: the units of other processors, loops without AVX2, the run-time
// compiler of CUDA in the emulation.
bool may_be_missing(std::string_view candidate) {
  using kernels::bf16_units::Kind;
  if (candidate == "amx") return kernels::bf16_units::best() < Kind::kAmx;
  if (candidate == "avx512_bf16") return kernels::bf16_units::best() < Kind::kAvx512;
  if (candidate == "loop") return cpu::isa() == cpu::Isa::kBaseline;
#if defined(WEFT_CUDA_EMULATED)
  if (candidate == "specialized") return true;
#endif
  return false;
}

// Engines that take no program of this op alone. Loops have no code for these functions nor for draws, and the kernels
// made ahead of time are for functions.
bool takes_nothing(std::string_view op, std::string_view candidate) {
  static const std::set<std::string_view> no_loop{"sin",          "cos",     "pow",   "remainder",
                                                  "floor_divide", "uniform", "normal"};
  static const std::set<std::string_view> no_function{"cast", "uniform", "normal", "pointwise"};
  return (candidate == "loop" && no_loop.contains(op)) || (candidate == "function" && no_function.contains(op));
}

// check_case() runs a row by all candidates that take it. The last one takes every row.
TEST(KernelRows, EveryCandidateHasARow) {
  const std::vector<OpCase> cases = all_cases();
  for (const Device device : Device::all()) {
    for (const exec::KernelRow& row : exec::kernel_table()) {
      const Candidates candidates = device.is_cuda() ? row.cuda : row.cpu;
      std::set<std::string_view> tested;
      for (const OpCase& c : cases) {
        if (c.op != row.op) continue;
        const std::set<std::string_view> taken = candidates_of_case(c, device);
        EXPECT_TRUE(taken.contains(candidates.back().name)) << c.op << " " << c.name << " on " << device.name();
        tested.insert(taken.begin(), taken.end());
      }
      for (const exec::Candidate& candidate : candidates) {
        if (may_be_missing(candidate.name)) continue;
        EXPECT_NE(tested.contains(candidate.name), takes_nothing(row.op, candidate.name))
            << "test rows for " << row.op << " by " << candidate.name << " on " << device.name();
      }
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

TEST(DataErrors, NameTheValueAndItsPlace) {
  const std::int32_t code = exec::data_error_code("take", "model.0", {"index", "indices", 5, {8, 4}});
  EXPECT_GT(code, 0);
  EXPECT_EQ(exec::data_error_code("take", "model.0", {"index", "indices", 5, {8, 4}}), code);
  EXPECT_EQ(exec::data_error_code("take", "model.0", {"index", "indices", 5, {16, 4}}), code);  // another batch
  EXPECT_NE(exec::data_error_code("take", "model.1", {"index", "indices", 5, {8, 4}}), code);
  const DataError error = exec::data_error_of({.code = code, .value = 7, .at = 9});
  EXPECT_STREQ(error.what(), "[take] model.0: index 7 in row 2, column 1 is outside [0, 5)");
  EXPECT_EQ(error.op, "take");
  EXPECT_EQ(error.path, "model.0");
}

TEST(DataErrors, SayThatCountingStartsAtZero) {
  const std::int32_t code = exec::data_error_code("softmax_cross_entropy", "", {"label", "labels", 10, {4}});
  EXPECT_STREQ(exec::data_error_of({.code = code, .value = 10, .at = 3}).what(),
               "[softmax_cross_entropy] label 10 in row 3 is outside [0, 10); labels start at 0, so the last is 9");
  EXPECT_STREQ(exec::data_error_of({.code = code, .value = -1, .at = 0}).what(),
               "[softmax_cross_entropy] label -1 in row 0 is outside [0, 10)");
  const std::int32_t cube = exec::data_error_code("gather", "", {"index", "indices", 3, {2, 2, 2}});
  EXPECT_STREQ(exec::data_error_of({.code = cube, .value = 4, .at = 5}).what(),
               "[gather] index 4 at (1, 0, 1) is outside [0, 3)");
  const std::int32_t single = exec::data_error_code("take", "", {"index", "indices", 3, {}});
  EXPECT_STREQ(exec::data_error_of({.code = single, .value = -2}).what(), "[take] index -2 is outside [0, 3)");
}

}  // namespace
}  // namespace weft::testing
