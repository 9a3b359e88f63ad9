// SPDX-License-Identifier: Apache-2.0
// Gradients that passes make for the matrix library of a CUDA device: a mask kept as bits, products through a ReLU or a
// GELU, sums along with a product.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/ops/op.h"
#include "core/scalar/bit_rows.h"
#include "kernels/matmul/cuda_match.h"
#include "tests/kernels/support/harness_run.h"
#if defined(WEFT_CUDA_EMULATED)
#include "emulator.h"
#endif

namespace weft::testing {
namespace {

using kernels::GemmEpilogue;

constexpr DType kF32 = DType::kF32, kBF16 = DType::kBF16, kF16 = DType::kF16, kF64 = DType::kF64;

// A product of (5, 7) and (7, columns) matrices of dtype `operands`, given as `product`, and behind it one node.
struct Row {
  std::string op;
  std::int64_t columns;
  DType operands, product, result;
  GemmEpilogue epilogue;  // kNone: no match
  bool bias = false;
};

std::vector<Row> rows() {
  std::vector<Row> all;
  // One column, primes, and what is no multiple of 8 or 128.
  for (const std::int64_t columns : {1, 7, 8, 128, 131, 136}) {
    const bool eights = columns % 8 == 0;
    for (const bool bias : {false, true}) {
      const GemmEpilogue kept = bias ? GemmEpilogue::kReluAuxBias : GemmEpilogue::kReluAux;
      all.push_back({"relu_bits", columns, kF32, kF32, kF32, kept, bias});
      all.push_back({"relu_bits", columns, kBF16, kF32, kBF16, kept, bias});
      all.push_back({"relu_bits", columns, kF16, kF32, kF32, kept, bias});
      all.push_back({"relu_bits", columns, kF32, kF32, kF16, GemmEpilogue::kNone, bias});
    }
    all.push_back({"relu_bits_grad", columns, kF32, kF32, kF32, GemmEpilogue::kDRelu});
    all.push_back({"relu_bits_grad", columns, kF16, kF16, kF16, GemmEpilogue::kDRelu});
    all.push_back({"relu_bits_grad", columns, kBF16, kF32, kF32, GemmEpilogue::kDRelu});
    all.push_back({"relu_bits_grad", columns, kF64, kF64, kF64, GemmEpilogue::kNone});
    all.push_back({"gelu_tanh_grad", columns, kF32, kF32, kF32, GemmEpilogue::kNone});
    all.push_back({"gelu_tanh_grad", columns, kBF16, kF32, kF32, GemmEpilogue::kNone});
    for (const DType half : {kBF16, kF16})
      all.push_back({"gelu_tanh_grad", columns, half, half, half, eights ? GemmEpilogue::kDGelu : GemmEpilogue::kNone});
  }
  return all;
}

std::string name_of_row(const Row& row) {
  return row.op + " of " + std::to_string(row.columns) + " columns, " + std::string(name_of(row.operands)) + " to " +
         std::string(name_of(row.result)) + (row.bias ? " with bias" : "");
}

constexpr std::int64_t kRows = 5, kInner = 7;

// The operand beside the product's own: a bias, a mask or the activation function's input.
std::optional<TensorSpec> further(const Row& row) {
  if (row.op == "relu_bits") return row.bias ? std::optional(TensorSpec{{row.columns}, kF32}) : std::nullopt;
  if (row.op == "relu_bits_grad") return TensorSpec{{kRows, bit_row_bytes(row.columns)}, DType::kU8};
  return TensorSpec{{kRows, row.columns}, row.product};
}

ir::Node node_of(const Row& row) {
  const auto body = std::make_shared<ir::Graph>();
  std::vector<ir::Value> operands{body->add_input({{kRows, row.columns}, row.product}, ir::InputKind::kArgument, "")};
  if (const auto spec = further(row)) operands.push_back(body->add_input(*spec, ir::InputKind::kArgument, ""));
  ir::Attributes attributes;
  if (row.op == "relu_bits") attributes.set("dtype", row.result);
  for (const ir::Value v : ops::Builder(*body).emit_all(ir::OpId::of(row.op), operands, attributes))
    body->outputs.push_back({v, ""});
  ir::Node node;
  node.op = ir::OpId::of("matmul_epilogue");
  node.attributes = {{"trans_a", false}, {"trans_b", false}};
  if (row.product != row.operands) node.attributes.set("dtype", row.product);
  node.region = {ir::Region::Kind::kEpilogue, body};
  return node;
}

std::vector<RawTensor> inputs_of(const Row& row) {
  std::vector<RawTensor> inputs;
  const auto give = [&](const TensorSpec& spec) {
    const bool bits = spec.dtype == DType::kU8;
    const HostTensor tensor = random_tensor(spec.shape, spec.dtype, bits ? 0 : -2, bits ? 256 : 2, inputs.size() + 1);
    inputs.push_back({tensor.spec, encode(tensor)});
  };
  give({{kRows, kInner}, row.operands});
  give({{kInner, row.columns}, row.operands});
  if (const auto spec = further(row)) give(*spec);
  return inputs;
}

// Without the bits that stand for no column.
RawTensor meant(RawTensor tensor, std::int64_t columns) {
  if (tensor.spec.dtype != DType::kU8) return tensor;
  const std::int64_t row_bits = 8 * bit_row_bytes(columns);
  for (std::size_t i = 0; i < tensor.bytes.size(); ++i)
    for (int bit = 0; bit < 8; ++bit)
      if ((static_cast<std::int64_t>(8 * i) + bit) % row_bits >= columns)
        tensor.bytes[i] = static_cast<std::uint8_t>(tensor.bytes[i] & ~(1 << bit));
  return tensor;
}

// A 16-bit type keeps 2^-4 or better of products up to 28. The CPU rounds the products; the library takes slopes of
// unrounded ones.
double tolerance(const Row& row) { return size_of(row.operands) == 2 || size_of(row.result) == 2 ? 0x1p-3 : 4e-6; }

TEST(CudaGradientEpilogue, IsTheLibrarysWhereItHasOne) {
  for (const Row& row : rows()) {
    const auto match = kernels::match_epilogue(*node_of(row).region.graph, row.operands);
    EXPECT_EQ(match ? match->epilogue : GemmEpilogue::kNone, row.epilogue) << name_of_row(row);
    if (!match) continue;
    EXPECT_EQ(match->operand.has_value(), further(row).has_value()) << name_of_row(row);
    EXPECT_EQ(match->aux.has_value(), row.op == "relu_bits") << name_of_row(row);
    EXPECT_EQ(match->result, row.result) << name_of_row(row);
  }
}

TEST(CudaGradientEpilogue, ComputesWhatTheCpuComputes) {
  for (const Row& row : rows()) {
    SCOPED_TRACE(name_of_row(row));
    const std::vector<RawTensor> inputs = inputs_of(row);
    const std::vector<RawTensor> expected = run_raw(node_of(row), inputs, Device::cpu()).outputs;
    for (const Device device : Device::all()) {
      const std::vector<RawTensor> got = run_raw(node_of(row), inputs, device).outputs;
      const std::vector<RawTensor> shifted = run_raw(node_of(row), inputs, device, {.misaligned = true}).outputs;
      for (std::size_t o = 0; o < got.size(); ++o) {
        const HostTensor want = decode(meant(expected[o], row.columns));
        expect_close(decode(meant(got[o], row.columns)), want, tolerance(row), device.name());
        expect_close(decode(meant(shifted[o], row.columns)), want, tolerance(row), device.name() + ", misaligned");
        const RawRun alone = run_raw(node_of(row), inputs, device, {.only_output = static_cast<int>(o)});
        EXPECT_EQ(meant(alone.outputs[o], row.columns).bytes, meant(got[o], row.columns).bytes)
            << "where nobody reads the others";
      }
    }
  }
}

// Its ReLU makes NaN 0, and the gradient there is 0 on every device; nothing else hides NaN.
TEST(CudaGradientEpilogue, NaNIsOffInAMask) {
  for (const Row& row : rows()) {
    SCOPED_TRACE(name_of_row(row));
    std::vector<RawTensor> inputs = inputs_of(row);
    const TensorSpec& a = inputs[0].spec;
    const HostTensor nan =
        tensor_of(a.shape, a.dtype, std::vector<double>(static_cast<std::size_t>(a.shape.numel()), NAN));
    inputs[0].bytes = encode(nan);
    if (row.op == "relu_bits_grad") inputs[2].bytes.assign(inputs[2].bytes.size(), 255);
    for (const Device device : Device::all()) {
      const std::vector<RawTensor> got = run_raw(node_of(row), inputs, device).outputs;
      for (const double value : decode(got[0]).values)
        EXPECT_TRUE(std::isnan(value) || (row.op == "relu_bits" && value == 0)) << device.name();
      if (row.op != "relu_bits") continue;
      for (const std::uint8_t byte : meant(got[1], row.columns).bytes) EXPECT_EQ(byte, 0) << device.name();
    }
  }
}

// The mask that a device wrote is the one that it reads, by the library or not. An argument of 0 is off.
TEST(CudaGradientEpilogue, AMaskGoesFromTheLayerToItsGradient) {
  ir::Node apart;
  apart.op = ir::OpId::of("relu_bits_grad");
  for (const std::int64_t columns : {1, 7, 131, 136, 300}) {
    for (const bool bias : {false, true}) {
      const Row layer{"relu_bits", columns, kF32, kF32, kF32, GemmEpilogue::kReluAux, bias};
      const Row gradient{"relu_bits_grad", columns, kF32, kF32, kF32, GemmEpilogue::kDRelu};
      std::vector<RawTensor> inputs = inputs_of(layer), back = inputs_of(gradient);
      std::fill_n(inputs[0].bytes.begin(), kInner * 4, std::uint8_t{0});  // the first row of products
      for (const Device device : Device::all()) {
        SCOPED_TRACE(device.name() + ", " + std::to_string(columns) + " columns");
        const std::vector<RawTensor> kept = run_raw(node_of(layer), inputs, device).outputs;
        back[2] = kept[1];
        const HostTensor y = decode(kept[0]), dx = decode(run_raw(node_of(gradient), back, device).outputs[0]);
        const HostTensor masked = decode(run_raw(apart, {kept[0], kept[1]}, device).outputs[0]);
        for (std::size_t i = 0; i < y.values.size(); ++i) {
          ASSERT_EQ(dx.values[i] != 0, y.values[i] > 0) << "element " << i;
          ASSERT_EQ(masked.values[i], y.values[i]) << "element " << i;
        }
      }
    }
  }
}

// The library should have all epilogues for bf16; other missing ones are reported. A node without one is two kernels.
TEST(CudaGradientEpilogue, TheLibraryHasAlgorithms) {
  using enum GemmEpilogue;
  const std::vector<std::pair<GemmEpilogue, const char*>> all{
      {kReluAux, "a ReLU that keeps its mask"}, {kReluAuxBias, "a ReLU of a bias that keeps its mask"},
      {kDRelu, "back through a ReLU"},          {kDGelu, "back through a GELU"},
      {kSumsA, "sums of the first operand"},    {kSumsB, "sums of the second operand"}};
  for (const Device device : Device::all()) {
    if (!device.is_cuda()) continue;
    for (const auto& [epilogue, name] : all) {
      for (const DType dtype : {kF32, kBF16, kF16}) {
        kernels::GemmProblem problem;
        problem.m = 512, problem.n = 256, problem.k = 128;
        problem.dtype = dtype;
        problem.result = epilogue == kSumsA || epilogue == kSumsB ? kF32 : dtype;
        problem.trans_a = epilogue == kSumsA || epilogue == kSumsB;
        problem.a_matrix = problem.b_matrix = {0};
        if (epilogue == kDGelu && dtype == kF32) continue;
        const bool has = kernels::prepare_gemm(problem, epilogue, device).has_value();
        EXPECT_TRUE(has || dtype != kBF16) << name;
        if (!has) std::cout << "the library has no algorithm for " << name << " in " << name_of(dtype) << "\n";
      }
    }
  }
}

#if defined(WEFT_CUDA_EMULATED)

std::uint64_t kernels_run(const ir::Node& node, const std::vector<RawTensor>& inputs) {
  const std::uint64_t before = emulator::counters().kernels_run;
  run_raw(node, inputs, Device::cuda());
  return emulator::counters().kernels_run - before;
}

// A bias that has to be rounded to the result's type is one more.
TEST(CudaGradientEpilogue, IsOneKernel) {
  for (const Row& row : rows()) {
    const bool rounds = row.bias && row.result != kF32;
    const std::uint64_t expected = row.epilogue == GemmEpilogue::kNone ? 2 : rounds ? 2 : 1;
    EXPECT_EQ(kernels_run(node_of(row), inputs_of(row)), expected) << name_of_row(row);
  }
  for (const std::int64_t operand : {0, 1}) {
    ir::Node sums;
    sums.op = ir::OpId::of("matmul_sums");
    sums.attributes = {{"trans_a", true}, {"trans_b", false}, {"operand", operand}};
    const HostTensor a = random_tensor({7, 5}, kF32, -1, 1, 1), b = random_tensor({7, 3}, kF32, -1, 1, 2);
    EXPECT_EQ(kernels_run(sums, {{a.spec, encode(a)}, {b.spec, encode(b)}}), 1u);
  }
}

#endif

}  // namespace
}  // namespace weft::testing
