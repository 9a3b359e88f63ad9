// SPDX-License-Identifier: Apache-2.0
#include "weft/dtype.h"

#include <array>

#include "core/base/check.h"

namespace weft {
namespace {

struct Row {
  std::string_view name;
  std::size_t size;
  bool floating;
};
constexpr std::array<Row, kDTypeCount> kRows{{{"f32", 4, true},
                                              {"f64", 8, true},
                                              {"bf16", 2, true},
                                              {"f16", 2, true},
                                              {"i32", 4, false},
                                              {"i64", 8, false},
                                              {"u8", 1, false},
                                              {"bool", 1, false}}};

const Row& row(DType dtype) { return kRows.at(static_cast<std::size_t>(dtype)); }

}  // namespace

std::size_t size_of(DType dtype) { return row(dtype).size; }
std::string_view name_of(DType dtype) { return row(dtype).name; }
bool is_floating(DType dtype) { return row(dtype).floating; }

DType parse_dtype(std::string_view name) {
  for (std::size_t i = 0; i < kRows.size(); ++i)
    if (kRows[i].name == name) return static_cast<DType>(i);
  throw FormatError(cat("unknown dtype '", name, "'; known are f32, f64, bf16, f16, i32, i64, u8, bool"));
}

}  // namespace weft
