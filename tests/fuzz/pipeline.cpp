// SPDX-License-Identifier: Apache-2.0
// The state of a fitted pipeline, in a safetensors file.
#include "weft/pipeline.h"

#include "tests/fuzz/fuzz.h"
#include "weft/safetensors.h"

using namespace weft;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const testing::MemoryFile file;
  file.fill({data, size});
  testing::accepts([&] {
    const data::Pipeline pipeline = data::Pipeline::load(file.path());
    testing::require(pipeline.width() > 0 && static_cast<std::size_t>(pipeline.width()) == pipeline.names().size());
    testing::require(!pipeline.tensors().empty());
  });
  return 0;
}
