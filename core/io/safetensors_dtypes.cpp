// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>

#include "core/io/safetensors_header.h"

namespace weft::detail {
namespace {

struct Row {
  std::string_view name;
  int bits;
  std::optional<DType> dtype{};
};

// All types of the format. Source: https://github.com/huggingface/safetensors, tensor.rs.
constexpr Row kRows[] = {{"F64", 64, DType::kF64},
                         {"F32", 32, DType::kF32},
                         {"F16", 16, DType::kF16},
                         {"BF16", 16, DType::kBF16},
                         {"I64", 64, DType::kI64},
                         {"I32", 32, DType::kI32},
                         {"U8", 8, DType::kU8},
                         {"BOOL", 8, DType::kBool},
                         {"C64", 64},
                         {"U64", 64},
                         {"U32", 32},
                         {"U16", 16},
                         {"I16", 16},
                         {"I8", 8},
                         {"F8_E5M2", 8},
                         {"F8_E4M3", 8},
                         {"F8_E8M0", 8},
                         {"F6_E2M3", 6},
                         {"F6_E3M2", 6},
                         {"F4", 4}};

const Row* row_of(std::string_view name) {
  const auto* row = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& r) { return r.name == name; });
  return row == std::end(kRows) ? nullptr : row;
}

}  // namespace

const char* safetensors_name(DType dtype) {
  return std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& r) { return r.dtype == dtype; })->name.data();
}

std::optional<DType> safetensors_dtype(std::string_view name) {
  const Row* row = row_of(name);
  return row ? row->dtype : std::nullopt;
}

std::optional<int> safetensors_bits(std::string_view name) {
  const Row* row = row_of(name);
  return row ? std::optional(row->bits) : std::nullopt;
}

}  // namespace weft::detail
