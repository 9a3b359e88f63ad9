// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "weft/safetensors.h"
#include "weft/tensor.h"

// Golden files: what PyTorch computes, written by make_golden.py. A case named N holds N:in0, N:in1, ...; for each of
// f32 and f64 (or "own": the inputs' own dtypes) N:f32:out0, ... and, where it is differentiated, N:cotangent0 and
// N:f32:grad0: the gradient of the sum of outputs times cotangents with respect to input 0.
namespace weft::testing {

using Tensors = std::vector<Tensor>;

// A golden file's function, written with weft.
struct GoldenRow {
  std::string name;
  std::function<Tensors(const Tensors& inputs)> f;
  bool traced = true;  // false: eager only
};

SafetensorsFile open_golden(const std::string& stem);

// |got - wanted| <= absolute + relative * |wanted|.
struct Tolerance {
  double relative, absolute;
};
// f32 and half types: what torch.testing.assert_close allows two PyTorch builds. f64: 1e-10, since both sides round
// sums and libm in their own way. Integers and bools: equal.
Tolerance tolerance_of(DType dtype);
// Shape, dtype and values; NaN equals NaN.
void expect_like(const Tensor& got, const Tensor& wanted, const std::string& what);

// Runs every row eagerly and as a program, in each dtype that the file has, on the default device. A row
// without a case is a failure.
void check_rows(const SafetensorsFile& file, const std::vector<GoldenRow>& rows);

std::vector<GoldenRow> elementwise_rows();
std::vector<GoldenRow> movement_rows();
std::vector<GoldenRow> array_rows();
std::vector<GoldenRow> reduction_rows();
std::vector<GoldenRow> structured_rows();
std::vector<GoldenRow> conv_rows();
std::vector<GoldenRow> promotion_rows();
std::vector<GoldenRow> loss_rows();
std::vector<GoldenRow> layer_rows();
std::vector<GoldenRow> image_rows();

}  // namespace weft::testing
