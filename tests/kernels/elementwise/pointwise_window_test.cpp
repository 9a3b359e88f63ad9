// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "core/device/cpu/machine.h"
#include "kernels/elementwise/run/engines.h"
#include "kernels/elementwise/tiles/states.h"
#include "tests/kernels/elementwise/pointwise_body.h"
#include "tests/kernels/support/harness_run.h"

// A program run on windows of its output, with one operand in a buffer of the window's own: what a matmul does with its
// tiles. The outputs must be those of the program run as a whole.
namespace weft::testing {
namespace {

using kernels::Operands;
using kernels::Reduction;

constexpr std::int64_t kBatch = 2, kRows = 37, kColumns = 101;  // shape of the result: (2, 37, 101)

// relu(x + bias) * other, its scaled copy in bf16, x itself, and the sums of the first over the leading axes.
Region epilogue() {
  Body b;
  const Shape shape{kBatch, kRows, kColumns};
  const ir::Value x = b.floats(shape, DType::kF32), bias = b.floats({kColumns}, DType::kF32);
  const ir::Value other = b.floats({kBatch, kRows, 1}, DType::kF32), full = b.floats(shape, DType::kF32);
  const ir::Value y = b.op("add", {b.op("multiply", {b.op("relu", {b.op("add", {x, bias})}), other}), full});
  return b.done("epilogue", {y, b.cast(b.op("multiply", {y, b.full(0.5, DType::kF32)}), DType::kBF16), x,
                             b.op("sum", {y}, {{"axes", ir::Ints{0, 1}}, {"keep", false}})});
}

// An epilogue that can be compiled: relu(x + bias) + full, its bf16 copy, the mask of positive elements, and the sums.
Region compiled_epilogue() {
  Body b;
  const Shape shape{kBatch, kRows, kColumns};
  const ir::Value x = b.floats(shape, DType::kF32), bias = b.floats({kColumns}, DType::kF32);
  const ir::Value half = b.floats({kColumns}, DType::kBF16), full = b.floats(shape, DType::kF32);
  const ir::Value y =
      b.op("add", {b.op("relu", {b.op("add", {b.op("add", {x, bias}), b.cast(half, DType::kF32)})}), full});
  return b.done("compiled_epilogue", {y, b.cast(y, DType::kBF16), b.op("greater", {y, b.full(0.0, DType::kF32)}),
                                      b.op("sum", {y}, {{"axes", ir::Ints{0, 1}}, {"keep", false}})});
}

class Windows {
 public:
  explicit Windows(const Region& region) : node_(node_of(region)) {
    for (const HostTensor& x : region.inputs) {
      inputs_.push_back({x.spec, encode(x)});
      in_specs_.push_back(x.spec);
    }
    for (const ir::Output& output : region.body->outputs) out_specs_.push_back(region.body->spec(output.value));
    for (const TensorSpec& spec : out_specs_)
      outputs_.push_back({spec, Bytes(static_cast<std::size_t>(spec.bytes()), std::uint8_t{0xFF})});
    const exec::KernelRequest request{node_.op,      node_.attributes, in_specs_,   out_specs_,
                                      Device::cpu(), node_.path,       node_.region};
    program_ = kernels::cpu_program(kernels::lower(request));
    sum_ = elementwise::reductions_of(program_.program).at(0);
    for (std::size_t i = 0; i < inputs_.size(); ++i) operands_.inputs[i] = inputs_[i].bytes.data();
    for (std::size_t i = 0; i < outputs_.size(); ++i) operands_.outputs[i] = outputs_[i].bytes.data();
  }

  bool compiled() const { return program_.loop != nullptr; }

  // All windows of this size, the buffer's rows `gap` elements further apart than they must be.
  std::vector<RawTensor> run(std::int64_t rows, std::int64_t columns, std::int64_t gap) {
    const std::int64_t all_rows = kBatch * kRows;
    std::vector<double> sums(kColumns), part(kColumns);
    kernels::start_states(sum_, sums.data(), kColumns);
    for (std::int64_t row = 0; row < all_rows; row += rows) {
      kernels::start_states(sum_, part.data(), kColumns);
      for (std::int64_t column = 0; column < kColumns; column += columns)
        run_window(row, column, std::min(rows, all_rows - row), std::min(columns, kColumns - column), gap, part.data());
      kernels::join_states(sum_, sums.data(), part.data(), kColumns);
    }
    kernels::finish_states(sum_, sums.data(), kColumns, outputs_.back().bytes.data());
    return outputs_;
  }

 private:
  void run_window(std::int64_t row, std::int64_t column, std::int64_t rows, std::int64_t columns, std::int64_t gap,
                  double* sums) {
    const std::int64_t step = columns + gap, begin = row * kColumns + column;
    std::vector<float> tile(static_cast<std::size_t>(rows * step), -1e30f);
    for (std::int64_t r = 0; r < rows; ++r)
      std::memcpy(&tile[static_cast<std::size_t>(r * step)],
                  inputs_[0].bytes.data() + (begin + r * kColumns) * static_cast<std::int64_t>(sizeof(float)),
                  static_cast<std::size_t>(columns) * sizeof(float));
    Operands operands = operands_;
    operands.inputs[0] = tile.data();
    operands.row_step[0] = step;
    operands.partials[sum_.output] = {sums + column, column};
    kernels::run_window(program_, operands, {begin, rows, columns, kColumns});
  }

  ir::Node node_;
  std::vector<RawTensor> inputs_, outputs_;
  std::vector<TensorSpec> in_specs_, out_specs_;
  kernels::CpuProgram program_;
  Reduction sum_;
  Operands operands_;
};

TEST(PointwiseWindows, GiveWhatTheWholeGives) {
  for (const Region& region : {epilogue(), compiled_epilogue()})
    for (const cpu::Isa isa : cpu::usable_isas()) {
      cpu::use_isa(isa);
      const std::vector<HostTensor> expected = run_graph(*region.body, region.inputs, Device::cpu());
      for (const auto& [rows, columns, gap] : {std::array<std::int64_t, 3>{1, kColumns, 0},
                                               {74, kColumns, 0},
                                               {5, kColumns, 3},
                                               {16, 48, 0},
                                               {32, 7, 1},
                                               {1, 1, 0},
                                               {74, 64, 16}}) {
        Windows windows(region);
        EXPECT_EQ(windows.compiled(), region.name == "compiled_epilogue" && isa != cpu::Isa::kBaseline);
        const std::vector<RawTensor> got = windows.run(rows, columns, gap);
        for (std::size_t i = 0; i < got.size(); ++i)
          expect_close(
              decode(got[i]), expected[i], i == 3 ? 6e-8 : 0,
              "windows of " + std::to_string(rows) + " x " + std::to_string(columns) + ", output " + std::to_string(i));
      }
    }
  cpu::use_isa(cpu::usable_isas().back());
}

}  // namespace
}  // namespace weft::testing
