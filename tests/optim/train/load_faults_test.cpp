// SPDX-License-Identifier: Apache-2.0
// Saved models and checkpoints that cannot be taken as they are: what is refused has changed nothing.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <functional>

#include "tests/core/io/safetensors_files.h"
#include "tests/support/files.h"
#include "tests/support/unprivileged.h"
#include "weft/checkpoint.h"
#include "weft/linear.h"
#include "weft/safetensors.h"
#include "weft/serialize.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;
using Names = std::vector<std::string>;

// A file for Linear(1, 1): the weight 2, and a bias or something else of one byte in I8.
std::string with_i8(const std::string& name) {
  return file_of(R"({"weight":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},")" + name +
                     R"(":{"dtype":"I8","shape":[1],"data_offsets":[4,5]}})",
                 std::string("\0\0\0\x40\7", 5));
}

Linear filled(float value) {
  Linear layer(1, 1);
  layer.weight.assign(Tensor::of<float>({value}, {1, 1}));
  layer.bias.assign(Tensor::of<float>({value}, {1}));
  return layer;
}

TEST(LoadFaults, TypesThatWeftLacksAreLeftOut) {
  const TemporaryDirectory directory;
  write_file(directory / "m", with_i8("quantized"));
  Linear layer = filled(0);
  EXPECT_THAT(message_of<FormatError>([&] { load(layer, directory / "m"); }), HasSubstr("unexpected: quantized"));
  EXPECT_EQ(load(layer, directory / "m", {.strict = false}).unexpected, Names{"quantized"});
  EXPECT_EQ(layer.weight.value().item(), 2);
}

TEST(LoadFaults, TypesThatWeftLacksAreSkipped) {
  const TemporaryDirectory directory;
  write_file(directory / "m", with_i8("bias"));
  Linear layer = filled(0);
  EXPECT_THAT(message_of<DTypeError>([&] { load(layer, directory / "m"); }), HasSubstr("tensor 'bias' is I8(1,)"));
  EXPECT_EQ(layer.weight.value().item(), 0);
  EXPECT_EQ(load(layer, directory / "m", {.skip = {"bias"}}).skipped, Names{"bias"});
  EXPECT_EQ(layer.weight.value().item(), 2);
}

TEST(LoadFaults, PickledModelsAreNamed) {
  const TemporaryDirectory directory;
  write_file(directory / "model.pt", "PK\x03\x04 and so on");
  Linear layer = filled(0);
  EXPECT_THAT(message_of<FormatError>([&] { load(layer, directory / "model.pt"); }),
              HasSubstr("model.pt: this is a zip archive, no safetensors file; if PyTorch wrote it, convert it there"));
}

// Booleans, each of which is known to be one only when it is read.
struct Flags : Module {
  Buffer first{Tensor::of<std::uint8_t>({0}, {1}).to(DType::kBool)};
  Buffer second{Tensor::of<std::uint8_t>({0}, {1}).to(DType::kBool)};
  Tensor forward(const Tensor& x) const { return x; }
  WEFT_MODULE(first, second)
};

// The value of `first` after what `read` makes of a file in which it is 1 and `second` is 2.
int first_after(const std::function<void(Flags&, const std::filesystem::path&)>& write,
                const std::function<void(Flags&, const std::filesystem::path&)>& read) {
  const TemporaryDirectory directory;
  Flags flags;
  write(flags, directory / "t");
  std::string bytes = read_file(directory / "t");
  bytes[bytes.size() - 2] = 1;
  bytes[bytes.size() - 1] = 2;
  write_file(directory / "t", bytes);
  EXPECT_THAT(message_of<FormatError>([&] { read(flags, directory / "t"); }), HasSubstr("a BOOL is neither 0 nor 1"));
  return flags.first.value().to_vector<std::int32_t>()[0];
}

TEST(LoadFaults, WhatCannotBeReadChangesNothing) {
  EXPECT_EQ(first_after([](Flags& flags, const auto& path) { save(flags, path); },
                        [](Flags& flags, const auto& path) { load(flags, path); }),
            0);
}

TEST(ResumeFaults, WhatCannotBeReadChangesNothing) {
  EXPECT_EQ(first_after([](Flags& flags, const auto& path) { Checkpoint(flags).save(path); },
                        [](Flags& flags, const auto& path) { Checkpoint(flags).resume(path); }),
            0);
}

TEST(ResumeFaults, PlacesThatMustNotBeLookedAtAreErrors) {
  const TemporaryDirectory directory;
  Linear layer = filled(1);
  const Checkpoint checkpoint(layer);
  EXPECT_FALSE(checkpoint.resume(directory / "none"));
  EXPECT_THAT(message_of<FormatError>([&] { checkpoint.resume(directory.path()); }), HasSubstr("this is a directory"));
  std::filesystem::create_directory(directory / "d");
  checkpoint.save(directory / "d" / "t");
  ASSERT_EQ(::chmod((directory / "d").c_str(), 0600), 0);
  const Unprivileged user;
  if (!user.works()) GTEST_SKIP() << "another user cannot be taken on";
  EXPECT_THAT(message_of<FormatError>([&] { checkpoint.resume(directory / "d" / "t"); }),
              HasSubstr("cannot be opened: Permission denied"));
}

}  // namespace
}  // namespace weft::testing
