// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/cases.h"

namespace weft::testing {

std::vector<OpCase> all_cases() {
  std::vector<OpCase> all;
  for (auto family : {
           movement_cases,
           index_cases,
           sort_cases,
       }) {
    std::vector<OpCase> rows = family();
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

}  // namespace weft::testing
