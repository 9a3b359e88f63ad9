// SPDX-License-Identifier: Apache-2.0
// Bodies behind a product that the matrix library of a CUDA device has an epilogue for, and bodies that look like one.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/ops/op.h"
#include "kernels/matmul/cuda_match.h"
#include "tests/kernels/support/harness_run.h"

namespace weft::testing {
namespace {

using ir::Value;
using kernels::GemmEpilogue;
using Values = std::vector<Value>;

// Values that a body is made of.
struct Site {
  ops::Builder& build;
  DType half;  // a 16-bit type, for products of it that are f32
  Value product, row, matrix, column, wide_row;

  Value add(Value x, Value y) const { return build.emit("add", {x, y}); }
  Value make(const char* function, Value x) const { return build.emit(function, {x}); }
  Value narrow(Value x) const { return build.emit("cast", {x}, {{"dtype", half}}); }
  Value wide(Value x) const { return build.emit("cast", {x}, {{"dtype", DType::kF32}}); }
};

struct Row {
  std::string name;
  GemmEpilogue epilogue;  // kNone: no match
  std::size_t operand;
  std::function<Values(const Site&)> make;  // the outputs
  DType dtype = DType::kF32;                // dtype of the operands, and of the product ...
  bool wide = false;                        // ... unless it is f32
  std::optional<std::size_t> aux{};
  std::int64_t columns = 8;
};

constexpr DType kBF16 = DType::kBF16;

std::vector<Row> plain_rows() {
  return {
      {"bias", GemmEpilogue::kBias, 1, [](const Site& s) -> Values { return {s.add(s.product, s.row)}; }},
      {"bias first", GemmEpilogue::kBias, 1, [](const Site& s) -> Values { return {s.add(s.row, s.product)}; }},
      {"relu", GemmEpilogue::kRelu, 0, [](const Site& s) -> Values { return {s.make("relu", s.product)}; }},
      {"relu of bias", GemmEpilogue::kReluBias, 1,
       [](const Site& s) -> Values { return {s.make("relu", s.add(s.product, s.row))}; }},
      {"gelu", GemmEpilogue::kGelu, 0, [](const Site& s) -> Values { return {s.make("gelu_tanh", s.product)}; }, kBF16},
      {"gelu of bias", GemmEpilogue::kGeluBias, 1,
       [](const Site& s) -> Values { return {s.make("gelu_tanh", s.add(s.product, s.row))}; }, kBF16},
      {"gelu in f32", GemmEpilogue::kNone, 0, [](const Site& s) -> Values { return {s.make("gelu_tanh", s.product)}; }},
      {"addend", GemmEpilogue::kAddend, 2, [](const Site& s) -> Values { return {s.add(s.matrix, s.product)}; }},
      {"exact gelu", GemmEpilogue::kNone, 0, [](const Site& s) -> Values { return {s.make("gelu", s.product)}; }},
      {"relu of addend", GemmEpilogue::kNone, 0,
       [](const Site& s) -> Values { return {s.make("relu", s.add(s.product, s.matrix))}; }},
      {"column", GemmEpilogue::kNone, 0, [](const Site& s) -> Values { return {s.add(s.product, s.column)}; }},
      {"twice", GemmEpilogue::kNone, 0, [](const Site& s) -> Values { return {s.add(s.product, s.product)}; }},
      {"difference", GemmEpilogue::kNone, 0,
       [](const Site& s) -> Values {
         return {s.build.emit("subtract", {s.product, s.row})};
       }},
      {"bias in f64", GemmEpilogue::kNone, 0, [](const Site& s) -> Values { return {s.add(s.product, s.row)}; },
       DType::kF64},
      {"bias in bf16", GemmEpilogue::kBias, 1, [](const Site& s) -> Values { return {s.add(s.product, s.row)}; },
       kBF16},
      {"another dtype", GemmEpilogue::kNone, 0,
       [](const Site& s) -> Values {
         return {s.build.emit("cast", {s.add(s.product, s.row)}, {{"dtype", DType::kF64}})};
       }},
      {"f32 products of f32, rounded", GemmEpilogue::kNone, 0,
       [](const Site& s) -> Values { return {s.narrow(s.make("relu", s.product))}; }},
  };
}

// Products of 16-bit matrices, added up in f32 and rounded where they are stored.
std::vector<Row> rounded_rows() {
  return {
      {"f32 sum with a bias in bf16", GemmEpilogue::kNone, 0,
       [](const Site& s) -> Values { return {s.add(s.product, s.wide(s.row))}; }, kBF16, true},
      {"rounded bias", GemmEpilogue::kBias, 1,
       [](const Site& s) -> Values { return {s.narrow(s.add(s.product, s.wide(s.row)))}; }, kBF16, true},
      {"rounded relu of bias", GemmEpilogue::kReluBias, 1,
       [](const Site& s) -> Values { return {s.narrow(s.make("relu", s.add(s.wide(s.row), s.product)))}; }, kBF16,
       true},
      {"relu of f32 bias", GemmEpilogue::kReluBias, 4,
       [](const Site& s) -> Values { return {s.narrow(s.make("relu", s.add(s.product, s.wide_row)))}; }, kBF16, true},
      {"rounded relu of rounded", GemmEpilogue::kRelu, 0,
       [](const Site& s) -> Values { return {s.narrow(s.make("relu", s.wide(s.product)))}; }, kBF16},
      {"f32 relu of rounded", GemmEpilogue::kNone, 0,
       [](const Site& s) -> Values { return {s.make("relu", s.wide(s.product))}; }, kBF16},
      {"rounded addend", GemmEpilogue::kAddend, 2,
       [](const Site& s) -> Values { return {s.narrow(s.add(s.product, s.wide(s.matrix)))}; }, kBF16, true},
      {"rounded gelu in f16", GemmEpilogue::kGeluBias, 1,
       [](const Site& s) -> Values { return {s.narrow(s.make("gelu_tanh", s.add(s.product, s.wide(s.row))))}; },
       DType::kF16, true},
  };
}

// The argument of a GELU beside its value, for the gradient.
std::vector<Row> kept_rows() {
  const auto kept = [](const char* function) {
    return [function](const Site& s) -> Values {
      const Value argument = s.add(s.product, s.row);
      return {argument, s.make(function, argument)};
    };
  };
  const auto rounded = [](const Site& s) -> Values {
    const Value argument = s.narrow(s.add(s.product, s.wide(s.row)));
    return {s.narrow(s.make("gelu_tanh", s.wide(argument))), argument};
  };
  return {
      {"kept gelu of bias", GemmEpilogue::kGeluAuxBias, 1, kept("gelu_tanh"), kBF16, false, 0},
      {"kept gelu", GemmEpilogue::kGeluAux, 0,
       [](const Site& s) -> Values {
         return {s.make("gelu_tanh", s.product), s.product};
       },
       kBF16, false, 1},
      {"kept gelu, rounded", GemmEpilogue::kGeluAuxBias, 1, rounded, kBF16, true, 1},
      {"kept gelu of 6 columns", GemmEpilogue::kNone, 0, kept("gelu_tanh"), kBF16, false, {}, 6},
      {"kept gelu in f32", GemmEpilogue::kNone, 0, kept("gelu_tanh")},
      {"kept exact gelu", GemmEpilogue::kNone, 0, kept("gelu"), kBF16},
      {"kept relu", GemmEpilogue::kNone, 0, kept("relu"), kBF16},
      {"kept product", GemmEpilogue::kNone, 0,
       [](const Site& s) -> Values {
         return {s.make("gelu_tanh", s.add(s.product, s.row)), s.product};
       },
       kBF16},
      {"kept gelu and more", GemmEpilogue::kNone, 0,
       [](const Site& s) -> Values {
         return {s.make("gelu_tanh", s.product), s.product, s.make("relu", s.product)};
       },
       kBF16},
  };
}

std::vector<Row> rows() {
  std::vector<Row> all = plain_rows();
  for (const auto& more : {rounded_rows(), kept_rows()}) all.insert(all.end(), more.begin(), more.end());
  return all;
}

constexpr std::int64_t kRows = 5, kInner = 7;

ir::Node node_of(const Row& row) {
  const Shape full{kRows, row.columns};
  const auto body = std::make_shared<ir::Graph>();
  const auto input = [&](const Shape& shape, DType dtype) {
    return body->add_input({shape, dtype}, ir::InputKind::kArgument, "");
  };
  ops::Builder build(*body);
  const Value product = input(full, row.wide ? DType::kF32 : row.dtype);
  const Site site{build,
                  row.dtype == DType::kF32 ? kBF16 : row.dtype,
                  product,
                  input({row.columns}, row.dtype),
                  input(full, row.dtype),
                  input({kRows, 1}, row.dtype),
                  input({row.columns}, DType::kF32)};
  for (const Value output : row.make(site)) body->outputs.push_back({output, ""});
  ir::Node node;
  node.op = ir::OpId::of("matmul_epilogue");
  node.attributes = {{"trans_a", false}, {"trans_b", true}};
  if (row.wide) node.attributes.set("dtype", DType::kF32);
  node.region = {ir::Region::Kind::kEpilogue, body};
  return node;
}

TEST(CudaEpilogue, IsTheLibrarysWhereItIsTheWholeBody) {
  for (const Row& row : rows()) {
    const auto match = kernels::match_epilogue(*node_of(row).region.graph, row.dtype);
    EXPECT_EQ(match.has_value(), row.epilogue != GemmEpilogue::kNone) << row.name;
    if (!match) continue;
    EXPECT_EQ(match->epilogue, row.epilogue) << row.name;
    EXPECT_EQ(match->operand.value_or(0), row.operand) << row.name;
    EXPECT_EQ(match->aux, row.aux) << row.name;
  }
}

// The library does not round to 16 bits before its results, the CPU's body does: half a unit in the last of the 8 bits
// of a product, a bias or an argument below 28, twice that in the result.
TEST(CudaEpilogue, ComputesWhatTheCpuComputes) {
  for (const Row& row : rows()) {
    std::vector<RawTensor> inputs;
    std::uint64_t seed = 1;
    const auto give = [&](const Shape& shape, DType dtype) {
      const HostTensor tensor = random_tensor(shape, dtype, -2, 2, seed++);
      inputs.push_back({tensor.spec, encode(tensor)});
    };
    for (const Shape& shape : {Shape{kRows, kInner}, Shape{row.columns, kInner}, Shape{row.columns},
                               Shape{kRows, row.columns}, Shape{kRows, 1}})
      give(shape, row.dtype);
    give({row.columns}, DType::kF32);
    const std::vector<RawTensor> expected = run_raw(node_of(row), inputs, Device::cpu()).outputs;
    const double tolerance = size_of(row.dtype) == 2 ? 0x1p-4 : 2e-6;
    for (const Device device : Device::all()) {
      const std::vector<RawTensor> got = run_raw(node_of(row), inputs, device).outputs;
      for (std::size_t o = 0; o < got.size(); ++o) {
        expect_close(decode(got[o]), decode(expected[o]), tolerance, row.name);
        const RawRun alone = run_raw(node_of(row), inputs, device, {.only_output = static_cast<int>(o)});
        EXPECT_EQ(alone.outputs[o].bytes, got[o].bytes) << row.name << " where nobody reads the others";
      }
    }
  }
}

// Or a net could go on as if nothing had happened. The library's ReLU makes NaN 0 (seen on Hopper), as ReLU's page
// says.
TEST(CudaEpilogue, NaNIsNotHiddenButByReLU) {
  const auto is_relu = [](GemmEpilogue e) { return e == GemmEpilogue::kRelu || e == GemmEpilogue::kReluBias; };
  for (const Row& row : rows()) {
    std::vector<RawTensor> inputs;
    for (const Shape& shape : {Shape{kRows, kInner}, Shape{row.columns, kInner}, Shape{row.columns},
                               Shape{kRows, row.columns}, Shape{kRows, 1}, Shape{row.columns}}) {
      const DType dtype = inputs.size() < 5 ? row.dtype : DType::kF32;
      const auto count = static_cast<std::size_t>(shape.numel());
      const HostTensor tensor = tensor_of(shape, dtype, std::vector<double>(count, inputs.empty() ? NAN : 1));
      inputs.push_back({tensor.spec, encode(tensor)});
    }
    for (const Device device : Device::all())
      for (const RawTensor& output : run_raw(node_of(row), inputs, device).outputs)
        for (const double value : decode(output).values)
          EXPECT_TRUE(std::isnan(value) || (is_relu(row.epilogue) && value == 0)) << row.name;
  }
}

}  // namespace
}  // namespace weft::testing
