// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/pool/pool_oracle.h"

namespace weft::testing {

ir::Attributes attributes_of(const WindowSetup& s) {
  return {{"window", s.window},
          {"strides", s.stride},
          {"dilations", s.dilation},
          {"padding_low", s.padding_low},
          {"padding_high", s.padding_high}};
}

ir::Attributes attributes_to(const Shape& x, const WindowSetup& setup) {
  ir::Attributes attributes = attributes_of(setup);
  attributes.set("spatial", ir::Ints(x.begin() + 1, x.end() - 1));
  return attributes;
}

Shape windows_of(const Shape& x, const WindowSetup& s) {
  std::vector<std::int64_t> dims = x.dims();
  for (std::size_t i = 0; i < s.window.size(); ++i) {
    std::int64_t& size = dims[i + 1];
    const std::int64_t padded = size + s.padding_low[i] + s.padding_high[i];
    size = 0;
    for (std::int64_t begin = 0; begin + (s.window[i] - 1) * s.dilation[i] < padded; begin += s.stride[i]) ++size;
  }
  return Shape(dims);
}

void for_each_in_windows(const Shape& x, const WindowSetup& s,
                         const std::function<void(const Coords&, std::int64_t, const Coords&, bool)>& visit) {
  const Shape offsets(s.window);
  for_each_coords(windows_of(x, s), [&](const Coords& window) {
    std::int64_t position = 0;
    for_each_coords(offsets, [&](const Coords& offset) {
      Coords element = window;
      bool inside = true;
      for (std::size_t i = 0; i < offset.size(); ++i) {
        element[i + 1] = window[i + 1] * s.stride[i] + offset[i] * s.dilation[i] - s.padding_low[i];
        inside = inside && element[i + 1] >= 0 && element[i + 1] < x.dims()[i + 1];
      }
      visit(window, position++, element, inside);
    });
  });
}

std::vector<NamedSetup> window_setups() {
  return {
      {"pairs", {2, 6, 4, 3}, {{2, 2}, {2, 2}, {0, 0}, {0, 0}, {1, 1}}},
      {"three_by_two_padded", {2, 7, 6, 3}, {{3, 3}, {2, 2}, {1, 1}, {1, 1}, {1, 1}}},
      {"overlapping", {1, 5, 4, 2}, {{3, 2}, {1, 1}, {1, 1}, {1, 0}, {1, 1}}},
      {"gaps", {2, 9, 7, 1}, {{2, 1}, {4, 3}, {0, 0}, {0, 0}, {1, 1}}},
      {"one_axis", {2, 9, 3}, {{3}, {2}, {1}, {1}, {1}}},
      {"three_axes", {1, 4, 5, 3, 2}, {{2, 3, 2}, {2, 1, 1}, {1, 1, 0}, {1, 1, 1}, {1, 1, 1}}},
      {"rounded_up", {2, 6, 5, 2}, {{3, 2}, {2, 2}, {0, 0}, {1, 1}, {1, 1}}},
      {"dilated", {1, 8, 9, 2}, {{3, 2}, {1, 1}, {2, 1}, {2, 1}, {2, 3}}},
      {"dilated_stride_2", {1, 11, 10, 2}, {{3, 3}, {2, 2}, {3, 2}, {3, 2}, {3, 2}}},
      {"dilated_stride_3", {1, 11, 13, 1}, {{3, 2}, {3, 4}, {2, 1}, {2, 1}, {2, 2}}},
      {"whole", {2, 3, 4, 2}, {{3, 4}, {1, 1}, {0, 0}, {0, 0}, {1, 1}}},
      {"single_elements", {2, 3, 2, 3}, {{1, 1}, {1, 1}, {0, 0}, {0, 0}, {1, 1}}},
      {"no_images", {0, 4, 4, 3}, {{2, 2}, {2, 2}, {0, 0}, {0, 0}, {1, 1}}},
      {"no_channels", {2, 4, 4, 0}, {{2, 2}, {2, 2}, {0, 0}, {0, 0}, {1, 1}}},
      {"channels_16", {2, 7, 6, 16}, {{3, 3}, {2, 2}, {1, 1}, {1, 1}, {1, 1}}},
      {"channels_17", {1, 5, 5, 17}, {{2, 3}, {1, 2}, {1, 1}, {1, 1}, {1, 1}}},
      {"channels_48", {2, 5, 4, 48}, {{3, 2}, {2, 2}, {1, 0}, {1, 0}, {1, 1}}},
      {"channels_69", {1, 9, 6, 69}, {{3, 2}, {2, 1}, {2, 1}, {2, 1}, {2, 3}}},
      {"channels_32_three_axes", {1, 3, 4, 5, 32}, {{2, 3, 2}, {1, 2, 1}, {1, 1, 0}, {1, 1, 1}, {1, 1, 1}}},
      {"channels_33_one_axis", {3, 12, 33}, {{3}, {2}, {1}, {0}, {1}}},
  };
}

}  // namespace weft::testing
