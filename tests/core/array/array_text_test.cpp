// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "core/array/array.h"

namespace weft::testing {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

struct Golden {
  DType dtype;
  Shape shape;
  std::vector<double> values;
  const char* text;
};

std::vector<double> counting(int n, double step) {
  std::vector<double> values;
  for (int i = 0; i < n; ++i) values.push_back(i * step);
  return values;
}

// Texts that str() of NumPy 2.4 gives for arrays of these values.
std::vector<Golden> goldens() {
  return {
      {DType::kF16, {2}, {0x1p-6, -0x1p-6}, "[ 0.01563 -0.01563]"},
      {DType::kF32, {3}, {0x1.99999a0000000p-4, 0x1.0000000000000p-2, -0x1.8000000000000p+1}, "[ 0.1   0.25 -3.  ]"},
      {DType::kF32, {3}, {0x1.0000000000000p+0, 0x1.0000000000000p+1, 0x1.8000000000000p+1}, "[1. 2. 3.]"},
      {DType::kF32, {2}, {0x1.4f8b580000000p-17, 0x1.0000000000000p+0}, "[1.e-05 1.e+00]"},
      {DType::kF32,
       {4},
       {0x1.99999a0000000p-4, 0x1.9e40920000000p-17, -0x1.04c5340000000p+36, 0},
       "[ 1.0000000e-01  1.2345678e-05 -7.0000001e+10  0.0000000e+00]"},
      {DType::kF32, {2}, {0x1.2d68700000000p+20, 0x1.e848000000000p+17}, "[1.234567e+06 2.500000e+05]"},
      {DType::kF32,
       {3},
       {0x1.f3c0000000000p+9, 0x1.0000000000000p+0, 0x1.cccccc0000000p-1},
       "[9.995e+02 1.000e+00 9.000e-01]"},
      {DType::kF32, {4}, {kNaN, kInf, -kInf, 0x1.8000000000000p+0}, "[ nan  inf -inf  1.5]"},
      {DType::kF32, {2}, {kNaN, kInf}, "[nan inf]"},
      {DType::kF32, {2}, {kNaN, 0x1.ad7f2a0000000p-24}, "[   nan 1.e-07]"},
      {DType::kF32, {2}, {0, -0x0.0p+0}, "[ 0. -0.]"},
      {DType::kF32,
       {2, 2},
       {0x1.5555560000000p-2, 0x1.5555560000000p-1, 0x1.47ae140000000p+17, -0x1.5555560000000p+0},
       "[[ 3.3333334e-01  6.6666669e-01]\n [ 1.6777216e+05 -1.3333334e+00]]"},
      {DType::kF64,
       {3},
       {0x1.5555555555555p-2, 0x1.5555555555555p-1, 0x1.9080000000000p+6},
       "[  0.33333333   0.66666667 100.125     ]"},
      {DType::kF64, {2}, {0x1.afc6f70213be5p-29, 0x1.0d7c696a74410p+400}, "[3.14159265e-009 2.71828183e+120]"},
      {DType::kF64, {2}, {0x1.d6f3454000000p+26, 0x1.8000000000000p+0}, "[1.23456789e+08 1.50000000e+00]"},
      {DType::kF64,
       {3},
       {0x1.f9add260b5777p-4, 0x1.0000000000000p-1, 0x1.81cd6e63c529fp+13},
       "[1.23456785e-01 5.00000000e-01 1.23456789e+04]"},
      {DType::kF64,
       {3},
       {0x1.0624dd2f1a9fcp-11, 0x1.0000000000000p-7, 0x1.0000000000000p-9},
       "[0.0005     0.0078125  0.00195312]"},
      {DType::kF16,
       {3},
       {0x1.9980000000000p-4, 0x1.ffc0000000000p+15, 0x1.0000000000000p+0},
       "[1.00e-01 6.55e+04 1.00e+00]"},
      {DType::kF16, {3}, {0x1.9980000000000p-4, 0x1.5500000000000p-2, -0x1.0000000000000p+1}, "[ 0.1    0.333 -2.   ]"},
      {DType::kI32, {2, 2}, {1, -20, 300, 4}, "[[  1 -20]\n [300   4]]"},
      {DType::kI64, {2}, {0x1p62, -1}, "[4611686018427387904                  -1]"},
      {DType::kU8, {2}, {0, 255}, "[  0 255]"},
      {DType::kBool, {2}, {1, 1}, "[ True  True]"},
      {DType::kBool, {1, 2}, {1, 0}, "[[ True False]]"},
      {DType::kF32, {}, {0x1.99999a0000000p-4}, "0.1"},
      {DType::kF32, {}, {0x1.8000000000000p+1}, "3.0"},
      {DType::kF32, {}, {0x1.4f8b580000000p-17}, "1e-05"},
      {DType::kF32, {}, {0x1.0435620000000p+67}, "1.5e+20"},
      {DType::kF32, {}, {-kInf}, "-inf"},
      {DType::kF32, {}, {0x1.d6f3460000000p+26}, "1.2345679e+08"},
      {DType::kF32, {}, {0x1.e847fe0000000p+19}, "999999.94"},
      {DType::kF32, {}, {0x1.a36e2e0000000p-14}, "1e-04"},
      {DType::kF16, {}, {0x1.a380000000000p-14}, "0.0001"},
      {DType::kF16, {}, {0x1.d4c0000000000p+15}, "6e+04"},
      {DType::kF64, {}, {0x1.5555555555555p-2}, "0.3333333333333333"},
      {DType::kF64, {}, {-0x1.1c37937e08000p+53}, "-1e+16"},
      {DType::kF64, {}, {0x1.c6bf526340000p+49}, "1000000000000000.0"},
      {DType::kF64, {}, {0x0.0000000000001p-1022}, "5e-324"},
      {DType::kF16, {}, {0x1.9980000000000p-4}, "0.1"},
      {DType::kI64, {}, {-7}, "-7"},
      {DType::kBool, {}, {1}, "True"},
      {DType::kF32, {0}, {}, "[]"},
      {DType::kF32, {2, 0}, {}, "[]"},
      {DType::kF32,
       {30},
       counting(30, 0.125),
       "[0.    0.125 0.25  0.375 0.5   0.625 0.75  0.875 1.    1.125 1.25  1.375\n 1.5   1.625 1.75  1.875 2.    2.125 "
       "2.25  2.375 2.5   2.625 2.75  2.875\n 3.    3.125 3.25  3.375 3.5   3.625]"},
      {DType::kF32,
       {30},
       counting(30, 4.125),
       "[  0.      4.125   8.25   12.375  16.5    20.625  24.75   28.875  33.\n  37.125  41.25   45.375  49.5    "
       "53.625  57.75   61.875  66.     70.125\n  74.25   78.375  82.5    86.625  90.75   94.875  99.    103.125 "
       "107.25\n 111.375 115.5   119.625]"},
      {DType::kI32,
       {40},
       counting(40, 1),
       "[ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23\n 24 25 26 27 28 29 30 31 32 33 34 35 "
       "36 37 38 39]"},
      {DType::kI32, {1001}, counting(1001, 1), "[   0    1    2 ...  998  999 1000]"},
      {DType::kI32,
       {2, 2, 3},
       {0, 1, 2, 10, 11, 12, 100, 101, 102, 110, 111, 112},
       "[[[  0   1   2]\n  [ 10  11  12]]\n\n [[100 101 102]\n  [110 111 112]]]"},
      {DType::kI32,
       {7, 200},
       counting(1400, 1),
       "[[   0    1    2 ...  197  198  199]\n [ 200  201  202 ...  397  398  399]\n [ 400  401  402 ...  597  598  "
       "599]\n ...\n [ 800  801  802 ...  997  998  999]\n [1000 1001 1002 ... 1197 1198 1199]\n [1200 1201 1202 ... "
       "1397 1398 1399]]"},
      {DType::kI64,
       {2, 1500},
       counting(3000, 1),
       "[[   0    1    2 ... 1497 1498 1499]\n [1500 1501 1502 ... 2997 2998 2999]]"},
      {DType::kI32,
       {2, 8, 100},
       counting(1600, 1),
       "[[[   0    1    2 ...   97   98   99]\n  [ 100  101  102 ...  197  198  199]\n  [ 200  201  202 ...  297  298  "
       "299]\n  ...\n  [ 500  501  502 ...  597  598  599]\n  [ 600  601  602 ...  697  698  699]\n  [ 700  701  702 "
       "...  797  798  799]]\n\n [[ 800  801  802 ...  897  898  899]\n  [ 900  901  902 ...  997  998  999]\n  [1000 "
       "1001 1002 ... 1097 1098 1099]\n  ...\n  [1300 1301 1302 ... 1397 1398 1399]\n  [1400 1401 1402 ... 1497 1498 "
       "1499]\n  [1500 1501 1502 ... 1597 1598 1599]]]"},
      {DType::kF32,
       {1200},
       counting(1200, 1 / 7.0),
       "[0.0000000e+00 1.4285715e-01 2.8571430e-01 ... 1.7100000e+02 1.7114285e+02\n 1.7128572e+02]"},
  };
}

Array array_of(const Golden& golden) {
  const TensorSpec spec{golden.shape, golden.dtype};
  std::vector<std::byte> host(static_cast<std::size_t>(spec.bytes()));
  convert_host(host.data(), golden.dtype, golden.values.data(), DType::kF64, spec.shape.numel());
  return Array::from_host(host.data(), spec, Stream());
}

TEST(Text, IsWhatNumPyWrites) {
  for (const Golden& golden : goldens()) {
    EXPECT_EQ(text_of(array_of(golden)), golden.text) << TensorSpec{golden.shape, golden.dtype}.text();
  }
}

// NumPy has no bf16; the rule for the number of digits is the same.
TEST(Text, OfBrainFloats) {
  EXPECT_EQ(text_of(array_of({DType::kBF16, {3}, {0.1, 1.0, -3.140625}, ""})), "[ 0.1   1.   -3.14]");
  EXPECT_EQ(text_of(array_of({DType::kBF16, {}, {0.1}, ""})), "0.1");
}

TEST(Text, OfAView) {
  const Array array = array_of({DType::kI32, {2, 3}, counting(6, 1), ""});
  EXPECT_EQ(text_of(array.permute({1, 0})), "[[0 3]\n [1 4]\n [2 5]]");
}

}  // namespace
}  // namespace weft::testing
