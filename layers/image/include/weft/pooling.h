// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "weft/detail/export.h"
#include "weft/module.h"
#include "weft/per_axis.h"
#include "weft/pool.h"

// Pooling as layers, channels last: (n, spatial..., c). A layer says its number of spatial axes by its name: ShapeError
// for another rank. Other errors and dtypes are those of the functions in weft/pool.h.
namespace weft WEFT_EXPORT {

// Settings of max pooling, beside its window.
struct MaxPoolSettings {
  PerAxis stride = {};    // as in MaxPoolOptions; likewise the others
  PerAxis padding = {};   // never the largest
  PerAxis dilation = {};  // distance of neighboring elements of a window
  bool ceil = false;      // one more window at the end
};
// Settings of average pooling, beside its window.
struct AvgPoolSettings {
  PerAxis stride = {};        // as in AvgPoolOptions; likewise the others
  PerAxis padding = {};       // zeros
  bool ceil = false;          // one more window at the end
  bool count_padding = true;  // means count the zeros of the padding
  std::int64_t divisor = 0;   // what sums are divided by
};
// Settings of L_p pooling, beside p and its window.
struct LpPoolSettings {
  PerAxis stride = {};  // as in LpPoolOptions
  bool ceil = false;    // one more window at the end
};

// MaxPool1d, MaxPool2d and MaxPool3d: y = max_pool(x). Derived layers fix the number of spatial axes.
class MaxPoolLayer : public Module {
 public:
  // (n, spatial..., c) -> (n, windows..., c); ShapeError for another rank.
  Tensor forward(Tensor x) const;
  WEFT_MODULE()

 protected:
  // Settings of the derived layer, with its name in errors and its number of spatial axes.
  MaxPoolLayer(const char* name, int axes, const PerAxis& window, const MaxPoolSettings& settings);
  const char* name_;
  int axes_;
  PerAxis window_;
  MaxPoolSettings settings_;
};
// Over one axis: (n, length, c) -> (n, windows, c).
class MaxPool1d : public MaxPoolLayer {
 public:
  // Sizes of the window, and its settings.
  explicit MaxPool1d(const PerAxis& window, const MaxPoolSettings& settings = {});
  MaxPool1d remake() const { return MaxPool1d(window_, settings_); }
};
// Over two axes: (n, height, width, c) -> (n, rows, columns, c).
class MaxPool2d : public MaxPoolLayer {
 public:
  // Sizes of the window, and its settings.
  explicit MaxPool2d(const PerAxis& window, const MaxPoolSettings& settings = {});
  MaxPool2d remake() const { return MaxPool2d(window_, settings_); }
};
// Over three axes: (n, depth, height, width, c) -> (n, planes, rows, columns, c).
class MaxPool3d : public MaxPoolLayer {
 public:
  // Sizes of the window, and its settings.
  explicit MaxPool3d(const PerAxis& window, const MaxPoolSettings& settings = {});
  MaxPool3d remake() const { return MaxPool3d(window_, settings_); }
};

// AvgPool1d, AvgPool2d and AvgPool3d: y = avg_pool(x). Derived layers fix the number of spatial axes.
class AvgPoolLayer : public Module {
 public:
  // (n, spatial..., c) -> (n, windows..., c); ShapeError for another rank.
  Tensor forward(Tensor x) const;
  WEFT_MODULE()

 protected:
  // Settings of the derived layer, with its name in errors and its number of spatial axes.
  AvgPoolLayer(const char* name, int axes, const PerAxis& window, const AvgPoolSettings& settings);
  const char* name_;
  int axes_;
  PerAxis window_;
  AvgPoolSettings settings_;
};
// Over one axis: (n, length, c) -> (n, windows, c).
class AvgPool1d : public AvgPoolLayer {
 public:
  // Sizes of the window, and its settings.
  explicit AvgPool1d(const PerAxis& window, const AvgPoolSettings& settings = {});
  AvgPool1d remake() const { return AvgPool1d(window_, settings_); }
};
// Over two axes: (n, height, width, c) -> (n, rows, columns, c).
class AvgPool2d : public AvgPoolLayer {
 public:
  // Sizes of the window, and its settings.
  explicit AvgPool2d(const PerAxis& window, const AvgPoolSettings& settings = {});
  AvgPool2d remake() const { return AvgPool2d(window_, settings_); }
};
// Over three axes: (n, depth, height, width, c) -> (n, planes, rows, columns, c).
class AvgPool3d : public AvgPoolLayer {
 public:
  // Sizes of the window, and its settings.
  explicit AvgPool3d(const PerAxis& window, const AvgPoolSettings& settings = {});
  AvgPool3d remake() const { return AvgPool3d(window_, settings_); }
};

// LpPool1d, LpPool2d and LpPool3d: y = lp_pool(x, p). Derived layers fix the number of spatial axes.
class LpPoolLayer : public Module {
 public:
  // (n, spatial..., c) -> (n, windows..., c); ShapeError for another rank.
  Tensor forward(Tensor x) const;
  WEFT_MODULE()

 protected:
  // Settings of the derived layer, with its name in errors and its number of spatial axes.
  LpPoolLayer(const char* name, int axes, double p, const PerAxis& window, const LpPoolSettings& settings);
  const char* name_;
  int axes_;
  double p_;
  PerAxis window_;
  LpPoolSettings settings_;
};
// Over one axis: (n, length, c) -> (n, windows, c).
class LpPool1d : public LpPoolLayer {
 public:
  // The exponent, sizes of the window, and its settings.
  LpPool1d(double p, const PerAxis& window, const LpPoolSettings& settings = {});
  LpPool1d remake() const { return {p_, window_, settings_}; }
};
// Over two axes: (n, height, width, c) -> (n, rows, columns, c).
class LpPool2d : public LpPoolLayer {
 public:
  // The exponent, sizes of the window, and its settings.
  LpPool2d(double p, const PerAxis& window, const LpPoolSettings& settings = {});
  LpPool2d remake() const { return {p_, window_, settings_}; }
};
// Over three axes: (n, depth, height, width, c) -> (n, planes, rows, columns, c).
class LpPool3d : public LpPoolLayer {
 public:
  // The exponent, sizes of the window, and its settings.
  LpPool3d(double p, const PerAxis& window, const LpPoolSettings& settings = {});
  LpPool3d remake() const { return {p_, window_, settings_}; }
};

// AdaptiveMaxPool1d to 3d: y = adaptive_max_pool(x, size). Derived layers fix the number of spatial axes.
class AdaptiveMaxPoolLayer : public Module {
 public:
  // (n, spatial..., c) -> (n, sizes..., c); ShapeError for another rank.
  Tensor forward(Tensor x) const;
  WEFT_MODULE()

 protected:
  // Settings of the derived layer, with its name in errors and its number of spatial axes.
  AdaptiveMaxPoolLayer(const char* name, int axes, const PerAxis& size);
  const char* name_;
  int axes_;
  PerAxis size_;
};
// Over one axis: (n, length, c) -> (n, windows, c).
class AdaptiveMaxPool1d : public AdaptiveMaxPoolLayer {
 public:
  // Spatial sizes of the result.
  explicit AdaptiveMaxPool1d(const PerAxis& size);
  AdaptiveMaxPool1d remake() const { return AdaptiveMaxPool1d(size_); }
};
// Over two axes: (n, height, width, c) -> (n, rows, columns, c).
class AdaptiveMaxPool2d : public AdaptiveMaxPoolLayer {
 public:
  // Spatial sizes of the result.
  explicit AdaptiveMaxPool2d(const PerAxis& size);
  AdaptiveMaxPool2d remake() const { return AdaptiveMaxPool2d(size_); }
};
// Over three axes: (n, depth, height, width, c) -> (n, planes, rows, columns, c).
class AdaptiveMaxPool3d : public AdaptiveMaxPoolLayer {
 public:
  // Spatial sizes of the result.
  explicit AdaptiveMaxPool3d(const PerAxis& size);
  AdaptiveMaxPool3d remake() const { return AdaptiveMaxPool3d(size_); }
};

// AdaptiveAvgPool1d to 3d: y = adaptive_avg_pool(x, size). Derived layers fix the number of spatial axes.
class AdaptiveAvgPoolLayer : public Module {
 public:
  // (n, spatial..., c) -> (n, sizes..., c); ShapeError for another rank.
  Tensor forward(Tensor x) const;
  WEFT_MODULE()

 protected:
  // Settings of the derived layer, with its name in errors and its number of spatial axes.
  AdaptiveAvgPoolLayer(const char* name, int axes, const PerAxis& size);
  const char* name_;
  int axes_;
  PerAxis size_;
};
// Over one axis: (n, length, c) -> (n, windows, c).
class AdaptiveAvgPool1d : public AdaptiveAvgPoolLayer {
 public:
  // Spatial sizes of the result.
  explicit AdaptiveAvgPool1d(const PerAxis& size);
  AdaptiveAvgPool1d remake() const { return AdaptiveAvgPool1d(size_); }
};
// Over two axes: (n, height, width, c) -> (n, rows, columns, c).
class AdaptiveAvgPool2d : public AdaptiveAvgPoolLayer {
 public:
  // Spatial sizes of the result.
  explicit AdaptiveAvgPool2d(const PerAxis& size);
  AdaptiveAvgPool2d remake() const { return AdaptiveAvgPool2d(size_); }
};
// Over three axes: (n, depth, height, width, c) -> (n, planes, rows, columns, c).
class AdaptiveAvgPool3d : public AdaptiveAvgPoolLayer {
 public:
  // Spatial sizes of the result.
  explicit AdaptiveAvgPool3d(const PerAxis& size);
  AdaptiveAvgPool3d remake() const { return AdaptiveAvgPool3d(size_); }
};

// GlobalMaxPool1d to 3d: y = global_max_pool(x). Derived layers fix the number of spatial axes.
class GlobalMaxPoolLayer : public Module {
 public:
  // (n, spatial..., c) -> (n, c); ShapeError for another rank.
  Tensor forward(Tensor x) const;
  WEFT_MODULE()

 protected:
  // Settings of the derived layer, with its name in errors and its number of spatial axes.
  GlobalMaxPoolLayer(const char* name, int axes);
  const char* name_;
  int axes_;
};
// Over one axis: (n, length, c) -> (n, c).
class GlobalMaxPool1d : public GlobalMaxPoolLayer {
 public:
  GlobalMaxPool1d();
  GlobalMaxPool1d remake() const { return {}; }
};
// Over two axes: (n, height, width, c) -> (n, c).
class GlobalMaxPool2d : public GlobalMaxPoolLayer {
 public:
  GlobalMaxPool2d();
  GlobalMaxPool2d remake() const { return {}; }
};
// Over three axes: (n, depth, height, width, c) -> (n, c).
class GlobalMaxPool3d : public GlobalMaxPoolLayer {
 public:
  GlobalMaxPool3d();
  GlobalMaxPool3d remake() const { return {}; }
};

// GlobalAvgPool1d to 3d: y = global_avg_pool(x). Derived layers fix the number of spatial axes.
class GlobalAvgPoolLayer : public Module {
 public:
  // (n, spatial..., c) -> (n, c); ShapeError for another rank.
  Tensor forward(Tensor x) const;
  WEFT_MODULE()

 protected:
  // Settings of the derived layer, with its name in errors and its number of spatial axes.
  GlobalAvgPoolLayer(const char* name, int axes);
  const char* name_;
  int axes_;
};
// Over one axis: (n, length, c) -> (n, c).
class GlobalAvgPool1d : public GlobalAvgPoolLayer {
 public:
  GlobalAvgPool1d();
  GlobalAvgPool1d remake() const { return {}; }
};
// Over two axes: (n, height, width, c) -> (n, c).
class GlobalAvgPool2d : public GlobalAvgPoolLayer {
 public:
  GlobalAvgPool2d();
  GlobalAvgPool2d remake() const { return {}; }
};
// Over three axes: (n, depth, height, width, c) -> (n, c).
class GlobalAvgPool3d : public GlobalAvgPoolLayer {
 public:
  GlobalAvgPool3d();
  GlobalAvgPool3d remake() const { return {}; }
};

}  // namespace weft WEFT_EXPORT
