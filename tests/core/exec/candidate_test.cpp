// SPDX-License-Identifier: Apache-2.0
#include "core/exec/candidate.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/exec/eager.h"
#include "weft/error.h"

namespace weft::testing {
using namespace exec;
namespace {

std::optional<PreparedKernel> takes_none(const KernelRequest&) { return std::nullopt; }
std::optional<PreparedKernel> takes_small(const KernelRequest& request) {
  if (request.inputs[0].shape.numel() > 4) return std::nullopt;
  return PreparedKernel{[](const Call&) {}, 1};
}
PreparedKernel take_all(const KernelRequest&) {
  return {[](const Call&) {}, 2};
}

// Candidates with the names in the row of "sum", because only known names can be forced.
constexpr Candidate kList[] = {{"lanes", takes_none}, {"small", takes_small}, {"plain", always<take_all>}};

struct Request {
  std::vector<TensorSpec> specs;
  ir::Attributes attributes{};
  std::string path = "model.1";

  explicit Request(std::int64_t n) : specs{{{n}, DType::kF32}} {}
  KernelRequest operator()(const char* op) const {
    return {ir::OpId::of(op), attributes, specs, specs, Device::cpu(), path};
  }
};

std::string error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const ValueError& e) {
    return e.what();
  }
  return "no error";
}

TEST(Candidates, TheFirstThatTakesARequestRuns) {
  const PreparedKernel small = prepare_first(kList, Request(4)("sum")), large = prepare_first(kList, Request(5)("sum"));
  EXPECT_EQ(small.candidate, "small");
  EXPECT_EQ(small.workspace, 1u);
  EXPECT_EQ(large.candidate, "plain");
  EXPECT_EQ(large.workspace, 2u);
  EXPECT_THROW(prepare_first(std::span(kList).first(2), Request(5)("sum")), DeviceError);
}

TEST(Candidates, AForcedOneThatDoesNotTakeARequestIsAnError) {
  const ForcedCandidate forced("sum", Device::Kind::kCPU, "lanes");
  EXPECT_EQ(error_of([] { prepare_first(kList, Request(5)("sum")); }),
            "[sum] model.1: candidate 'lanes' is forced and does not take (f32(5,)) -> (f32(5,)) on cpu; force another "
            "one");
  EXPECT_EQ(prepare_first(kList, Request(5)("prod")).candidate, "plain");  // another op is not forced
}

TEST(Candidates, AnUnknownNameIsAnErrorThatListsTheNames) {
  EXPECT_EQ(error_of([] { ForcedCandidate("sum", Device::Kind::kCPU, "fast"); }),
            "[sum] has no candidate 'fast' to force; its candidates are 'lanes', 'reference'");
  EXPECT_EQ(error_of([] { ForcedCandidate("no such op", Device::Kind::kCPU, "fast"); }),
            "[no such op] has no candidate 'fast' to force; its candidates are none");
}

TEST(Candidates, AreForcedInAScopeAndAThread) {
  EXPECT_EQ(forced_candidate("sum", Device::Kind::kCPU), "");
  {
    const ForcedCandidate forced("sum", Device::Kind::kCPU, std::string("lanes"));
    EXPECT_EQ(forced_candidate("sum", Device::Kind::kCPU), "lanes");
    EXPECT_EQ(forced_candidate("sum", Device::Kind::kCUDA), "");
    std::thread([] { EXPECT_EQ(forced_candidate("sum", Device::Kind::kCPU), ""); }).join();
  }
  EXPECT_EQ(forced_candidate("sum", Device::Kind::kCPU), "");
}

TEST(Candidates, OfAUsersOpAreHisOne) {
  register_kernel("candidate_test_op", Device::Kind::kCPU, take_all);
  EXPECT_EQ(candidates_of("candidate_test_op", Device::Kind::kCPU), std::vector<std::string_view>{"user"});
  EXPECT_EQ(candidates_of("candidate_test_op", Device::Kind::kCUDA), std::vector<std::string_view>{});
  EXPECT_EQ(prepare_kernel(Request(4)("candidate_test_op")).candidate, "user");
  const ForcedCandidate forced("candidate_test_op", Device::Kind::kCPU, "user");
  EXPECT_EQ(prepare_kernel(Request(4)("candidate_test_op")).candidate, "user");
}

// Kept kernels are found again by what was forced, too.
TEST(Candidates, AnEagerOpIsTheForcedOnes) {
  const Device cpu = Device::cpu();
  std::vector<float> numbers(300 * 300);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = 1 / static_cast<float>(i + 1);
  const Array x = Array::from_host(numbers.data(), {{300, 300}, DType::kF32}, Stream::current(cpu));
  const std::vector<Array> inputs{x, x};
  const ir::Attributes attributes{{"trans_a", false}, {"trans_b", false}};
  const auto product = [&] {
    const Array y = run_op(ir::OpId::of("matmul"), inputs, attributes, cpu).outputs[0];
    const auto* data = static_cast<const float*>(y.data());
    return std::vector<float>(data, data + 300 * 300);
  };
  const std::vector<float> usual = product();
  {
    const ForcedCandidate forced("matmul", Device::Kind::kCPU, "reference");
    EXPECT_NE(product(), usual);
  }
  EXPECT_EQ(product(), usual);
}

TEST(KernelTable, NamesEveryCandidateOnceInItsRow) {
  std::set<std::string_view> ops;
  for (const KernelRow& row : kernel_table()) {
    EXPECT_TRUE(ops.insert(row.op).second) << row.op << " has two rows";
    for (const Device device : Device::all()) {
      const std::span<const Candidate> candidates = device.is_cuda() ? row.cuda : row.cpu;
      EXPECT_FALSE(candidates.empty()) << row.op << " on " << device.name();
      std::set<std::string_view> names;
      for (const Candidate& candidate : candidates) {
        EXPECT_FALSE(candidate.name.empty()) << row.op;
        EXPECT_NE(candidate.prepare, nullptr) << row.op << ", " << candidate.name;
        EXPECT_TRUE(names.insert(candidate.name).second) << row.op << " names " << candidate.name << " twice";
      }
    }
  }
}

}  // namespace
}  // namespace weft::testing
