// SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/golden.h"

#include <gtest/gtest.h>

#include <cmath>
#include <exception>
#include <filesystem>

#include "weft/compile.h"
#include "weft/gradients.h"
#include "weft/ops.h"

namespace weft::testing {
namespace {

// One case of a file in one of its dtypes.
class Variant {
 public:
  Variant(const SafetensorsFile& file, std::string name, std::string tag)
      : file_(file), name_(std::move(name)), tag_(std::move(tag)) {
    for (std::size_t k = 0; file_.contains(key("in", k)); ++k) inputs_.push_back(cast(file_.tensor(key("in", k))));
  }
  bool exists() const { return file_.contains(tagged("out", 0)); }

  void check(const GoldenRow& row) const {
    expect_outputs(row.f(inputs_), " eagerly");
    if (!row.traced) return;
    Tensors results = run_program(row);
    const std::vector<std::size_t> of = differentiated();
    for (std::size_t k = 0; k < of.size(); ++k)
      expect_like(results[results.size() - of.size() + k], file_.tensor(tagged("grad", of[k])), tagged("grad", of[k]));
    results.resize(results.size() - of.size());
    expect_outputs(results, " in a program");
  }

 private:
  std::string key(const char* part, std::size_t k) const { return name_ + ":" + part + std::to_string(k); }
  std::string tagged(const char* part, std::size_t k) const {
    return name_ + ":" + tag_ + ":" + part + std::to_string(k);
  }
  Tensor cast(const Tensor& x) const {
    const Tensor moved = x.to(default_device());
    return tag_ != "own" && is_floating(x.dtype()) ? moved.to(parse_dtype(tag_)) : moved;
  }
  std::vector<std::size_t> differentiated() const {
    std::vector<std::size_t> of;
    for (std::size_t k = 0; k < inputs_.size(); ++k)
      if (file_.contains(tagged("grad", k))) of.push_back(k);
    return of;
  }

  // The outputs, then the gradients.
  Tensors run_program(const GoldenRow& row) const {
    const std::vector<std::size_t> of = differentiated();
    std::vector<Variable> variables;
    for (const std::size_t k : of) variables.emplace_back(inputs_[k]);
    auto program = compile(
        [&] {
          Tensors x = inputs_, points;
          for (std::size_t k = 0; k < of.size(); ++k) points.push_back(x[of[k]] = variables[k].value());
          Tensors results = row.f(x);
          if (of.empty()) return results;
          Tensor scalar;
          for (std::size_t k = 0; k < results.size(); ++k) {
            if (!file_.contains(key("cotangent", k))) continue;
            const Tensor term = (results[k] * cast(file_.tensor(key("cotangent", k)))).sum();
            scalar = scalar.defined() ? scalar + term : term;
          }
          for (Tensor& g : gradients(scalar, points)) results.push_back(std::move(g));
          return results;
        },
        {.device = default_device()});
    return program();
  }

  void expect_outputs(const Tensors& got, const std::string& how) const {
    EXPECT_FALSE(file_.contains(tagged("out", got.size()))) << name_ << how << " has too few outputs";
    for (std::size_t k = 0; k < got.size(); ++k)
      expect_like(got[k], file_.tensor(tagged("out", k)), tagged("out", k) + how);
  }

  const SafetensorsFile& file_;
  std::string name_, tag_;
  Tensors inputs_;
};

}  // namespace

SafetensorsFile open_golden(const std::string& stem) {
  return SafetensorsFile(std::filesystem::path(WEFT_SOURCE_DIR) / "tests/oracle/golden" / (stem + ".safetensors"));
}

Tolerance tolerance_of(DType dtype) {
  switch (dtype) {
    case DType::kF64:
      return {1e-10, 1e-12};
    case DType::kF32:
      return {1.3e-6, 1e-5};
    case DType::kF16:
      return {1e-3, 1e-5};
    case DType::kBF16:
      return {1.6e-2, 1e-5};
    case DType::kI32:
    case DType::kI64:
    case DType::kU8:
    case DType::kBool:
      break;
  }
  return {0, 0};
}

void expect_like(const Tensor& got, const Tensor& wanted, const std::string& what) {
  const TensorSpec spec{got.shape(), got.dtype()}, wanted_spec{wanted.shape(), wanted.dtype()};
  ASSERT_EQ(spec.text(), wanted_spec.text()) << what;
  const std::vector<double> a = got.to_vector<double>(), b = wanted.to_vector<double>();
  const Tolerance tolerance = tolerance_of(spec.dtype);
  std::size_t wrong = 0, first = 0;
  for (std::size_t i = a.size(); i-- > 0;) {
    const bool same = a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]));
    if (same || std::abs(a[i] - b[i]) <= tolerance.absolute + tolerance.relative * std::abs(b[i])) continue;
    ++wrong;
    first = i;
  }
  EXPECT_EQ(wrong, 0u) << what << ": of " << a.size() << " elements, the first at " << first << ": "
                       << ::testing::PrintToString(a[first]) << ", PyTorch has " << ::testing::PrintToString(b[first])
                       << ", off by " << std::abs(a[first] - b[first]);
}

void check_rows(const SafetensorsFile& file, const std::vector<GoldenRow>& rows) {
  for (const GoldenRow& row : rows) {
    bool found = false;
    for (const char* tag : {"f32", "f64", "own"}) {
      const Variant variant(file, row.name, tag);
      if (!variant.exists()) continue;
      found = true;
      SCOPED_TRACE(row.name + " in " + tag);
      try {
        variant.check(row);
      } catch (const std::exception& e) {
        ADD_FAILURE() << e.what();
      }
    }
    EXPECT_TRUE(found) << "no golden case is named " << row.name;
  }
}

}  // namespace weft::testing
