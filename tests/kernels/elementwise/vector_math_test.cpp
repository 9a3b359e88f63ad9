// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "core/device/cpu/machine.h"
#include "core/device/thread_pool.h"
#include "core/exec/kernel.h"

// The f32 functions that the CPU computes with texts of its own lie within a few ulp of the C library's f64 functions,
// on every instruction set. Denormal arguments count as zero, denormal results may be zero.
namespace weft::testing {
namespace {

constexpr std::int64_t kBlock = 1 << 16;
constexpr float kInf = std::numeric_limits<float>::infinity(), kNaN = std::numeric_limits<float>::quiet_NaN();

double normal_cdf(double x) { return std::erfc(-x / std::numbers::sqrt2) / 2; }

struct Function {
  const char* op;
  double (*exact)(double);
  double bound = 2;  // in ulp
};

const Function kFunctions[] = {
    {"exp", [](double x) { return std::exp(x); }},
    {"expm1", [](double x) { return std::expm1(x); }},
    {"log", [](double x) { return std::log(x); }},
    {"log1p", [](double x) { return std::log1p(x); }},
    {"sin", [](double x) { return std::sin(x); }},
    {"cos", [](double x) { return std::cos(x); }},
    {"tanh", [](double x) { return std::tanh(x); }},
    {"erf", [](double x) { return std::erf(x); }},
    {"normal_cdf", normal_cdf, 7},
    {"normal_pdf", [](double x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi); }, 4},
    {"gelu", [](double x) { return x == -kInf ? 0 : x * normal_cdf(x); }, 7},
    {"sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
    {"softplus", [](double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }},
};

// The op's kernel for blocks of floats, as each instruction set has it.
class Kernels {
 public:
  explicit Kernels(const char* op, std::size_t arguments = 1) {
    const std::vector<TensorSpec> specs(arguments, spec_);
    for (const cpu::Isa isa : cpu::usable_isas()) {
      cpu::use_isa(isa);
      kernels_.push_back(
          exec::prepare_kernel({ir::OpId::of(op), attributes_, specs, {&spec_, 1}, Device::cpu(), path_}));
    }
    cpu::use_isa(cpu::usable_isas().back());
  }
  std::size_t count() const { return kernels_.size(); }
  void run(std::size_t isa, std::vector<float>& x, std::vector<float>& y) const {
    run(isa, {View{x.data(), spec_}}, y);
  }
  void run(std::size_t isa, std::vector<float>& a, std::vector<float>& b, std::vector<float>& y) const {
    run(isa, {View{a.data(), spec_}, View{b.data(), spec_}}, y);
  }

 private:
  void run(std::size_t isa, const std::vector<View>& in, std::vector<float>& y) const {
    const View out{y.data(), spec_};
    Call call;
    call.inputs = in;
    call.outputs = {&out, 1};
    kernels_[isa].run(call);
  }

  ir::Attributes attributes_;
  std::string path_;
  TensorSpec spec_{{kBlock}, DType::kF32};
  std::vector<exec::PreparedKernel> kernels_;
};

// The distance in units of the last place that f32 has at the exact value.
double ulps(float got, double exact) {
  const auto nearest = static_cast<float>(exact);
  if (std::isnan(exact) || std::isnan(got)) return std::isnan(exact) && std::isnan(got) ? 0 : kInf;
  if (std::isinf(nearest) || std::isinf(got)) return nearest == got ? 0 : kInf;
  if (std::abs(exact) < 0x1p-126) return std::abs(got) <= 0x1p-126f ? 0 : kInf;
  int exponent = 0;
  std::frexp(exact, &exponent);
  return std::ldexp(std::abs(static_cast<double>(got) - exact), 24 - exponent);
}

float without_denormal(float x) { return std::abs(x) < 0x1p-126f ? std::copysign(0.0f, x) : x; }

// Compares at x, all instruction sets against one oracle.
void check(const Function& f, const Kernels& kernels, std::vector<float>& x) {
  std::vector<std::vector<float>> y(kernels.count(), std::vector<float>(kBlock));
  for (std::size_t isa = 0; isa < kernels.count(); ++isa) kernels.run(isa, x, y[isa]);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double exact = f.exact(static_cast<double>(without_denormal(x[i])));
    for (std::size_t isa = 0; isa < kernels.count(); ++isa)
      if (!(ulps(y[isa][i], exact) <= f.bound))
        ADD_FAILURE() << f.op << "(" << x[i] << ") is " << y[isa][i] << ", exactly " << exact << ", instruction set "
                      << isa << ", " << ulps(y[isa][i], exact) << " ulp";
  }
}

// Every step-th float, starting each time at another place between; all of them for step 1.
void check_every(const Function& f, std::uint64_t step) {
  const FlushDenormals flush;
  const Kernels kernels(f.op);
  std::vector<float> x(kBlock);
  const std::uint64_t count = (std::uint64_t{1} << 32) / step;
  for (std::uint64_t begin = 0; begin < count && !::testing::Test::HasFailure(); begin += x.size()) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::uint64_t index = begin + i, between = index * 2654435761u >> 16;
      x[i] = std::bit_cast<float>(static_cast<std::uint32_t>(index * step + between % step));
    }
    check(f, kernels, x);
  }
}

class VectorMath : public ::testing::TestWithParam<Function> {};

// Checks 2^24 floats, or all with WEFT_ALL_FLOATS, which takes minutes. Fewer in the emulation, because sanitizers are
// slow and look at the code, not at the values.
#if defined(WEFT_CUDA_EMULATED)
constexpr std::uint64_t kStep = 1 << 14;
#else
constexpr std::uint64_t kStep = 1 << 8;
#endif
TEST_P(VectorMath, IsWithinItsBound) { check_every(GetParam(), std::getenv("WEFT_ALL_FLOATS") ? 1 : kStep); }

TEST_P(VectorMath, KeepsSpecialValues) {
  const FlushDenormals flush;
  std::vector<float> x(kBlock, 0);
  const float special[] = {0.0f,  -0.0f,  kInf,   -kInf,  kNaN,    -kNaN,   1.0f,      -1.0f,      1e-40f,  -1e-40f,
                           88.7f, 88.73f, -87.3f, -87.4f, -103.9f, -104.1f, 0x1p-126f, -0x1p-126f, 3.4e38f, -3.4e38f};
  std::copy(std::begin(special), std::end(special), x.begin());
  check(GetParam(), Kernels(GetParam().op), x);
}

INSTANTIATE_TEST_SUITE_P(All, VectorMath, ::testing::ValuesIn(kFunctions),
                         [](const auto& test) { return std::string(test.param.op); });

// Powers of pairs that lie in the blocks at the same places.
void check_powers(std::vector<float> a, std::vector<float> b) {
  const FlushDenormals flush;
  const Kernels kernels("pow", 2);
  a.resize(kBlock, 1.0f);
  b.resize(kBlock, 1.0f);
  std::vector<float> y(kBlock);
  for (std::size_t isa = 0; isa < kernels.count(); ++isa) {
    kernels.run(isa, a, b, y);
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double exact = std::pow(static_cast<double>(without_denormal(a[i])), static_cast<double>(b[i]));
      if (!(ulps(y[i], exact) <= 1))
        ADD_FAILURE() << a[i] << " to the power " << b[i] << " is " << y[i] << ", exactly " << exact
                      << ", instruction set " << isa;
      EXPECT_TRUE(exact != 0 || std::signbit(y[i]) == std::signbit(exact)) << a[i] << " to the power " << b[i];
    }
  }
}

TEST(Powers, AreWithinOneUlp) {
  std::vector<float> a, b;
  for (std::uint32_t i = 0; i < kBlock; ++i) {
    const std::uint32_t bits = i * 2654435761u;
    a.push_back(std::bit_cast<float>(bits & 0x7fffffffu));
    b.push_back((static_cast<float>((bits * 40503u) >> 8) * 0x1p-23f - 1) * std::exp2(static_cast<float>(i % 12) - 4));
  }
  check_powers(a, b);
}

TEST(Powers, HaveTheSpecialValuesOfIeee754) {
  const float special[] = {0.0f,  -0.0f, 1,      -1,    2,           -2,   0.5f,  -0.5f, 3,  -3,    kInf,
                           -kInf, kNaN,  1e-30f, 1e30f, 16777216.0f, 2.5f, -2.5f, 4,     -4, 1e-40f};
  std::vector<float> a, b;
  for (const float x : special) {
    for (const float y : special) {
      a.push_back(x);
      b.push_back(without_denormal(y));
    }
  }
  check_powers(a, b);
}

}  // namespace
}  // namespace weft::testing
