// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "core/device/thread_pool.h"
#include "kernels/common/product_types.h"
#include "kernels/common/workspace.h"
#include "kernels/conv/conv.h"
#include "kernels/conv/depthwise_loops.h"
#include "kernels/conv/slides.h"
#include "kernels/matmul/problem.h"

// Convolutions of each channel with a filter of its own: channels are the inner loop, and nothing is gathered.
namespace weft::kernels {
namespace {

constexpr std::int64_t kMostTaps = 1024;
constexpr std::size_t kMostSlides = 64;
constexpr std::int64_t kGrain = 16 * 1024;  // multiply-adds that are worth a thread's attention

bool is_depthwise(const ConvProblem& p) { return p.channels == p.groups && p.filters == p.groups; }
std::int64_t places(const std::int64_t (&sizes)[kSpatialAxes]) { return sizes[0] * sizes[1] * sizes[2]; }

std::int64_t source(const SlideAxis& axis, std::int64_t i, std::int64_t tap) {
  return axis.first + i * axis.stride + tap * axis.tap_stride;
}
bool inside(const SlideAxis& axis, std::int64_t at) { return at >= 0 && at < axis.source; }

// Results along an axis that have an element of the source under this tap: [begin, end).
struct Range {
  std::int64_t begin, end;
};
Range results_over(const SlideAxis& axis, std::int64_t tap) {
  const std::int64_t at = source(axis, 0, tap);
  const auto first_from = [&](std::int64_t place) {  // the first result at this place of the source, or behind it
    return place <= at ? 0 : (place - at + axis.stride - 1) / axis.stride;
  };
  const std::int64_t begin = std::min(axis.count, first_from(0));
  return {begin, std::clamp(first_from(axis.source), begin, axis.count)};
}

// Elements of the windows as [place of the window][channel].
template <class T>
void pack_filters(const T* w, const ConvProblem& p, Compute<T>* to) {
  const std::int64_t window = places(p.window);
  for (std::int64_t k = 0; k < window; ++k)
    for (std::int64_t c = 0; c < p.channels; ++c) to[k * p.channels + c] = static_cast<Compute<T>>(w[c * window + k]);
}

template <class T, class O>
class DepthwiseSlide {
  using A = Compute<T>;

 public:
  DepthwiseSlide(const Slide& slide, const ConvProblem& p)
      : s_(slide), channels_(slide.groups), loops_(depthwise_loops<T, O>()) {
    for (int i = 0; i < kSpatialAxes; ++i) window_[i] = p.window[i];
    const SlideAxis& columns = s_.axis[2];
    inner_ = {0, columns.count};
    for (std::int64_t t = 0; t < columns.taps; ++t) {
      const Range over = results_over(columns, t);
      inner_ = {std::max(inner_.begin, over.begin), std::min(inner_.end, over.end)};
    }
    inner_.end = std::max(inner_.begin, inner_.end);
  }

  void run(const T* from, const A* w, O* to) const {
    const std::int64_t lines = s_.axis[0].count * s_.axis[1].count;
    const std::int64_t work = std::max<std::int64_t>(1, s_.axis[2].count * s_.taps() * channels_);
    parallel_for(s_.n * lines, std::max<std::int64_t>(1, kGrain / work), [&](std::int64_t begin, std::int64_t end) {
      DepthwiseTap taps[kMostTaps];
      for (std::int64_t i = begin; i < end; ++i)
        run_line(i / lines, i % lines / s_.axis[1].count, i % s_.axis[1].count, from, w, to, taps);
    });
  }

 private:
  // One line of results. Those in [inner_.begin, inner_.end) have the image under all taps of the last axis.
  void run_line(std::int64_t image, std::int64_t z, std::int64_t y, const T* from, const A* w, O* to,
                DepthwiseTap* taps) const {
    const SlideAxis &planes = s_.axis[0], &lines = s_.axis[1], &columns = s_.axis[2];
    const T* const x = from + image * planes.source * lines.source * columns.source * channels_;
    const std::int64_t line =
        (image * planes.to + planes.to_first + z * planes.to_stride) * lines.to + lines.to_first + y * lines.to_stride;
    const auto results = [&](std::int64_t begin, std::int64_t end) {
      if (begin >= end) return;
      const std::int64_t count = taps_of(z, y, begin, end, taps);
      const std::int64_t place = line * columns.to + columns.to_first + begin * columns.to_stride;
      loops_.results(x, columns.stride * channels_, taps, count, w, channels_, to + place * channels_,
                     columns.to_stride * channels_, end - begin);
    };
    for (std::int64_t i = 0; i < inner_.begin; ++i) results(i, i + 1);
    results(inner_.begin, inner_.end);
    for (std::int64_t i = inner_.end; i < columns.count; ++i) results(i, i + 1);
  }

  // The taps over the image, for results [begin, end) of a line, all of which have the same.
  std::int64_t taps_of(std::int64_t z, std::int64_t y, std::int64_t begin, std::int64_t end, DepthwiseTap* taps) const {
    const SlideAxis &planes = s_.axis[0], &lines = s_.axis[1], &columns = s_.axis[2];
    std::int64_t count = 0;
    for (std::int64_t t0 = 0; t0 < planes.taps; ++t0)
      for (std::int64_t t1 = 0; t1 < lines.taps; ++t1)
        for (std::int64_t t2 = 0; t2 < columns.taps; ++t2) {
          const std::int64_t at0 = source(planes, z, t0), at1 = source(lines, y, t1);
          const std::int64_t at2 = source(columns, begin, t2), last = source(columns, end - 1, t2);
          if (!inside(planes, at0) || !inside(lines, at1) || !inside(columns, at2) || !inside(columns, last)) continue;
          const std::int64_t k0 = planes.window_first + t0 * planes.window_stride;
          const std::int64_t k1 = lines.window_first + t1 * lines.window_stride;
          const std::int64_t k2 = columns.window_first + t2 * columns.window_stride;
          taps[count++] = {((at0 * lines.source + at1) * columns.source + at2) * channels_,
                           ((k0 * window_[1] + k1) * window_[2] + k2) * channels_};
        }
    return count;
  }

  Slide s_;
  std::int64_t channels_, window_[kSpatialAxes];
  Range inner_{};
  DepthwiseLoops<T, O> loops_;
};

std::optional<exec::PreparedKernel> prepare(const exec::KernelRequest& request, bool forward) {
  const ConvProblem p = conv_problem(request);
  if (!is_depthwise(p) || places(p.window) > kMostTaps) return std::nullopt;
  const std::vector<Slide> slides = forward ? std::vector<Slide>{forward_slide(p)} : input_grad_slides(p);
  if (slides.size() > kMostSlides) return std::nullopt;
  return with_product_types(
      request.inputs[0].dtype, request.outputs[0].dtype, request.op.name(),
      [&](auto operand, auto result) -> exec::PreparedKernel {
        using T = typename decltype(operand)::type;
        using O = typename decltype(result)::type;
        std::vector<DepthwiseSlide<T, O>> made;
        for (const Slide& slide : slides) made.emplace_back(slide, p);
        const auto run = [p, made = std::move(made)](const Call& call) {
          auto* const filters = static_cast<Compute<T>*>(call.workspace.data);
          pack_filters(static_cast<const T*>(call.inputs[1].data), p, filters);
          for (const auto& slide : made)
            slide.run(static_cast<const T*>(call.inputs[0].data), filters, static_cast<O*>(call.outputs[0].data));
        };
        return {.run = run, .workspace = static_cast<std::size_t>(p.channels * places(p.window)) * sizeof(Compute<T>)};
      });
}

// Lines of all images, cut into parts whose sums are made apart and joined in order, in f64. The cut follows from the
// shape alone.
template <class T, class O>
class DepthwiseWeightGrad {
  using A = Compute<T>;

 public:
  explicit DepthwiseWeightGrad(const ConvProblem& p)
      : s_(forward_slide(p)), channels_(p.channels), window_(places(p.window)), loops_(depthwise_sums<T>()) {
    lines_ = s_.n * s_.axis[0].count * s_.axis[1].count;
    const std::int64_t most = std::max<std::int64_t>(1, kLongestSum / std::max<std::int64_t>(1, s_.axis[2].count));
    part_ = std::min(most, std::max<std::int64_t>(1, (lines_ + kParts - 1) / kParts));
    parts_ = (lines_ + part_ - 1) / part_;
  }

  std::size_t workspace() const { return static_cast<std::size_t>(parts_ * window_ * channels_) * sizeof(A); }

  void run(const T* x, const T* dy, O* dw, A* sums) const {
    const std::int64_t elements = window_ * channels_;
    parallel_for(parts_, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t part = begin; part < end; ++part) {
        A* const to = sums + part * elements;
        std::fill(to, to + elements, A{0});
        for (std::int64_t line = part * part_; line < std::min(lines_, (part + 1) * part_); ++line)
          add_line(line, x, dy, to);
      }
    });
    for (std::int64_t k = 0; k < window_; ++k)
      for (std::int64_t c = 0; c < channels_; ++c) {
        double sum = 0;
        for (std::int64_t part = 0; part < parts_; ++part)
          sum += static_cast<double>(sums[part * elements + k * channels_ + c]);
        dw[c * window_ + k] = static_cast<O>(static_cast<A>(sum));
      }
  }

 private:
  static constexpr std::int64_t kParts = 32;

  void add_line(std::int64_t line, const T* x, const T* dy, A* sums) const {
    const SlideAxis &planes = s_.axis[0], &lines = s_.axis[1], &columns = s_.axis[2];
    const std::int64_t y = line % lines.count, z = line / lines.count % planes.count;
    const T* const image =
        x + line / lines.count / planes.count * planes.source * lines.source * columns.source * channels_;
    for (std::int64_t t0 = 0; t0 < planes.taps; ++t0)
      for (std::int64_t t1 = 0; t1 < lines.taps; ++t1) {
        const std::int64_t at0 = source(planes, z, t0), at1 = source(lines, y, t1);
        if (!inside(planes, at0) || !inside(lines, at1)) continue;
        for (std::int64_t t2 = 0; t2 < columns.taps; ++t2) {
          const Range over = results_over(columns, t2);
          if (over.begin >= over.end) continue;
          const std::int64_t at2 = source(columns, over.begin, t2);
          loops_.add(image + ((at0 * lines.source + at1) * columns.source + at2) * channels_,
                     columns.stride * channels_, dy + (line * columns.count + over.begin) * channels_,
                     over.end - over.begin, channels_, sums + ((t0 * lines.taps + t1) * columns.taps + t2) * channels_);
        }
      }
  }

  Slide s_;
  std::int64_t channels_, window_, lines_ = 0, part_ = 1, parts_ = 0;
  DepthwiseSums<T> loops_;
};

}  // namespace

std::optional<exec::PreparedKernel> prepare_conv_depthwise(const exec::KernelRequest& request) {
  return prepare(request, true);
}
std::optional<exec::PreparedKernel> prepare_conv_input_grad_depthwise(const exec::KernelRequest& request) {
  return prepare(request, false);
}

std::optional<exec::PreparedKernel> prepare_conv_weight_grad_depthwise(const exec::KernelRequest& request) {
  const ConvProblem p = conv_problem(request);
  if (!is_depthwise(p) || p.result[2] > kLongestSum) return std::nullopt;
  return with_product_types(
      request.inputs[0].dtype, request.outputs[0].dtype, request.op.name(),
      [&](auto operand, auto result) -> exec::PreparedKernel {
        using T = typename decltype(operand)::type;
        using O = typename decltype(result)::type;
        const DepthwiseWeightGrad<T, O> made(p);
        return {.run =
                    [made](const Call& call) {
                      made.run(static_cast<const T*>(call.inputs[0].data), static_cast<const T*>(call.inputs[1].data),
                               static_cast<O*>(call.outputs[0].data), static_cast<Compute<T>*>(call.workspace.data));
                    },
                .workspace = made.workspace()};
      });
}

}  // namespace weft::kernels
