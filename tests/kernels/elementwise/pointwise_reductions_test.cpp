// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "core/device/cpu/machine.h"
#include "tests/kernels/elementwise/pointwise_body.h"
#include "tests/kernels/support/harness_run.h"

// Reductions at the end of a body, against the reduce kernels run on the unfused values.
namespace weft::testing {
namespace {

using ir::Value;

struct Made {
  std::string name;
  std::function<Region()> region;
};

Value reduce(Body& b, const char* op, Value x, ir::Ints axes, bool keep = false) {
  return b.op(op, {x}, {{"axes", std::move(axes)}, {"keep", keep}});
}

// The gradient of a layer: dx written, its bias gradient beside it.
Region bias_gradient(const Shape& shape, DType dtype) {
  Body b;
  const Value x = b.floats(shape, dtype), dy = b.floats(shape, dtype);
  const Value dx = b.op("multiply", {dy, b.op("subtract", {b.full(1, dtype), b.op("square", {b.op("tanh", {x})})})});
  return b.done("bias gradient " + shape.text() + std::string(name_of(dtype)), {dx, reduce(b, "sum", dx, {0}, true)});
}

// Every kind of reduction of one value, over leading and trailing axes, at once.
Region all_kinds(const Shape& shape, DType dtype) {
  Body b;
  const Value x = b.floats(shape, dtype), row = b.floats({shape[shape.rank() - 1]}, dtype);
  const Value y = b.op("add", {x, row});
  ir::Ints leading, all;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (axis + 1 < shape.rank()) leading.push_back(axis);
    all.push_back(axis);
  }
  std::vector<Value> outputs;
  for (const char* op : {"sum", "max"}) {
    outputs.push_back(reduce(b, op, y, leading));
    outputs.push_back(reduce(b, op, y, {shape.rank() - 1}));
  }
  outputs.push_back(reduce(b, "min", y, all));
  outputs.push_back(reduce(b, "sum", b.op("square", {y}), {0}));
  outputs.push_back(b.op("negative", {y}));
  return b.done("all kinds " + shape.text() + std::string(name_of(dtype)), outputs);
}

// "All finite" and the sum of squares: what clipping asks of a gradient.
Region norms(const Shape& shape) {
  Body b;
  const Value g = b.floats(shape, DType::kF32);
  const Value finite = b.op("equal", {b.op("subtract", {g, g}), b.full(0, DType::kF32)});
  ir::Ints all;
  for (int axis = 0; axis < shape.rank(); ++axis) all.push_back(axis);
  return b.done("norms " + shape.text(), {reduce(b, "min", finite, all), reduce(b, "sum", b.op("square", {g}), all),
                                          reduce(b, "sum", finite, all)});
}

Region integers(DType dtype) {
  Body b;
  const Value x = b.input(random_tensor({37, 65}, dtype, dtype == DType::kU8 ? 0 : -99, 100, 5));
  const Value y = b.op("add", {x, x});
  return b.done("integers " + std::string(name_of(dtype)), {reduce(b, "sum", y, {0}), reduce(b, "max", y, {1}),
                                                            reduce(b, "min", y, {0}), reduce(b, "sum", y, {0, 1})});
}

// Random numbers and a value that is the same for all elements.
Region odd_values() {
  Body b;
  const Value state = b.state(), scalar = b.floats({}, DType::kF32);
  const Value u =
      b.op("uniform", {state}, {{"ordinal", std::int64_t{3}}, {"shape", ir::Ints{33, 70}}, {"dtype", DType::kF32}});
  const Value same = b.op("exp", {scalar});
  return b.done("draws and sames", {reduce(b, "sum", u, {1}), reduce(b, "max", b.op("add", {u, same}), {0})});
}

std::vector<Region> reduced_regions() {
  std::vector<Region> all;
  for (const DType dtype : {DType::kF32, DType::kF64, DType::kBF16, DType::kF16}) {
    all.push_back(bias_gradient({67, 129}, dtype));
    all.push_back(all_kinds({3, 5, 131}, dtype));
  }
  for (const Shape& shape : {Shape{1, 1}, Shape{1, 300}, Shape{300, 1}, Shape{0, 4}, Shape{4, 0}, Shape{2000, 3},
                             Shape{3, 20000}, Shape{700, 600}, Shape{17, 9001}})
    all.push_back(bias_gradient(shape, DType::kF32));
  for (const Shape& shape :
       {Shape{1, 1}, Shape{2, 1, 3}, Shape{511, 513}, Shape{5000, 7}, Shape{7, 30011}, Shape{64, 2, 4097}})
    all.push_back(all_kinds(shape, DType::kF32));
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{100003}, Shape{300, 301}}) all.push_back(norms(shape));
  for (const DType dtype : {DType::kI32, DType::kI64, DType::kU8}) all.push_back(integers(dtype));
  all.push_back(odd_values());
  return all;
}

class PointwiseReduction : public ::testing::TestWithParam<std::size_t> {
 protected:
  Region region_ = reduced_regions()[GetParam()];
};

std::vector<RawTensor> raw_inputs(const Region& region) {
  std::vector<RawTensor> raw;
  for (const HostTensor& tensor : region.inputs) raw.push_back({tensor.spec, encode(tensor)});
  return raw;
}

// Sums differ from those of the reduce kernel by the order of additions in f64: one rounding of the result. Everything
// else is the same bits.
TEST_P(PointwiseReduction, GivesWhatItsNodesGiveOneByOne) {
  for (const cpu::Isa isa : cpu::usable_isas()) {
    cpu::use_isa(isa);
    const std::vector<HostTensor> expected = run_graph(*region_.body, region_.inputs, Device::cpu());
    const RawRun run = run_raw(node_of(region_), raw_inputs(region_), Device::cpu());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const bool sum = region_.body->node(region_.body->outputs[i].value).op.name() == "sum";
      const double ulp = expected[i].spec.dtype == DType::kF64 ? 1e-14 : 6e-8;
      expect_close(decode(run.outputs[i]), expected[i], sum ? ulp : 0, region_.name + ", output " + std::to_string(i));
    }
  }
  cpu::use_isa(cpu::usable_isas().back());
}

TEST_P(PointwiseReduction, IsTheSameBitsForAnyNumberOfThreads) {
  const int before = num_threads();
  set_num_threads(1);
  const RawRun one = run_raw(node_of(region_), raw_inputs(region_), Device::cpu());
  for (const int threads : {2, 3, 8}) {
    set_num_threads(threads);
    const RawRun more = run_raw(node_of(region_), raw_inputs(region_), Device::cpu());
    for (std::size_t i = 0; i < one.outputs.size(); ++i)
      EXPECT_EQ(more.outputs[i].bytes, one.outputs[i].bytes) << region_.name << ", output " << i << ", " << threads;
  }
  set_num_threads(before);
}

TEST_P(PointwiseReduction, LeavesOutWhatNobodyReads) {
  const RawRun all = run_raw(node_of(region_), raw_inputs(region_), Device::cpu());
  for (std::size_t i = 0; i < all.outputs.size(); ++i) {
    const RawRun one =
        run_raw(node_of(region_), raw_inputs(region_), Device::cpu(), {.only_output = static_cast<int>(i)});
    EXPECT_EQ(one.outputs[i].bytes, all.outputs[i].bytes) << region_.name << ", output " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(All, PointwiseReduction, ::testing::Range(std::size_t{0}, reduced_regions().size()));

// One NaN makes the maximum and the minimum NaN, as in kernels/reduce; infinities do not.
TEST(PointwiseReductions, KeepNaN) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  for (const std::int64_t at : {0, 1, 40, 98, 99}) {
    std::vector<double> values(100, -inf);
    values[static_cast<std::size_t>(at)] = nan;
    Body b;
    const Value x = b.input(tensor_of({100, 1}, DType::kF32, values));
    const Value row = b.input(tensor_of({3}, DType::kF32, {0, inf, 1}));
    const Value y = b.op("subtract", {x, row});
    const Region region =
        b.done("nan", {reduce(b, "max", y, {0}), reduce(b, "min", y, {0, 1}), reduce(b, "max", y, {1})});
    const RawRun run = run_raw(node_of(region), raw_inputs(region), Device::cpu());
    for (const double v : decode(run.outputs[0]).values) EXPECT_TRUE(std::isnan(v)) << at;
    EXPECT_TRUE(std::isnan(decode(run.outputs[1]).values[0])) << at;
    const std::vector<double> rows = decode(run.outputs[2]).values;
    for (std::size_t i = 0; i < rows.size(); ++i)
      EXPECT_EQ(std::isnan(rows[i]), i == static_cast<std::size_t>(at)) << at << ", row " << i;
  }
}

// A sum of many f32 is as exact as the reduce kernel's: 2^24 + 1 + 1 + ... would stand still in f32.
TEST(PointwiseReductions, SumInF64) {
  std::vector<double> values(2001, 1);
  values[0] = 0x1p24;
  Body b;
  const Value x = b.input(tensor_of({2001}, DType::kF32, values));
  const Region region = b.done("sum", {reduce(b, "sum", b.op("abs", {x}), {0})});
  EXPECT_EQ(decode(run_raw(node_of(region), raw_inputs(region), Device::cpu()).outputs[0]).values[0], 0x1p24 + 2000);
}

}  // namespace
}  // namespace weft::testing
