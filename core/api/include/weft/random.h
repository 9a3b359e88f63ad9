// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "weft/detail/export.h"
#include "weft/tensor.h"
#include "weft/variable.h"

// Counter-based random numbers: Philox4x32-10 (Salmon et al. 2011) keyed by the seed, the generator's call number (one
// per run of a program, or per eager draw), the ordinal of the draw in its program, and the element's index. No result
// depends on the device, the thread count or fusion; saving the generator resumes exactly.
namespace weft WEFT_EXPORT {

// One seed and one call number, kept in a Variable. Copies share both. Threads may draw from one generator: no two
// draws are equal, and which thread gets which is open.
class Generator {
 public:
  // A generator at call 0 of a seed.
  explicit Generator(std::uint64_t seed);
  // No move: a program keeps drawing from the generator that it was traced with.
  Generator(const Generator&) = default;
  Generator& operator=(const Generator&) = default;
  ~Generator() = default;
  void seed(std::uint64_t seed);  // also sets the call number back to 0
  // The seed in use.
  std::uint64_t seed() const;
  // {seed, call} as i64(2).
  const Variable& state() const { return state_; }

 private:
  Variable state_;
};

// The generator that draws use unless a GeneratorScope names another. One per process, for all threads.
Generator& default_generator();
// default_generator().seed(s); also keys the initializers of variables, and the trainers and loaders without a seed
// that are made from now on.
void seed(std::uint64_t s);

// A seed for another generator, as a function of the seed and the call number of the generator that draws use. It is
// one call of that generator, so no two seeds are drawn from one state.
std::uint64_t draw_seed();

// Draws of this thread come from `generator` while the scope lives.
class [[nodiscard]] GeneratorScope {
 public:
  // Directs this thread's draws to `generator`.
  explicit GeneratorScope(Generator& generator);
  ~GeneratorScope();
  GeneratorScope(const GeneratorScope&) = delete;
  GeneratorScope& operator=(const GeneratorScope&) = delete;

 private:
  Generator* before_;
};

// U[low, high) and N(0, 1). Floating dtypes; DTypeError for others.
[[nodiscard]] Tensor uniform(Shape shape, Scalar low = 0.0, Scalar high = 1.0, DType dtype = DType::kF32);
[[nodiscard]] Tensor randn(Shape shape, DType dtype = DType::kF32);
// Gamma(k, 1) and Beta(a, b) with positive parameters: ValueError otherwise. Source: Marsaglia and Tsang 2000.
[[nodiscard]] Tensor gamma(Shape shape, double k, DType dtype = DType::kF32);
[[nodiscard]] Tensor beta(Shape shape, double a, double b, DType dtype = DType::kF32);
// Integers of [low, high), all as likely. dtype i64, i32 or u8; ValueError unless low < high and high - low <= 2^53.
[[nodiscard]] Tensor randint(std::int64_t low, std::int64_t high, Shape shape, DType dtype = DType::kI64);
// The numbers 0 to n - 1 in random order, i64.
[[nodiscard]] Tensor randperm(std::int64_t n);
// 1 with the probability that an element of p gives, else 0, in p's floating dtype; a NaN gives 0.
[[nodiscard]] Tensor bernoulli(const Tensor& p);
// 1 with probability p, else 0.
[[nodiscard]] Tensor bernoulli(Shape shape, double p, DType dtype = DType::kF32);
// x with each element zeroed with probability `rate`, the rest divided by 1 - rate. ValueError unless 0 <= rate < 1.
[[nodiscard]] Tensor dropout(const Tensor& x, double rate);

}  // namespace weft
