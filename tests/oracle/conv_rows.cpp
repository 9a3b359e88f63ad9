// SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/golden.h"
#include "weft/conv.h"

namespace weft::testing {
namespace {

GoldenRow row(const char* name, ConvGeometry geometry) {
  return {name, [geometry](const Tensors& x) -> Tensors { return {conv(x[0], x[1], geometry)}; }};
}
GoldenRow transposed(const char* name, ConvTransposeGeometry geometry) {
  return {name, [geometry](const Tensors& x) -> Tensors { return {conv_transpose(x[0], x[1], geometry)}; }};
}

}  // namespace

std::vector<GoldenRow> conv_rows() {
  return {
      row("conv1d", {.stride = 2, .padding = 1}),
      row("conv2d", {}),
      row("conv2d_padded", {.stride = {2, 1}, .padding = {2, 1}, .dilation = {1, 2}}),
      row("conv2d_groups", {.padding = 1, .groups = 2}),
      row("conv2d_depthwise", {.padding = 1, .groups = 4}),
      row("conv2d_same", {.padding = Padding::same()}),
      row("conv3d", {.padding = {1, 0, 1}}),
      transposed("conv_transpose1d", {.stride = 3, .padding = 1, .output_padding = 2}),
      transposed("conv_transpose2d", {.stride = 2, .padding = 1, .output_padding = {1, 0}, .groups = 2}),
      transposed("conv_transpose2d_dilated", {.stride = {2, 3}, .dilation = 2}),
      transposed("conv_transpose3d", {.stride = 2}),
  };
}

}  // namespace weft::testing
