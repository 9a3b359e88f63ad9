// SPDX-License-Identifier: Apache-2.0
#include "kernels/elementwise/run/engines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "core/device/cpu/machine.h"
#include "core/exec/candidate.h"
#include "tests/kernels/elementwise/pointwise_body.h"
#include "tests/kernels/support/harness_run.h"
#include "weft/error.h"

// Every engine of the CPU runs the same bodies and gives the reference's bits, on every instruction set.
namespace weft::testing {
namespace {

using kernels::CpuEngine;

constexpr std::int64_t kRows = 37, kColumns = 53;

// A body of random nodes: functions, casts there and back, draws, constants, operands of the full shape, rows, columns
// and single numbers, several outputs. Where it ends in sums, they are of whole numbers and so exact in any order.
class RandomBody {
 public:
  RandomBody(unsigned seed, DType dtype) : random_(seed), dtype_(dtype) {
    for (const Shape& shape :
         {Shape{kRows, kColumns}, Shape{kRows, kColumns}, Shape{kColumns}, Shape{kRows, 1}, Shape{}})
      values_.push_back(body_.floats(shape, dtype));
    state_ = body_.state();
  }
  Region operator()() {
    for (int i = 0, n = 3 + below(20); i < n; ++i) values_.push_back(next());
    std::vector<ir::Value> outputs{full(values_.back())};
    for (int i = 0, n = below(3); i < n; ++i) outputs.push_back(full(any()));
    const std::array<ir::Ints, 3> axes{ir::Ints{0}, ir::Ints{1}, ir::Ints{0, 1}};
    for (int i = 0, n = below(3); i < n; ++i) {
      const ir::Value whole = body_.op("floor", {body_.op("clamp", {outputs[0], constant(-9), constant(9)})});
      const char* const joins[] = {"sum", "max", "min"};
      outputs.push_back(
          body_.op(joins[below(3)], {whole}, {{"axes", axes[static_cast<std::size_t>(below(3))]}, {"keep", false}}));
    }
    return body_.done("random", outputs);
  }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  ir::Value any() { return values_[random_() % values_.size()]; }
  ir::Value constant(double value) { return body_.full(value, dtype_); }
  ir::Value full(ir::Value v) { return body_.op("add", {v, values_[0]}); }
  ir::Value next() {
    static const char* const kUnary[] = {"negative", "abs", "square", "relu", "tanh",
                                         "sigmoid",  "exp", "sqrt",   "floor"};
    static const char* const kBinary[] = {"add", "subtract", "multiply", "divide", "minimum", "maximum"};
    switch (below(8)) {
      case 0:
        return body_.cast(body_.cast(any(), below(2) ? DType::kF16 : DType::kI32), dtype_);
      case 1: {
        const ir::Value condition = body_.op("less", {any(), any()});
        return body_.op("where", {condition, any(), any()});
      }
      case 2:
        if (below(4) == 0)
          return body_.op(
              below(2) ? "uniform" : "normal", {state_},
              {{"shape", ir::Ints{kRows, kColumns}}, {"dtype", dtype_}, {"ordinal", std::int64_t{below(3)}}});
        return body_.op("multiply", {any(), constant(0.5 * below(4))});
      case 3:
      case 4:
        return body_.op(kUnary[below(9)], {any()});
      default:
        return body_.op(kBinary[below(6)], {any(), any()});
    }
  }

  std::mt19937 random_;
  DType dtype_;
  Body body_;
  std::vector<ir::Value> values_;
  ir::Value state_;
};

// The outputs of the region by one engine; none where it does not take the region.
std::vector<RawTensor> outputs_by(CpuEngine engine, const Region& region) {
  std::vector<RawTensor> raw;
  for (const HostTensor& x : region.inputs) raw.push_back({x.spec, encode(x)});
  const ir::Node node = node_of(region);
  const exec::ForcedCandidate forced(node.op.name(), Device::cpu().kind(), kernels::name_of(engine));
  try {
    return run_raw(node, raw, Device::cpu()).outputs;
  } catch (const ValueError&) {
    return {};
  }
}

// Number of regions that each engine took.
struct Taken {
  int loop = 0, tiles = 0;
};

void compare(const Region& region, const std::string& what, Taken& taken) {
  const std::vector<RawTensor> expected = outputs_by(CpuEngine::kReference, region);
  ASSERT_FALSE(expected.empty()) << what;
  for (const CpuEngine engine : {CpuEngine::kLoop, CpuEngine::kTiles}) {
    const std::vector<RawTensor> got = outputs_by(engine, region);
    if (got.empty()) continue;
    ++(engine == CpuEngine::kLoop ? taken.loop : taken.tiles);
    for (std::size_t i = 0; i < got.size(); ++i)
      EXPECT_TRUE(same_numbers(got[i], expected[i])) << what << ", " << kernels::name_of(engine) << ", output " << i;
  }
}

TEST(Engines, GiveTheReferencesBits) {
  for (const cpu::Isa isa : cpu::usable_isas()) {
    cpu::use_isa(isa);
    Taken taken;
    constexpr unsigned kBodies = 60;
    for (const DType dtype : {DType::kF32, DType::kBF16, DType::kF64})
      for (unsigned seed = 0; seed < kBodies; ++seed)
        compare(RandomBody(seed, dtype)(),
                "body " + std::to_string(seed) + " of " + std::string(name_of(dtype)) + ", instruction set " +
                    std::to_string(static_cast<int>(isa)),
                taken);
    EXPECT_EQ(taken.tiles, 3 * static_cast<int>(kBodies));
    EXPECT_EQ(taken.loop > 0, isa != cpu::Isa::kBaseline);
  }
  cpu::use_isa(cpu::usable_isas().back());
}

TEST(Engines, EveryKindOfRegionHasTheReferencesBits) {
  for (const cpu::Isa isa : cpu::usable_isas()) {
    cpu::use_isa(isa);
    Taken taken;
    for (const Region& region : regions()) compare(region, region.name, taken);
    EXPECT_EQ(taken.tiles, static_cast<int>(regions().size()));
  }
  cpu::use_isa(cpu::usable_isas().back());
}

}  // namespace
}  // namespace weft::testing
