// SPDX-License-Identifier: Apache-2.0
// Files of many tensors are near linear: twice the tensors are about twice the work to write, open, list and read them.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/support/files.h"
#include "tests/work/blocks.h"
#include "weft/checkpoint.h"
#include "weft/safetensors.h"
#include "weft/serialize.h"

namespace weft::testing {
namespace {

// A module of n parameters of one element.
struct Many : Module {
  std::vector<Parameter> values;
  explicit Many(int n) : values(static_cast<std::size_t>(n), Parameter()) {
    for (Parameter& value : values) value = Parameter(Tensor::of<float>({1}, {1}));
  }
  Tensor forward(const Tensor& x) const { return x; }
  WEFT_MODULE(values)
};

template <class F>
std::uint64_t work_of(F run) {
  const std::uint64_t before = executed_blocks();
  run();
  return executed_blocks() - before;
}

std::vector<std::pair<std::string, Tensor>> tensors(int n) {
  const Tensor value = Tensor::of<float>({1}, {1});
  std::vector<std::pair<std::string, Tensor>> out;
  for (int i = 0; i < n; ++i) out.emplace_back("layers." + std::to_string(i) + ".weight", value);
  return out;
}

// Work that n log n allows, with a tenth of room: at n = 1000 a factor of 8 in n is one of 10.4.
void expect_near_linear(const std::function<std::uint64_t(int)>& work) {
  constexpr int kFirst = 1000, kTimes = 8;
  work(10);  // work that is done once only
  const std::uint64_t few = work(kFirst), many = work(kTimes * kFirst);
  EXPECT_GT(few, static_cast<std::uint64_t>(kFirst));
  EXPECT_LT(static_cast<double>(many) / static_cast<double>(few), 1.1 * 10.4);
}

TEST(FilesWork, Write) {
  const TemporaryDirectory directory;
  expect_near_linear([&](int n) { return work_of([&] { write_safetensors(directory / "t", tensors(n)); }); });
}

TEST(FilesWork, OpenAndRead) {
  const TemporaryDirectory directory;
  expect_near_linear([&](int n) {
    write_safetensors(directory / "t", tensors(n));
    return work_of([&] {
      const SafetensorsFile file(directory / "t");
      for (const std::string& name : file.names()) static_cast<void>(file.tensor(name));
    });
  });
}

TEST(FilesWork, Load) {
  const TemporaryDirectory directory;
  expect_near_linear([&](int n) {
    Many model(n);
    save(model, directory / "t");
    return work_of([&] { load(model, directory / "t"); });
  });
}

// Half of the tensors are in the file, which is the case where what is missing is compared with what is there.
TEST(FilesWork, LoadWhatIsThere) {
  const TemporaryDirectory directory;
  expect_near_linear([&](int n) {
    Many half(n / 2), whole(n);
    save(half, directory / "t");
    return work_of([&] { load(whole, directory / "t", {.strict = false}); });
  });
}

TEST(FilesWork, Resume) {
  const TemporaryDirectory directory;
  expect_near_linear([&](int n) {
    Many model(n);
    const Checkpoint checkpoint(model);
    checkpoint.save(directory / "t");
    return work_of([&] { checkpoint.resume(directory / "t"); });
  });
}

}  // namespace
}  // namespace weft::testing
