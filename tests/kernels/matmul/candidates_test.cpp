// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/device/cpu/machine.h"
#include "core/exec/candidate.h"
#include "kernels/matmul/bf16_units.h"
#include "tests/kernels/support/harness_run.h"
#include "tests/kernels/support/kernel_cases.h"
#include "weft/error.h"

namespace weft::testing {
namespace {

struct Product {
  std::int64_t m, k, n;
  bool trans_b;
  DType dtype;
};

ir::Node node_of(const Product& p) {
  ir::Node node;
  node.op = ir::OpId::of("matmul");
  node.attributes = {{"trans_a", false}, {"trans_b", p.trans_b}};
  node.path = "model.1";
  return node;
}

std::vector<RawTensor> inputs_of(const Product& p) {
  std::vector<RawTensor> raw;
  for (const Shape& shape : {Shape{p.m, p.k}, p.trans_b ? Shape{p.n, p.k} : Shape{p.k, p.n}}) {
    const HostTensor tensor = stored_as(random_tensor(shape, DType::kF32, -1, 1, raw.size() + 1), p.dtype);
    raw.push_back({tensor.spec, encode(tensor)});
  }
  return raw;
}

std::string first(const Product& p, Device device) {
  return std::string(candidates_taking(node_of(p), inputs_of(p), device).at(0));
}

std::string best_for_bf16() {
  using kernels::bf16_units::Kind;
  switch (kernels::bf16_units::best()) {
    case Kind::kNone:
      break;
    case Kind::kAvx512:
      return "avx512_bf16";
    case Kind::kAmx:
      return "amx";
  }
  return "tiles";
}

TEST(MatmulCandidates, OnTheCpuFollowShapeDtypeAndProcessor) {
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    EXPECT_EQ(first({64, 64, 64, false, dtype}, Device::cpu()), "tiles");
    EXPECT_EQ(first({64, 64, 64, true, dtype}, Device::cpu()), "tiles");
    EXPECT_EQ(first({3, 77, 71, true, dtype}, Device::cpu()), "dots");
    EXPECT_EQ(first({3, 77, 71, false, dtype}, Device::cpu()), "tiles");
    EXPECT_EQ(first({131, 77, 1, false, dtype}, Device::cpu()), "dots");
  }
  EXPECT_EQ(first({3, 77, 71, true, DType::kF16}, Device::cpu()), "tiles");
  EXPECT_EQ(first({3, 77, 71, true, DType::kBF16}, Device::cpu()), best_for_bf16());
}

TEST(MatmulCandidates, OnCudaAreZerosThenTheLibrary) {
  for (const Device device : Device::all()) {
    if (!device.is_cuda()) continue;
    for (const DType dtype : {DType::kF32, DType::kF64, DType::kBF16, DType::kF16}) {
      EXPECT_EQ(first({3, 5, 7, false, dtype}, device), "cublaslt");
      EXPECT_EQ(first({3, 0, 7, false, dtype}, device), "zeros");
      EXPECT_EQ(first({0, 5, 7, false, dtype}, device), "zeros");
    }
  }
}

RawRun by_reference(const Product& p, Device device) {
  const exec::ForcedCandidate forced("matmul", device.kind(), "reference");
  return run_raw(node_of(p), inputs_of(p), device);
}

TEST(MatmulCandidates, ReferenceGivesTheSameBitsOnEveryDevice) {
  for (const DType dtype : {DType::kF32, DType::kF64, DType::kBF16, DType::kF16}) {
    const Product p{17, 300, 9, true, dtype};
    const RawRun cpu = by_reference(p, Device::cpu());
    for (const Device device : Device::all())
      EXPECT_EQ(by_reference(p, device).outputs[0].bytes, cpu.outputs[0].bytes) << name_of(dtype) << device.name();
  }
}

TEST(MatmulCandidates, AForcedOneThatDoesNotTakeTheProductIsAnError) {
  const exec::ForcedCandidate forced("matmul", Device::Kind::kCPU, "dots");
  const Product square{4, 4, 4, false, DType::kF32};
  try {
    run_raw(node_of(square), inputs_of(square), Device::cpu());
    FAIL() << "must throw";
  } catch (const ValueError& e) {
    EXPECT_STREQ(e.what(),
                 "[matmul] model.1: candidate 'dots' is forced and does not take (f32(4, 4), f32(4, 4)) -> (f32(4, 4)) "
                 "on cpu; force another one");
  }
}

// A body goes along with the product where the body's loop takes a tile as one block.
TEST(MatmulCandidates, EpiloguesGoOnTilesOfWholeVectors) {
  for (const OpCase& row : epilogue_cases()) {
    const ir::Graph& body = *row.region.graph;
    const TensorSpec& product = body.spec(body.inputs[0].value);
    const std::int64_t columns = product.shape[-1];
    const bool pays = columns >= 32 && columns % 16 == 0 && product.dtype != DType::kF64;
    const std::set<std::string_view> taking = candidates_of_case(row, Device::cpu());
    EXPECT_TRUE(taking.contains("in_turn")) << row.name;
    EXPECT_EQ(taking.size() > 1, pays) << row.name;
  }
}

// "in_turn" prepares its product by the candidates of the product, so that a forced one counts.
TEST(MatmulCandidates, InTurnRunsTheForcedProduct) {
  if (cpu::usable_isas().back() == cpu::Isa::kBaseline)
    GTEST_SKIP() << "without fused multiply-adds a forced product has the same bits";
  const OpCase row = epilogue_cases().at(0);
  ir::Node node{ir::OpId::of(row.op), {}, {}, row.attributes, "model.1", row.region};
  std::vector<RawTensor> raw;
  for (const HostTensor& input : row.inputs) raw.push_back({input.spec, encode(input)});
  const exec::ForcedCandidate apart("matmul_epilogue", Device::Kind::kCPU, "in_turn");
  const RawRun usual = run_raw(node, raw, Device::cpu());
  const exec::ForcedCandidate reference("matmul", Device::Kind::kCPU, "reference");
  EXPECT_NE(run_raw(node, raw, Device::cpu()).outputs[0].bytes, usual.outputs[0].bytes);
}

}  // namespace
}  // namespace weft::testing
