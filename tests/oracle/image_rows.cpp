// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/oracle/golden.h"
#include "weft/pool.h"
#include "weft/resize.h"

namespace weft::testing {
namespace {

GoldenRow row(std::string name, std::function<Tensor(const Tensor&)> f) {
  return {std::move(name), [f = std::move(f)](const Tensors& x) -> Tensors { return {f(x[0])}; }};
}

GoldenRow max_row(const std::string& name, const MaxPoolOptions& options) {
  return row(name, [options](const Tensor& x) { return max_pool(x, options); });
}

GoldenRow avg_row(const std::string& name, const AvgPoolOptions& options) {
  return row(name, [options](const Tensor& x) { return avg_pool(x, options); });
}

// Values at the places that they came from.
GoldenRow unpool_row(const std::string& name, const MaxPoolOptions& options, const std::vector<std::int64_t>& size) {
  return row(name, [=](const Tensor& x) {
    const MaxPoolResult pooled = max_pool_with_index(x, options);
    return max_unpool(pooled.y, pooled.index, options, size);
  });
}

void add_pools(std::vector<GoldenRow>& rows) {
  rows.push_back(max_row("max_pool", {.window = 3, .stride = 2, .padding = 1}));
  rows.push_back(max_row("max_pool_ceil", {.window = {3, 2}, .stride = {2, 3}, .padding = {1, 0}, .ceil = true}));
  rows.push_back(max_row("max_pool_dilated", {.window = 2, .stride = 1, .padding = 1, .dilation = {3, 2}}));
  rows.push_back(max_row("max_pool_1d", {.window = 3}));
  rows.push_back(max_row("max_pool_3d", {.window = 2, .stride = {1, 2, 2}, .padding = 1}));
  rows.push_back(unpool_row("max_unpool", {.window = 2}, {}));
  rows.push_back(unpool_row("max_unpool_size", {.window = 3, .padding = 1}, {8, 7}));
  rows.push_back(row("adaptive_max_pool", [](const Tensor& x) { return adaptive_max_pool(x, {3, 4}); }));
  rows.push_back(row("adaptive_max_pool_3d", [](const Tensor& x) { return adaptive_max_pool(x, {2, 5, 1}); }));
  rows.push_back(avg_row("avg_pool", {.window = 3, .stride = 2, .padding = 1}));
  rows.push_back(avg_row("avg_pool_ceil", {.window = {3, 2}, .stride = {2, 3}, .padding = {1, 0}, .ceil = true}));
  rows.push_back(
      avg_row("avg_pool_elements", {.window = 3, .stride = 2, .padding = 1, .ceil = true, .count_padding = false}));
  rows.push_back(avg_row("avg_pool_divisor", {.window = 2, .divisor = 3}));
  rows.push_back(avg_row("avg_pool_1d", {.window = 4, .stride = 3, .padding = 2}));
  rows.push_back(avg_row("avg_pool_3d", {.window = 2, .stride = {1, 2, 2}, .padding = 1}));
  rows.push_back(row("adaptive_avg_pool", [](const Tensor& x) { return adaptive_avg_pool(x, {3, 4}); }));
  rows.push_back(row("adaptive_avg_pool_even", [](const Tensor& x) { return adaptive_avg_pool(x, {3, 2}); }));
  rows.push_back(row("adaptive_avg_pool_3d", [](const Tensor& x) { return adaptive_avg_pool(x, {2, 5, 1}); }));
  rows.push_back(row("lp_pool", [](const Tensor& x) { return lp_pool(x, 2, {.window = 3, .stride = 2}); }));
  rows.push_back(row("lp_pool_1d", [](const Tensor& x) { return lp_pool(x, 4, {.window = 3, .stride = 2}); }));
}

void add_resizes(std::vector<GoldenRow>& rows) {
  struct Mode {
    const char* name;
    ResizeMode mode;
    bool align_corners = false;
  };
  const Mode modes[] = {{"nearest", ResizeMode::kNearest},
                        {"nearest-exact", ResizeMode::kNearestExact},
                        {"bilinear", ResizeMode::kLinear},
                        {"bicubic", ResizeMode::kCubic},
                        {"area", ResizeMode::kArea},
                        {"bilinear_aligned", ResizeMode::kLinear, true},
                        {"bicubic_aligned", ResizeMode::kCubic, true}};
  const std::pair<const char*, std::vector<std::int64_t>> sizes[] = {
      {"_up", {9, 13}}, {"_down", {3, 2}}, {"_mixed", {4, 11}}};
  const auto resize_row = [](const std::string& name, const ResizeOptions& options) {
    return row(name, [options](const Tensor& x) { return resize(x, options); });
  };
  for (const Mode& m : modes) {
    const std::string name = std::string("resize_") + m.name;
    for (const auto& [suffix, size] : sizes)
      rows.push_back(resize_row(name + suffix, {.size = size, .mode = m.mode, .align_corners = m.align_corners}));
    if (m.mode != ResizeMode::kArea)
      rows.push_back(
          resize_row(name + "_scaled", {.scale = {2.5, 0.7}, .mode = m.mode, .align_corners = m.align_corners}));
  }
  rows.push_back(resize_row("resize_linear_1d", {.size = 11, .mode = ResizeMode::kLinear}));
  rows.push_back(resize_row("resize_trilinear", {.size = {5, 3, 8}, .mode = ResizeMode::kLinear}));
  rows.push_back(resize_row("resize_nearest_3d", {.scale = {2}}));
}

void add_paddings(std::vector<GoldenRow>& rows) {
  const std::pair<const char*, PaddingMode> modes[] = {{"pad_reflect", PaddingMode::kReflect},
                                                       {"pad_replicate", PaddingMode::kReplicate},
                                                       {"pad_circular", PaddingMode::kCircular}};
  for (const auto& [name, mode] : modes) {
    rows.push_back(row(name, [mode = mode](const Tensor& x) { return pad(x, {0, 0, 2, 0}, {0, 3, 1, 0}, mode); }));
    rows.push_back(row(std::string(name) + "_1d", [mode = mode](const Tensor& x) {
      return pad(x, {0, 3, 0}, {0, 2, 0}, mode);
    }));
  }
}

void add_rearrangements(std::vector<GoldenRow>& rows) {
  const UnfoldOptions windows{.window = {3, 2}, .stride = {1, 2}, .padding = {1, 0}, .dilation = {2, 1}};
  rows.push_back(row("pixel_shuffle", [](const Tensor& x) { return pixel_shuffle(x, 2); }));
  rows.push_back(row("pixel_unshuffle", [](const Tensor& x) { return pixel_unshuffle(x, 3); }));
  rows.push_back(row("unfold", [=](const Tensor& x) { return unfold(x, windows); }));
  rows.push_back(row("fold", [=](const Tensor& x) { return fold(x, {5, 6}, windows); }));
}

}  // namespace

std::vector<GoldenRow> image_rows() {
  std::vector<GoldenRow> rows;
  add_pools(rows);
  add_resizes(rows);
  add_paddings(rows);
  add_rearrangements(rows);
  return rows;
}

}  // namespace weft::testing
