// SPDX-License-Identifier: Apache-2.0
#pragma once

// Graph texts that several tests use.
namespace weft::testing {
using namespace ir;

// Every feature of the text format.
inline constexpr const char* kEverything = R"(graph {
  %0 = input argument "x" : f32(64, 128)
  %1 = input variable "0.weight" : f32(10, 128)
  %2 = input capture "" : f32()
  %3 = matmul(%0, %1) {trans_a=false, trans_b=true} : f32(64, 10) @ model.0
  %4:2 = topk(%3) {axis=-1, k=3} : f32(64, 3), i64(64, 3) @ "a layer, \"quoted\""
  %5 = pointwise(%4, %2) : f32(64, 3) region elementwise {
    %0 = input argument "" : f32(64, 3)
    %1 = input argument "" : f32()
    %2 = fma(%0, %1, %1) : f32(64, 3)
    %3 = scan(%2) : f32(64, 3) region loop {
      %0 = input argument "" : f32(64, 3)
      return %0
    }
    return %3
  }
  %6 = "my::op"(%5, %4.1) {a=0.1, b=-inf, c=nan(7ff8000000000001), d=1.0, e="\x0a\\", f=[], g=[1, -2], h=bf16} : f16(7,)
  %7 = cast(%1) {to=f32} : f32(10, 128)
  return %6
  return %4.1
  assign "0.weight" = %7
}
)";

}  // namespace weft::testing
