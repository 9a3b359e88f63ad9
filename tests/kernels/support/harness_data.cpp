// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "core/scalar/half.h"
#include "tests/kernels/support/harness_run.h"

namespace weft::testing {
namespace {

template <class T, class From>
void put(Bytes& bytes, From value) {
  const T stored = static_cast<T>(value);
  const auto* raw = reinterpret_cast<const std::uint8_t*>(&stored);
  bytes.insert(bytes.end(), raw, raw + sizeof(T));
}

template <class T>
T element(const Bytes& bytes, std::size_t i) {
  T value;
  std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
  return value;
}

double element_of(const RawTensor& raw, std::size_t i) {
  switch (raw.spec.dtype) {
    case DType::kF32:
      return element<float>(raw.bytes, i);
    case DType::kF64:
      return element<double>(raw.bytes, i);
    case DType::kBF16:
      return static_cast<float>(element<bf16>(raw.bytes, i));
    case DType::kF16:
      return static_cast<float>(element<f16>(raw.bytes, i));
    case DType::kI32:
      return element<std::int32_t>(raw.bytes, i);
    case DType::kI64:
      return static_cast<double>(element<std::int64_t>(raw.bytes, i));
    case DType::kU8:
      return element<std::uint8_t>(raw.bytes, i);
    case DType::kBool:
      return element<std::uint8_t>(raw.bytes, i);
  }
  return 0;
}

std::uint64_t mixed(std::uint64_t z) {  // splitmix64
  z += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace

Bytes encode(const HostTensor& tensor) {
  Bytes bytes;
  bytes.reserve(tensor.values.size() * size_of(tensor.spec.dtype));
  for (const double value : tensor.values) {
    switch (tensor.spec.dtype) {
      case DType::kF32:
        put<float>(bytes, value);
        break;
      case DType::kF64:
        put<double>(bytes, value);
        break;
      case DType::kBF16:
        put<bf16>(bytes, static_cast<float>(value));
        break;
      case DType::kF16:
        put<f16>(bytes, static_cast<float>(value));
        break;
      case DType::kI32:
        put<std::int32_t>(bytes, value);
        break;
      case DType::kI64:
        put<std::int64_t>(bytes, value);
        break;
      case DType::kU8:
        put<std::uint8_t>(bytes, value);
        break;
      case DType::kBool:
        put<std::uint8_t>(bytes, value != 0 ? 1 : 0);
        break;
    }
  }
  return bytes;
}

HostTensor decode(const RawTensor& raw) {
  HostTensor tensor{raw.spec, {}};
  const std::size_t n = raw.bytes.size() / size_of(raw.spec.dtype);
  tensor.values.reserve(n);
  for (std::size_t i = 0; i < n; ++i) tensor.values.push_back(element_of(raw, i));
  return tensor;
}

bool same_numbers(const RawTensor& a, const RawTensor& b) {
  const HostTensor x = decode(a), y = decode(b);
  return std::equal(x.values.begin(), x.values.end(), y.values.begin(), y.values.end(), [](double one, double other) {
    return std::bit_cast<std::uint64_t>(one) == std::bit_cast<std::uint64_t>(other) ||
           (std::isnan(one) && std::isnan(other));
  });
}

HostTensor stored_as(const HostTensor& tensor, DType dtype) {
  HostTensor out{{tensor.spec.shape, dtype}, tensor.values};
  return decode({out.spec, encode(out)});
}

HostTensor tensor_of(const Shape& shape, DType dtype, std::vector<double> values) {
  return stored_as({{shape, dtype}, std::move(values)}, dtype);
}

HostTensor random_tensor(const Shape& shape, DType dtype, double lo, double hi, std::uint64_t seed) {
  std::vector<double> values(static_cast<std::size_t>(shape.numel()));
  std::uint64_t counter = mixed(seed);
  for (double& value : values) {
    value = lo + (hi - lo) * (static_cast<double>(mixed(counter++) >> 11) * 0x1p-53);
    if (!is_floating(dtype)) value = std::floor(value);
  }
  return tensor_of(shape, dtype, std::move(values));
}

double bound_of(double tolerance, DType dtype, double expected) {
  if (tolerance == 0) return 0;
  const double size = std::max(1.0, std::abs(expected));
  switch (dtype) {
    case DType::kF32:
      return tolerance * size;
    case DType::kF64:
      return std::max(tolerance * 0x1p-28, 1e-14) * size;  // 29 more bits; the oracle is a double too
    case DType::kBF16:
      return (tolerance + 0x1p-8) * size;  // computed in f32, then half an ulp
    case DType::kF16:
      return (tolerance + 0x1p-11) * size;
    case DType::kI32:
    case DType::kI64:
    case DType::kU8:
    case DType::kBool:
      return 0;
  }
  return 0;
}

}  // namespace weft::testing
