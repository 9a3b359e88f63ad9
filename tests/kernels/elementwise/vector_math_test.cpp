// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "core/device/cpu/machine.h"
#include "core/device/thread_pool.h"
#include "core/exec/kernel.h"

// The f32 functions that the CPU computes with texts of its own lie within 2 ulp of the C library's f64 functions, on
// every instruction set. Denormal arguments count as zero, denormal results may be zero.
namespace weft::testing {
namespace {

constexpr std::int64_t kBlock = 1 << 16;
constexpr float kInf = std::numeric_limits<float>::infinity(), kNaN = std::numeric_limits<float>::quiet_NaN();

struct Function {
  const char* op;
  double (*exact)(double);
};

const Function kFunctions[] = {
    {"exp", [](double x) { return std::exp(x); }},
    {"expm1", [](double x) { return std::expm1(x); }},
    {"log", [](double x) { return std::log(x); }},
    {"log1p", [](double x) { return std::log1p(x); }},
    {"tanh", [](double x) { return std::tanh(x); }},
    {"erf", [](double x) { return std::erf(x); }},
    {"sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
    {"softplus", [](double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }},
};

// The op's kernel for blocks of floats, as each instruction set has it.
class Kernels {
 public:
  explicit Kernels(const char* op) {
    for (const cpu::Isa isa : cpu::usable_isas()) {
      cpu::use_isa(isa);
      kernels_.push_back(
          exec::prepare_kernel({ir::OpId::of(op), attributes_, {&spec_, 1}, {&spec_, 1}, Device::cpu(), path_}));
    }
    cpu::use_isa(cpu::usable_isas().back());
  }
  std::size_t count() const { return kernels_.size(); }
  void run(std::size_t isa, std::vector<float>& x, std::vector<float>& y) const {
    const View in{x.data(), spec_}, out{y.data(), spec_};
    Call call;
    call.inputs = {&in, 1};
    call.outputs = {&out, 1};
    kernels_[isa].run(call);
  }

 private:
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
      if (!(ulps(y[isa][i], exact) <= 2))
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
TEST_P(VectorMath, IsWithinTwoUlp) { check_every(GetParam(), std::getenv("WEFT_ALL_FLOATS") ? 1 : kStep); }

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

}  // namespace
}  // namespace weft::testing
