// SPDX-License-Identifier: Apache-2.0
// Separable resampling in the integers of Pillow's Resample.c, first along rows, then along columns.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "core/base/check.h"
#include "core/data/images/geometry.h"
#include "core/io/host_memory.h"
#include "weft/detail/host_allocation.h"
#include "weft/error.h"

namespace weft::detail {
namespace {

constexpr int kBits = 22;  // behind the point of a weight

// The pixels that one new pixel is a weighted mean of, for each new pixel along an axis.
struct Weights {
  std::size_t most = 0;  // weights of a new pixel
  std::vector<std::size_t> first{}, count{};
  std::vector<int> weights{};  // `most` for each new pixel
};

// Weights of a triangle that is as wide as a new pixel, and at least as wide as an old one.
Weights weights_of(std::size_t from, std::size_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to), width = std::max(scale, 1.0);
  Weights out;
  out.most = static_cast<std::size_t>(std::ceil(width)) * 2 + 1;
  out.weights.resize(to * out.most);
  std::vector<double> exact(out.most);
  for (std::size_t i = 0; i < to; ++i) {
    const double center = (static_cast<double>(i) + 0.5) * scale;
    const auto begin = static_cast<std::size_t>(std::max(std::floor(center - width + 0.5), 0.0));
    const std::size_t end = std::min(static_cast<std::size_t>(std::floor(center + width + 0.5)), from);
    double sum = 0;
    for (std::size_t k = begin; k < end; ++k) {
      const double distance = std::abs((static_cast<double>(k) - center + 0.5) / width);
      exact[k - begin] = std::max(1 - distance, 0.0);
      sum += exact[k - begin];
    }
    for (std::size_t k = 0; k < end - begin; ++k)
      out.weights[i * out.most + k] = static_cast<int>(std::floor(0.5 + exact[k] / sum * (1 << kBits)));
    out.first.push_back(begin);
    out.count.push_back(end - begin);
  }
  return out;
}

// A weighted mean of values that are `stride` apart.
std::uint8_t mean(const std::uint8_t* values, std::size_t stride, const int* weights, std::size_t count) {
  int sum = 1 << (kBits - 1);
  for (std::size_t k = 0; k < count; ++k) sum += values[k * stride] * weights[k];
  return static_cast<std::uint8_t>(std::clamp(sum >> kBits, 0, 255));
}

}  // namespace

Tensor resized(const char* op, const ImageView& image, const Box& box, data::ImageSize size) {
  constexpr std::int64_t kMostPerSide = 1'000'000;
  if (size.height > kMostPerSide || size.width > kMostPerSide)
    fail<ShapeError>(op, "an image of ", box.size.height, " x ", box.size.width, " becomes one of ", size.height, " x ",
                     size.width, "; a side has at most ", kMostPerSide, " pixels");
  const auto channels = static_cast<std::size_t>(image.channels());
  const auto rows = static_cast<std::size_t>(box.size.height), columns = static_cast<std::size_t>(box.size.width);
  const auto height = static_cast<std::size_t>(size.height), width = static_cast<std::size_t>(size.width);
  const std::size_t stride = static_cast<std::size_t>(image.width()) * channels, new_stride = width * channels;
  const auto* from = reinterpret_cast<const std::uint8_t*>(image.at(box.top, box.left));
  return allocating(op, 2 * sizeof(int) * (rows + columns + height + width), [&] {
    const Weights across = weights_of(columns, width), down = weights_of(rows, height);
    const auto between = host_memory(rows * new_stride);
    auto* wide = reinterpret_cast<std::uint8_t*>(between.get());
    for (std::size_t y = 0; y < rows; ++y)
      for (std::size_t x = 0; x < width; ++x)
        for (std::size_t c = 0; c < channels; ++c)
          wide[y * new_stride + x * channels + c] = mean(from + y * stride + across.first[x] * channels + c, channels,
                                                         across.weights.data() + x * across.most, across.count[x]);
    NewImage out(size.height, size.width, image.channels(), DType::kU8);
    auto* to = out.values<std::uint8_t>();
    for (std::size_t y = 0; y < height; ++y)
      for (std::size_t i = 0; i < new_stride; ++i)
        to[y * new_stride + i] =
            mean(wide + down.first[y] * new_stride + i, new_stride, down.weights.data() + y * down.most, down.count[y]);
    return out.tensor();
  });
}

}  // namespace weft::detail
