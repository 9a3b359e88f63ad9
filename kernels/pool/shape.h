// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/ir/graph.h"
#include "core/scalar/annotate.h"
#include "kernels/pool/run.h"
#include "weft/shape.h"

// Windows over images (n, spatial..., c), as kernels see them: three spatial axes, the first of which may have size 1.
// A pixel is a place of a batch of images, with c channels.
namespace weft::kernels {

// Places along one axis that belong to one place of the other side: elements of a window, or windows over an element.
struct Span {
  std::int64_t first = 0, count = 0;  // the first place, and their number
  std::int64_t position = 0;          // of the element within the window, at the first place
};

// Windows along one axis.
struct WindowAxis {
  std::int64_t in = 1, out = 1;  // elements of the image, windows
  std::int64_t size = 1, stride = 1, dilation = 1, low = 0;
  std::int64_t every = 1;                          // distance of neighboring windows that hold the same element
  std::int64_t counted_low = 0, counted_high = 0;  // padding that means count

  WEFT_HD std::int64_t start(std::int64_t window) const { return window * stride - low; }
  // Positions in a window whose elements lie in [from, to).
  WEFT_HD Span positions(std::int64_t window, std::int64_t from, std::int64_t to) const {
    const std::int64_t begin = start(window), missing = from - begin, left = to - begin;
    Span s;
    s.position = missing > 0 ? (missing + dilation - 1) / dilation : 0;
    const std::int64_t fit = left > 0 ? (left + dilation - 1) / dilation : 0, end = fit < size ? fit : size;
    s.count = end > s.position ? end - s.position : 0;
    s.first = begin + s.position * dilation;
    return s;
  }
  // Elements of the image in a window.
  WEFT_HD Span elements_of(std::int64_t window) const { return positions(window, 0, in); }
  // Windows that hold an element.
  WEFT_HD Span windows_over(std::int64_t element) const {
    const std::int64_t at = element + low, reach = (size - 1) * dilation;
    std::int64_t first = at > reach ? (at - reach + stride - 1) / stride : 0, last = at / stride;
    if (last > out - 1) last = out - 1;
    while (first <= last && (at - first * stride) % dilation != 0) ++first;
    return {first, first <= last ? (last - first) / every + 1 : 0, (at - first * stride) / dilation};
  }
  // Distances of neighbors in a span, as places and as positions in a window.
  WEFT_HD std::int64_t step(bool elements) const { return elements ? dilation : every; }
  WEFT_HD std::int64_t move(bool elements) const { return elements ? 1 : -stride * every / dilation; }
  // Elements that a mean over the window counts.
  WEFT_HD std::int64_t counted(std::int64_t window) const {
    return positions(window, -counted_low, in + counted_high).count;
  }
};

// The box of a pixel of the result. No member has an initial value, because CUDA allows none in shared memory.
struct PoolTile {
  std::int64_t first, image;  // numbers of the box's first pixel, and of its image's
  PoolRun run;
};

struct PoolShape {
  static constexpr int kAxes = 3;

  WindowAxis axis[kAxes];
  std::int64_t n = 0, c = 0;
  std::int64_t divisor = 0;  // of means; 0: the number of counted elements

  WEFT_HD std::int64_t pixels_of_image() const { return axis[0].in * axis[1].in * axis[2].in; }
  WEFT_HD std::int64_t windows_of_image() const { return axis[0].out * axis[1].out * axis[2].out; }
  std::int64_t pixels() const { return n * pixels_of_image(); }
  std::int64_t windows() const { return n * windows_of_image(); }

  // The pixels of the image that a window holds.
  WEFT_HD PoolTile elements_of(std::int64_t window) const {
    const std::int64_t i = window / axis[2].out / axis[1].out % axis[0].out, j = window / axis[2].out % axis[1].out;
    const Span spans[] = {axis[0].elements_of(i), axis[1].elements_of(j), axis[2].elements_of(window % axis[2].out)};
    return tile(spans, window / windows_of_image() * pixels_of_image(), true);
  }
  // The windows that hold a pixel of the image.
  WEFT_HD PoolTile windows_over(std::int64_t pixel) const {
    const std::int64_t i = pixel / axis[2].in / axis[1].in % axis[0].in, j = pixel / axis[2].in % axis[1].in;
    const Span spans[] = {axis[0].windows_over(i), axis[1].windows_over(j), axis[2].windows_over(pixel % axis[2].in)};
    return tile(spans, pixel / pixels_of_image() * windows_of_image(), false);
  }
  // The pixel of the image at a position of a window; -1 in padding.
  WEFT_HD std::int64_t pixel_at(std::int64_t window, std::int64_t position) const {
    std::int64_t w = window % windows_of_image(), pixel = 0, scale = 1;
    for (int i = kAxes - 1; i >= 0; --i) {
      const std::int64_t at = axis[i].start(w % axis[i].out) + position % axis[i].size * axis[i].dilation;
      if (at < 0 || at >= axis[i].in) return -1;
      pixel += at * scale;
      scale *= axis[i].in;
      w /= axis[i].out;
      position /= axis[i].size;
    }
    return position == 0 ? window / windows_of_image() * pixels_of_image() + pixel : -1;
  }
  // Divisor of the mean over a window, which is given by its number or by its places along the axes.
  WEFT_HD double divisor_of(std::int64_t window) const {
    return divisor_of(window / axis[2].out / axis[1].out % axis[0].out, window / axis[2].out % axis[1].out,
                      window % axis[2].out);
  }
  WEFT_HD double divisor_of(std::int64_t i, std::int64_t j, std::int64_t k) const {
    if (divisor > 0) return static_cast<double>(divisor);
    return static_cast<double>(axis[0].counted(i)) * static_cast<double>(axis[1].counted(j)) *
           static_cast<double>(axis[2].counted(k));
  }

 private:
  WEFT_HD PoolTile tile(const Span (&spans)[kAxes], std::int64_t image, bool elements) const {
    PoolTile t;
    t.first = t.image = image;
    t.run.channels = c;
    t.run.position = 0;
    std::int64_t step = 1, move = 1;  // in row-major order
    for (int i = kAxes - 1; i >= 0; --i) {
      t.first += spans[i].first * step;
      t.run.count[i] = spans[i].count;
      t.run.step[i] = axis[i].step(elements) * step;
      t.run.position += static_cast<std::int32_t>(spans[i].position * move);
      t.run.move[i] = static_cast<std::int32_t>(axis[i].move(elements) * move);
      step *= elements ? axis[i].in : axis[i].out;
      move *= axis[i].size;
    }
    return t;
  }
};

// The windows of attributes that the op has checked, over an image of shape x with the windows of shape y.
PoolShape pool_shape(const ir::Attributes& attributes, const Shape& x, const Shape& y);

}  // namespace weft::kernels
