// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/device/cpu/machine.h"
#include "core/exec/kernel.h"
#include "core/ops/op.h"
#include "kernels/elementwise/tiles/tiles.h"

// Outputs that are large enough to be written past the caches, and operands that are fetched ahead.
namespace weft::testing {
namespace {

constexpr std::int64_t kCount = kernels::kStreamedBytes / 4 + 37;

float value_at(std::int64_t i) { return static_cast<float>(i % 1009) * 0.25f; }

// y = 2 x + 1 and z = y - w; `y_over_x`, `z_over_w`: in place. Neither starts at a cache line's border.
void check(bool y_over_x, bool z_over_w) {
  const Shape shape{kCount};
  auto graph = std::make_shared<ir::Graph>();
  const TensorSpec spec{shape, DType::kF32};
  const ir::Value x = graph->add_input(spec, ir::InputKind::kArgument, "");
  const ir::Value w = graph->add_input(spec, ir::InputKind::kArgument, "");
  ops::Builder build(*graph);
  const auto full = [&](double value) {
    return build.emit("full", {}, {{"shape", ir::Ints{}}, {"dtype", DType::kF32}, {"value", value}});
  };
  const ir::Value y = build.emit("add", {build.emit("multiply", {x, full(2)}), full(1)});
  graph->outputs = {{y, ""}, {build.emit("subtract", {y, w}), ""}};

  std::vector<float> memory[4];
  for (auto& m : memory) m.assign(static_cast<std::size_t>(kCount) + 3, -1.0f);
  for (std::int64_t i = 0; i < kCount; ++i) {
    memory[0][static_cast<std::size_t>(i) + 3] = value_at(i);
    memory[1][static_cast<std::size_t>(i) + 3] = value_at(i + 5);
  }
  const auto view = [&](int k) { return View{memory[k].data() + 3, spec}; };
  const View in[] = {view(0), view(1)}, out[] = {view(y_over_x ? 0 : 2), view(z_over_w ? 1 : 3)};
  const ir::Attributes none;
  const std::string path;
  const TensorSpec specs[] = {spec, spec};
  const ir::Region region{ir::Region::Kind::kElementwise, graph};
  const auto kernel =
      exec::prepare_kernel({ir::OpId::of("pointwise"), none, specs, specs, Device::cpu(), path, region});
  Call call;
  call.inputs = in;
  call.outputs = out;
  kernel.run(call);
  const auto* got_y = static_cast<const float*>(out[0].data);
  const auto* got_z = static_cast<const float*>(out[1].data);
  std::int64_t wrong = 0;
  for (std::int64_t i = 0; i < kCount; ++i) {
    const float expected = 2 * value_at(i) + 1;
    wrong += got_y[i] != expected || got_z[i] != expected - value_at(i + 5);
  }
  EXPECT_EQ(wrong, 0) << y_over_x << z_over_w;
}

TEST(PointwiseLarge, OutputsAreWhole) {
  for (const cpu::Isa isa : cpu::usable_isas()) {
    cpu::use_isa(isa);
    check(false, false);
    check(true, false);
    check(true, true);
  }
  cpu::use_isa(cpu::usable_isas().back());
}

}  // namespace
}  // namespace weft::testing
