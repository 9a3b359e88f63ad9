// SPDX-License-Identifier: Apache-2.0
// Checkpoints, those of trainers and saved models: a file that is refused has changed nothing.
#include "weft/checkpoint.h"

#include "tests/fuzz/fuzz.h"
#include "weft/device.h"
#include "weft/functional.h"
#include "weft/layers.h"
#include "weft/serialize.h"
#include "weft/trainer.h"

using namespace weft;

namespace {

struct Things {
  Linear model{2, 1};
  Loader loader{Dataset({Tensor::of<float>({1, 2}, {2, 1}), Tensor::of<float>({1, 2}, {2, 1})})};
  testing::MemoryFile file;

  Things() {
    for (const StateEntry& entry : model.state_dict()) entry.variable.initialize(1);
  }
  std::vector<float> values() {
    std::vector<float> out{static_cast<float>(loader.epoch())};
    for (const StateEntry& entry : model.state_dict())
      for (const float x : entry.variable.value().to_vector()) out.push_back(x);
    return out;
  }
};

// Equal as bits: an input may hold nan.
bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return testing::text_of({reinterpret_cast<const std::uint8_t*>(a.data()), a.size() * sizeof(float)}) ==
         testing::text_of({reinterpret_cast<const std::uint8_t*>(b.data()), b.size() * sizeof(float)});
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const DeviceScope cpu(Device::cpu());
  static Things things;
  things.file.fill({data, size});
  std::vector<float> before = things.values();
  const Checkpoint checkpoint(things.model, things.loader);
  if (!testing::accepts([&] { testing::require(checkpoint.resume(things.file.path())); }))
    testing::require(same(before, things.values()));
  before = things.values();
  static Trainer trainer(things.model, MSE(), SGD{}, {.device = Device::cpu()});
  if (!testing::accepts([&] { trainer.resume(things.file.path()); })) testing::require(same(before, things.values()));
  before = things.values();
  if (!testing::accepts([&] { load(things.model, things.file.path(), {.strict = false}); }))
    testing::require(same(before, things.values()));
  return 0;
}
