// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/ir/graph.h"
#include "weft/device.h"
#include "weft/kernel_call.h"

// Test of every kernel: one row per situation. From each row come the value test on every device, dtype and thread
// count, the guard bands, and the gradient test. Rows are in <family>_cases.cpp and listed in cases.h.
namespace weft::testing {

// A tensor as the tests see it: every element as a double, rounded to what its dtype can hold.
struct HostTensor {
  TensorSpec spec;
  std::vector<double> values;
};

// Oracles are written in double and differently from the kernel. They see the inputs as stored.
using Oracle = std::function<std::vector<HostTensor>(const std::vector<HostTensor>&)>;

struct OpCase {
  std::string name, op;
  ir::Attributes attributes;
  std::vector<HostTensor> inputs;
  Oracle oracle;
  double tolerance = 0;  // f32: |got - expected| <= tolerance * max(1, |expected|); 0: exact. See bound_of() for others
  std::string reason{};  // why it is what it is
  bool gradient =
      true;  // numeric Jacobian, where the op is differentiable; keep such rows below a few hundred elements
  std::vector<DType> dtypes = {DType::kF32, DType::kF64, DType::kBF16, DType::kF16};  // dtypes to store f32 inputs as
  std::vector<int> keep_f32{};  // inputs that stay f32 when the others are bf16 or f16
  std::string data_error{};     // the message a kernel must report; empty: none
  ir::Region region{};          // for ops that have one
};

// Uniform values in [lo, hi), rounded to the dtype; the same for the same seed everywhere. Integers include lo, not hi.
HostTensor random_tensor(const Shape& shape, DType dtype, double lo, double hi, std::uint64_t seed);
HostTensor tensor_of(const Shape& shape, DType dtype, std::vector<double> values);
// The tensor stored as another dtype, rounded.
HostTensor stored_as(const HostTensor& tensor, DType dtype);
// The error allowed for an output of this dtype whose f32 tolerance is given.
double bound_of(double tolerance, DType dtype, double expected);

// Runs one op by itself: infer, prepare, run, with guard bands around every operand and the workspace (checked, as is
// that inputs did not change). Data errors are failures unless `fault` is given.
std::vector<HostTensor> run_op(std::string_view op, const ir::Attributes& attributes,
                               const std::vector<HostTensor>& inputs, Device device, DataFault* fault = nullptr);
// Runs the nodes one by one; one tensor per graph input, gives the graph's outputs.
std::vector<HostTensor> run_graph(const ir::Graph& graph, const std::vector<HostTensor>& inputs, Device device);

// Compares with NaN equal to NaN; reports at most a few elements.
void expect_close(const HostTensor& got, const HostTensor& expected, double tolerance, const std::string& what);
// Compares what two devices made of the same inputs: each may be off by its bound.
void expect_agree(const HostTensor& got, const HostTensor& other, double tolerance, const std::string& what);

// Everything a row promises, as gtest expectations.
void check_case(const OpCase& row);
void check_gradient(const OpCase& row);
// Runs a row by every candidate that takes it, in all its dtypes, results unseen.
void run_case(const OpCase& row, Device device);
// The candidates that take a row in one of its dtypes.
std::set<std::string_view> candidates_of_case(const OpCase& row, Device device);

}  // namespace weft::testing
