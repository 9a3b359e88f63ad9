// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

#include "core/exec/kernel.h"
#include "core/ops/op.h"
#include "core/scalar/philox.h"
#include "tests/kernels/elementwise/pointwise_cases.h"
#include "tests/kernels/elementwise/pointwise_regions.h"
#include "tests/kernels/support/harness_run.h"
#include "weft/error.h"

namespace weft::testing {
namespace {

std::vector<RawTensor> raw_of(const std::vector<HostTensor>& tensors) {
  std::vector<RawTensor> raw;
  for (const HostTensor& tensor : tensors) raw.push_back({tensor.spec, encode(tensor)});
  return raw;
}

std::vector<Bytes> bytes_of(const std::vector<HostTensor>& tensors) {
  std::vector<Bytes> bytes;
  for (const HostTensor& tensor : tensors) bytes.push_back(encode(tensor));
  return bytes;
}

// The known answers that Random123 is published with (kat_vectors).
TEST(Philox, GivesThePublishedAnswers) {
  const auto words = [](PhiloxBlock counter, unsigned key0, unsigned key1) {
    const PhiloxBlock b = philox4x32(counter, key0, key1);
    return std::vector<unsigned>(b.word, b.word + 4);
  };
  EXPECT_EQ(words({{0, 0, 0, 0}}, 0, 0), (std::vector<unsigned>{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u}));
  EXPECT_EQ(words({{~0u, ~0u, ~0u, ~0u}}, ~0u, ~0u),
            (std::vector<unsigned>{0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu}));
  EXPECT_EQ(words({{0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u}}, 0xa4093822u, 0x299f31d0u),
            (std::vector<unsigned>{0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u}));
}

class PointwiseRegion : public ::testing::TestWithParam<std::size_t> {};

// Fusing must not change a bit, on any device: every value is rounded where its node would have stored it.
TEST_P(PointwiseRegion, GivesTheBitsOfItsNodesOneByOne) {
  const Region region = regions()[GetParam()];
  SCOPED_TRACE(region.name);
  for (const Device device : Device::all()) {
    const std::vector<Bytes> expected = bytes_of(run_graph(*region.body, region.inputs, device));
    for (const int threads : {1, 2, 5}) {
      set_num_threads(threads);
      const RawRun fused = run_raw(node_of(region), raw_of(region.inputs), device);
      for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_EQ(fused.outputs[i].bytes, expected[i])
            << "output " << i << " on " << device.name() << ", " << threads << " threads";
    }
  }
}

TEST_P(PointwiseRegion, LeavesOutWhatNobodyReads) {
  const Region region = regions()[GetParam()];
  const std::vector<RawTensor> inputs = raw_of(region.inputs);
  for (const Device device : Device::all()) {
    const RawRun all = run_raw(node_of(region), inputs, device);
    for (std::size_t i = 0; i < all.outputs.size(); ++i) {
      const RawRun one = run_raw(node_of(region), inputs, device, {.only_output = static_cast<int>(i)});
      EXPECT_EQ(one.outputs[i].bytes, all.outputs[i].bytes) << region.name << ", output " << i;
    }
  }
}

// The planner may give output 0 the memory of an operand of the same shape.
TEST_P(PointwiseRegion, MayOverwriteAnOperand) {
  const Region region = regions()[GetParam()];
  const ir::Node node = node_of(region);
  std::vector<RawTensor> inputs = raw_of(region.inputs);
  const RawRun expected = run_raw(node, inputs, Device::cpu());
  std::vector<TensorSpec> in, out;
  for (const RawTensor& x : inputs) in.push_back(x.spec);
  for (const RawTensor& y : expected.outputs) out.push_back(y.spec);
  const exec::PreparedKernel kernel =
      exec::prepare_kernel({node.op, node.attributes, in, out, Device::cpu(), node.path, node.region});
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (!(in[i].shape == out[0].shape) || in[i].bytes() != out[0].bytes()) continue;
    std::vector<RawTensor> operands = inputs;
    std::vector<Bytes> results;
    for (const RawTensor& y : expected.outputs) results.emplace_back(y.bytes.size(), std::uint8_t{0xFF});
    std::vector<View> in_views, out_views;
    for (RawTensor& x : operands) in_views.push_back({x.bytes.data(), x.spec});
    for (std::size_t o = 0; o < out.size(); ++o) out_views.push_back({results[o].data(), out[o]});
    out_views[0].data = in_views[i].data;
    Call call;
    call.inputs = in_views;
    call.outputs = out_views;
    kernel.run(call);
    results[0] = operands[i].bytes;
    for (std::size_t o = 0; o < out.size(); ++o)
      EXPECT_EQ(results[o], expected.outputs[o].bytes) << region.name << ", output " << o << " over input " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(All, PointwiseRegion, ::testing::Range(std::size_t{0}, regions().size()));

// Draws are the same bits on every device.
TEST(PointwiseDraws, AgreeBetweenDevices) {
  for (const OpCase& row : draw_cases()) {
    if (row.op != "uniform") continue;
    ir::Node node;
    node.op = ir::OpId::of(row.op);
    node.attributes = row.attributes;
    const RawRun cpu = run_raw(node, raw_of(row.inputs), Device::cpu());
    for (const Device device : Device::all())
      EXPECT_EQ(run_raw(node, raw_of(row.inputs), device).outputs[0].bytes, cpu.outputs[0].bytes) << row.name;
  }
}

// The functions that are there for their accuracy near 0 or far out keep relative accuracy there, where the rows'
// absolute bound sees nothing.
TEST(PointwiseAccuracy, IsRelativeWhereItMatters) {
  const std::vector<double> tiny{1e-6, -1e-6, 3e-12, -3e-12, 1e-20}, low{-20, -40, -80}, tail{-3, -6, -9, -12};
  struct Row {
    const char* op;
    const std::vector<double>& at;
    std::function<double(double)> oracle;
  };
  const Row rows[] = {
      {"expm1", tiny, [](double x) { return x + x * x / 2; }},
      {"log1p", tiny, [](double x) { return x - x * x / 2; }},
      {"tanh", tiny, [](double x) { return x; }},
      {"sin", tiny, [](double x) { return x; }},
      {"erf", tiny, [](double x) { return x * 2 / std::sqrt(3.141592653589793); }},
      {"sigmoid", low, [](double x) { return std::exp(x); }},
      {"softplus", low, [](double x) { return std::exp(x); }},
      {"silu", low, [](double x) { return x * std::exp(x); }},
      {"normal_cdf", tail, [](double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }},
      {"normal_pdf", tail, [](double x) { return std::exp(-x * x / 2) / std::sqrt(2 * 3.141592653589793); }},
      {"gelu", tail, [](double x) { return x * std::erfc(-x / std::sqrt(2.0)) / 2; }},
  };
  for (const Row& row : rows) {
    const HostTensor x = tensor_of({static_cast<std::int64_t>(row.at.size())}, DType::kF32, row.at);
    for (const Device device : Device::all()) {
      const HostTensor y = run_op(row.op, {}, {x}, device)[0];
      for (std::size_t i = 0; i < y.values.size(); ++i) {
        const double expected = row.oracle(x.values[i]);
        EXPECT_LE(std::abs(y.values[i] - expected), 1e-6 * std::abs(expected)) << row.op << " of " << x.values[i];
      }
    }
  }
}

// 2^60 + 2^36 + 1 lies above the middle between two floats; by way of double the 1 would be lost.
TEST(PointwiseCast, RoundsWideIntegersOnce) {
  const std::int64_t x = (std::int64_t{1} << 60) + (std::int64_t{1} << 36) + 1;
  RawTensor raw{{{1}, DType::kI64}, Bytes(8)};
  std::memcpy(raw.bytes.data(), &x, 8);
  ir::Node node;
  node.op = ir::OpId::of("cast");
  node.attributes = {{"dtype", DType::kF32}};
  for (const Device device : Device::all())
    EXPECT_EQ(decode(run_raw(node, {raw}, device).outputs[0]).values[0], 0x1p60 + 0x1p37);
}

TEST(PointwiseCast, StopsAtTheEndsOfI64) {
  const double inf = std::numeric_limits<double>::infinity();
  ir::Node node;
  node.op = ir::OpId::of("cast");
  node.attributes = {{"dtype", DType::kI64}};
  for (const DType from : {DType::kF32, DType::kF64, DType::kBF16, DType::kF16}) {
    const HostTensor x = tensor_of({2}, from, {inf, -inf});
    for (const Device device : Device::all()) {
      std::int64_t ends[2];
      std::memcpy(ends, run_raw(node, raw_of({x}), device).outputs[0].bytes.data(), sizeof ends);
      EXPECT_EQ(ends[0], std::numeric_limits<std::int64_t>::max()) << name_of(from) << " on " << device.name();
      EXPECT_EQ(ends[1], std::numeric_limits<std::int64_t>::min()) << name_of(from) << " on " << device.name();
    }
  }
}

ir::Node body_node(const std::function<void(ir::Graph&)>& fill) {
  auto graph = std::make_shared<ir::Graph>();
  fill(*graph);
  ir::Node node;
  node.op = ir::OpId::of("pointwise");
  node.path = "model.3";
  node.region = {ir::Region::Kind::kElementwise, graph};
  return node;
}

template <class E>
void expect_refusal(const ir::Node& node, const std::string& text) {
  std::vector<TensorSpec> in, out;
  const ir::Graph& body = *node.region.graph;
  for (const ir::Input& input : body.inputs) in.push_back(body.spec(input.value));
  for (const ir::Output& output : body.outputs) out.push_back(body.spec(output.value));
  try {
    exec::prepare_kernel({node.op, node.attributes, in, out, Device::cpu(), node.path, node.region});
    FAIL() << "must throw: " << text;
  } catch (const E& e) {
    EXPECT_EQ(std::string(e.what()), "[pointwise] model.3: " + text);
  }
}

TEST(PointwiseErrors, SayWhatABodyMayNotHold) {
  const TensorSpec row{{3}, DType::kF32}, table{{2, 3}, DType::kF32};
  expect_refusal<ValueError>(body_node([&](ir::Graph& g) {
                               const ir::Value x = g.add_input(table, ir::InputKind::kArgument, "");
                               const ir::Attributes axes{{"axes", ir::Ints{0}}, {"keep", true}};
                               g.outputs.push_back({ops::Builder(g).emit("mean", {x}, axes)});
                             }),
                             "op mean is not elementwise");
  expect_refusal<ValueError>(body_node([&](ir::Graph& g) {
                               const ir::Value x = g.add_input(table, ir::InputKind::kArgument, "");
                               const ir::Attributes axes{{"axes", ir::Ints{0}}, {"keep", true}};
                               const ir::Value sum = ops::Builder(g).emit("sum", {x}, axes);
                               g.outputs.push_back({ops::Builder(g).emit("subtract", {x, sum})});
                             }),
                             "op sum is not elementwise");
  expect_refusal<ShapeError>(body_node([&](ir::Graph& g) {
                               const TensorSpec cube{{2, 3, 4}, DType::kF32};
                               const ir::Value x = g.add_input(cube, ir::InputKind::kArgument, "");
                               const ir::Attributes axes{{"axes", ir::Ints{1}}, {"keep", false}};
                               g.outputs.push_back({ops::Builder(g).emit("max", {x}, axes)});
                             }),
                             "output 0 is the max of (2, 3, 4) over axes between others; only leading or trailing axes "
                             "can be reduced");
  expect_refusal<ShapeError>(body_node([&](ir::Graph& g) {
                               const ir::Value x = g.add_input(row, ir::InputKind::kArgument, "");
                               const ir::Value y = g.add_input(table, ir::InputKind::kArgument, "");
                               const ir::Attributes axes{{"axes", ir::Ints{0}}, {"keep", false}};
                               g.outputs.push_back({ops::Builder(g).emit("sum", {x}, axes)});
                               g.outputs.push_back({ops::Builder(g).emit("exp", {y})});
                             }),
                             "output 1 is (2, 3), other values are (3,); they must be the same");
  expect_refusal<ShapeError>(body_node([&](ir::Graph& g) {
                               const ir::Value x = g.add_input(row, ir::InputKind::kArgument, "");
                               const ir::Value y = g.add_input(table, ir::InputKind::kArgument, "");
                               g.outputs.push_back({ops::Builder(g).emit("add", {x, y})});
                               g.outputs.push_back({ops::Builder(g).emit("exp", {x})});
                             }),
                             "output 1 is (3,), output 0 is (2, 3); they must be the same");
  expect_refusal<ValueError>(body_node([&](ir::Graph& g) {
                               ir::Value x = g.add_input(row, ir::InputKind::kArgument, "");
                               for (int i = 0; i < 95; ++i) x = ops::Builder(g).emit("exp", {x});
                               g.outputs.push_back({x});
                             }),
                             "needs 97 instructions; at most 96");
  expect_refusal<ShapeError>(body_node([&](ir::Graph& g) {
                               const auto input = [&](const Shape& s) {
                                 return g.add_input({s, DType::kF32}, ir::InputKind::kArgument, "");
                               };
                               const ir::Value x = input({2, 1, 2, 1, 2, 1, 2}), y = input({2, 1, 2, 1, 2, 1});
                               g.outputs.push_back({ops::Builder(g).emit("add", {x, y})});
                             }),
                             "the result is (2, 2, 2, 2, 2, 2, 2); at most 6 axes that operands broadcast along "
                             "differently are supported");
}

}  // namespace
}  // namespace weft::testing
