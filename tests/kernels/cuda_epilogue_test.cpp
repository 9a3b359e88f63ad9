// SPDX-License-Identifier: Apache-2.0
// Bodies behind a product that the matrix library of a CUDA device has an epilogue for, and bodies that look like one.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "core/ops/op.h"
#include "kernels/matmul/cuda_match.h"
#include "tests/kernels/harness_run.h"

namespace weft::testing {
namespace {

using ir::Value;
using kernels::GemmEpilogue;

struct Row {
  std::string name;
  GemmEpilogue epilogue;  // kNone: no match
  std::size_t operand;
  std::function<Value(ops::Builder&, const std::vector<Value>&)> make;  // from product, row, matrix, column
  DType dtype = DType::kF32;
};

std::vector<Row> rows() {
  const auto add = [](ops::Builder& b, Value x, Value y) { return b.emit("add", {x, y}); };
  return {
      {"bias", GemmEpilogue::kBias, 1, [=](auto& b, const auto& v) { return add(b, v[0], v[1]); }},
      {"bias first", GemmEpilogue::kBias, 1, [=](auto& b, const auto& v) { return add(b, v[1], v[0]); }},
      {"relu", GemmEpilogue::kRelu, 0, [=](auto& b, const auto& v) { return b.emit("relu", {v[0]}); }},
      {"relu of bias", GemmEpilogue::kReluBias, 1,
       [=](auto& b, const auto& v) { return b.emit("relu", {add(b, v[0], v[1])}); }},
      {"gelu", GemmEpilogue::kGelu, 0, [=](auto& b, const auto& v) { return b.emit("gelu_tanh", {v[0]}); }},
      {"gelu of bias", GemmEpilogue::kGeluBias, 1,
       [=](auto& b, const auto& v) { return b.emit("gelu_tanh", {add(b, v[0], v[1])}); }},
      {"addend", GemmEpilogue::kAddend, 2, [=](auto& b, const auto& v) { return add(b, v[2], v[0]); }},
      {"exact gelu", GemmEpilogue::kNone, 0, [=](auto& b, const auto& v) { return b.emit("gelu", {v[0]}); }},
      {"relu of addend", GemmEpilogue::kNone, 0,
       [=](auto& b, const auto& v) { return b.emit("relu", {add(b, v[0], v[2])}); }},
      {"column", GemmEpilogue::kNone, 0, [=](auto& b, const auto& v) { return add(b, v[0], v[3]); }},
      {"twice", GemmEpilogue::kNone, 0, [=](auto& b, const auto& v) { return add(b, v[0], v[0]); }},
      {"difference", GemmEpilogue::kNone, 0,
       [=](auto& b, const auto& v) {
         return b.emit("subtract", {v[0], v[1]});
       }},
      {"bias in f64", GemmEpilogue::kNone, 0, [=](auto& b, const auto& v) { return add(b, v[0], v[1]); }, DType::kF64},
      {"bias in bf16", GemmEpilogue::kBias, 1, [=](auto& b, const auto& v) { return add(b, v[0], v[1]); },
       DType::kBF16},
      {"another dtype", GemmEpilogue::kNone, 0,
       [=](auto& b, const auto& v) {
         return b.emit("cast", {add(b, v[0], v[1])}, {{"dtype", DType::kF64}});
       }},
  };
}

constexpr std::int64_t kRows = 5, kInner = 7, kColumns = 6;

ir::Node node_of(const Row& row) {
  auto body = std::make_shared<ir::Graph>();
  std::vector<Value> in;
  for (const Shape& shape : {Shape{kRows, kColumns}, Shape{kColumns}, Shape{kRows, kColumns}, Shape{kRows, 1}})
    in.push_back(body->add_input({shape, row.dtype}, ir::InputKind::kArgument, ""));
  ops::Builder build(*body);
  body->outputs.push_back({row.make(build, in), ""});
  ir::Node node;
  node.op = ir::OpId::of("matmul_epilogue");
  node.attributes = {{"trans_a", false}, {"trans_b", true}};
  node.body = std::move(body);
  return node;
}

TEST(CudaEpilogue, IsTheLibrarysWhereItIsTheWholeBody) {
  for (const Row& row : rows()) {
    const auto match = kernels::match_epilogue(*node_of(row).body);
    EXPECT_EQ(match.has_value(), row.epilogue != GemmEpilogue::kNone) << row.name;
    if (!match) continue;
    EXPECT_EQ(match->epilogue, row.epilogue) << row.name;
    EXPECT_EQ(match->operand.value_or(0), row.operand) << row.name;
  }
}

TEST(CudaEpilogue, LeavesSeveralOutputsToTheKernel) {
  const ir::Node node = node_of(rows()[0]);
  ir::Graph body = *node.body;
  body.outputs.push_back({body.inputs[0].value, ""});
  EXPECT_FALSE(kernels::match_epilogue(body).has_value());
}

// The library does not round the product to 16 bits before the epilogue, the CPU's body does: half a unit in the last
// of the 8 bits of a product below 28.
TEST(CudaEpilogue, ComputesWhatTheCpuComputes) {
  for (const Row& row : rows()) {
    std::vector<RawTensor> inputs;
    std::uint64_t seed = 1;
    for (const Shape& shape :
         {Shape{kRows, kInner}, Shape{kColumns, kInner}, Shape{kColumns}, Shape{kRows, kColumns}, Shape{kRows, 1}}) {
      const HostTensor tensor = random_tensor(shape, row.dtype, -2, 2, seed++);
      inputs.push_back({tensor.spec, encode(tensor)});
    }
    const HostTensor expected = decode(run_raw(node_of(row), inputs, Device::cpu()).outputs[0]);
    const double tolerance = row.dtype == DType::kBF16 ? 0x1p-4 : 2e-6;
    for (const Device device : Device::all())
      expect_close(decode(run_raw(node_of(row), inputs, device).outputs[0]), expected, tolerance, row.name);
  }
}

}  // namespace
}  // namespace weft::testing
