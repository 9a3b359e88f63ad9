// SPDX-License-Identifier: Apache-2.0
// Reductions at the end of a body on CUDA devices, against the reduce kernels of the CPU run on the unfused values.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/kernels/elementwise/pointwise_body.h"
#include "tests/kernels/support/harness_run.h"

namespace weft::testing {
namespace {

using ir::Value;

Value reduce(Body& b, const char* op, Value x, ir::Ints axes) {
  return b.op(op, {x}, {{"axes", std::move(axes)}, {"keep", false}});
}

// A value that is stored, and reductions of it over leading axes, trailing axes and all.
Region every_kind(const Shape& shape, DType dtype) {
  Body b;
  const Value x = b.floats(shape, dtype), row = b.floats({shape[shape.rank() - 1]}, dtype);
  const Value y = b.op("multiply", {x, row});
  ir::Ints leading, trailing, all;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (axis + 1 < shape.rank()) leading.push_back(axis);
    if (axis > 0) trailing.push_back(axis);
    all.push_back(axis);
  }
  std::vector<Value> outputs{b.op("negative", {y})};
  for (const char* op : {"sum", "max"}) {
    if (shape.numel() == 0 && std::string(op) == "max") continue;  // nothing has no maximum
    outputs.push_back(reduce(b, op, y, leading));
    outputs.push_back(reduce(b, op, y, trailing));
  }
  outputs.push_back(reduce(b, shape.numel() == 0 ? "sum" : "min", y, all));
  return b.done(shape.text() + " " + std::string(name_of(dtype)), outputs);
}

Region one_kind(const Shape& shape, ir::Ints axes) {
  Body b;
  const Value x = b.floats(shape, DType::kF32), dy = b.floats(shape, DType::kF32);
  const Value dx = b.op("multiply", {dy, b.op("tanh", {x})});
  return b.done(shape.text(), {dx, reduce(b, "sum", dx, axes), reduce(b, "max", x, axes)});
}

Region of_integers() {
  Body b;
  const Value x = b.input(random_tensor({9, 43}, DType::kI32, -99, 100, 5));
  return b.done("integers", {reduce(b, "sum", x, {0}), reduce(b, "max", x, {1}), reduce(b, "min", x, {0}),
                             reduce(b, "sum", x, {1})});
}

// Rows and columns that are a multiple of the lanes and not, work for one piece and for many, nothing at all.
std::vector<Region> cases() {
  std::vector<Region> all;
  for (const DType dtype : {DType::kF32, DType::kF64, DType::kBF16, DType::kF16}) {
    all.push_back(every_kind({3, 5, 24}, dtype));
    all.push_back(every_kind({7, 33}, dtype));
  }
  for (const Shape& shape : {Shape{1, 1}, Shape{0, 4}, Shape{4, 0}, Shape{1, 300}, Shape{300, 1}, Shape{601, 4}})
    all.push_back(every_kind(shape, DType::kF32));
  all.push_back(one_kind({300, 128}, {0}));
  all.push_back(one_kind({1100, 3}, {0}));
  all.push_back(one_kind({2, 17000}, {1}));
  all.push_back(one_kind({3, 5001}, {1}));
  all.push_back(of_integers());
  return all;
}

std::vector<RawTensor> raw_inputs(const Region& region) {
  std::vector<RawTensor> raw;
  for (const HostTensor& tensor : region.inputs) raw.push_back({tensor.spec, encode(tensor)});
  return raw;
}

class CudaReduction : public ::testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
    if (Device::all().size() < 2) GTEST_SKIP() << "no CUDA device";
  }
  Region region_ = cases()[GetParam()];
};

// Partial sums are f32 (f64 for f64) over fewer than a hundred elements and then joined in trees: a few roundings of
// the largest of them, which the elements of these cases keep below 4000. 16-bit types are summed in f32, too, from
// values that were rounded as the nodes would have stored them.
TEST_P(CudaReduction, GivesWhatItsNodesGiveOneByOne) {
  const std::vector<HostTensor> expected = run_graph(*region_.body, region_.inputs, Device::cpu());
  for (const Device device : Device::all()) {
    if (device.is_cpu()) continue;
    for (const bool misaligned : {false, true}) {
      const RawRun run = run_raw(node_of(region_), raw_inputs(region_), device, {.misaligned = misaligned});
      for (std::size_t i = 0; i < expected.size(); ++i) {
        const std::string& op = region_.body->node(region_.body->outputs[i].value).op.name();
        const double tolerance = op == "sum" ? 2e-5 : op == "max" || op == "min" ? 0 : 1e-6;
        expect_close(decode(run.outputs[i]), expected[i], tolerance, region_.name + ", output " + std::to_string(i));
      }
    }
  }
}

// Results have the same bits for any alignment of operands and for any one output.
TEST_P(CudaReduction, IsTheSameBitsForAnyAlignment) {
  for (const Device device : Device::all()) {
    if (device.is_cpu()) continue;
    const RawRun all = run_raw(node_of(region_), raw_inputs(region_), device);
    const RawRun shifted = run_raw(node_of(region_), raw_inputs(region_), device, {.misaligned = true});
    for (std::size_t i = 0; i < all.outputs.size(); ++i) {
      EXPECT_EQ(shifted.outputs[i].bytes, all.outputs[i].bytes) << region_.name << ", output " << i;
      const RawRun one = run_raw(node_of(region_), raw_inputs(region_), device, {.only_output = static_cast<int>(i)});
      EXPECT_EQ(one.outputs[i].bytes, all.outputs[i].bytes) << region_.name << ", output " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, CudaReduction, ::testing::Range(std::size_t{0}, cases().size()));

TEST(CudaReductions, KeepNaN) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  for (const Device device : Device::all()) {
    for (const std::int64_t at : {0, 41, 99}) {
      std::vector<double> values(100, -inf);
      values[static_cast<std::size_t>(at)] = nan;
      Body b;
      const Value x = b.input(tensor_of({25, 4}, DType::kF32, values));
      const Value y = b.op("add", {x, x});
      const Region region = b.done("nan", {reduce(b, "max", y, {0}), reduce(b, "min", y, {0, 1})});
      const RawRun run = run_raw(node_of(region), raw_inputs(region), device);
      const std::vector<double> columns = decode(run.outputs[0]).values;
      for (std::int64_t c = 0; c < 4; ++c)
        EXPECT_EQ(std::isnan(columns[static_cast<std::size_t>(c)]), c == at % 4) << at;
      EXPECT_TRUE(std::isnan(decode(run.outputs[1]).values[0])) << at;
    }
  }
}

}  // namespace
}  // namespace weft::testing
