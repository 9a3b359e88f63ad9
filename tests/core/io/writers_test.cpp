// SPDX-License-Identifier: Apache-2.0
// Every writer of the library replaces files alike: devices and links stay what they are, and errors name the file.
#include <gmock/gmock.h>

#include <functional>

#include "tests/support/files.h"
#include "weft/weft.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

struct Writer {
  std::string name;
  std::function<void(const fs::path&)> write;

  friend void PrintTo(const Writer& writer, std::ostream* out) { *out << writer.name; }
};

Dataset rows() { return Dataset({Tensor::of<float>({1, 2}, {2, 1}), Tensor::of<float>({1, 2}, {2, 1})}); }

void write_history(const fs::path& path) {
  Linear model(1, 1);
  Trainer trainer(model, MSE(), SGD{.lr = 0.1});
  trainer.fit(rows(), {.batch_size = 2, .callbacks = {callbacks::write_history(path)}, .quiet = true});
}

std::vector<Writer> writers() {
  return {{"replace_file", [](const fs::path& path) { replace_file(path, "new"); }},
          {"write_safetensors",
           [](const fs::path& path) {
             write_safetensors(path, {{"a", Tensor::scalar(1.0f)}});
           }},
          {"write_npy", [](const fs::path& path) { data::write_npy(path, Tensor::scalar(1.0f)); }},
          {"write_npz",
           [](const fs::path& path) {
             data::write_npz(path, {{"a", Tensor::scalar(1.0f)}});
           }},
          {"write_image",
           [](const fs::path& path) {
             write_image(path, zeros({2, 2}));
           }},
          {"save",
           [](const fs::path& path) {
             Linear model(1, 1);
             save(model, path);
           }},
          {"checkpoint",
           [](const fs::path& path) {
             Loader loader(rows());
             Checkpoint(loader).save(path);
           }},
          {"history", write_history}};
}

class Writers : public ::testing::TestWithParam<Writer> {};

TEST_P(Writers, LeaveDevicesAlone) {
  EXPECT_THAT(message_of<FormatError>([&] { GetParam().write("/dev/full"); }),
              HasSubstr("/dev/full: cannot be written: No space left on device"));
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_P(Writers, FollowLinks) {
  const TemporaryDirectory directory;
  write_file(directory / "t", "old");
  fs::create_symlink("t", directory / "link");
  GetParam().write(directory / "link");
  EXPECT_TRUE(fs::is_symlink(directory / "link"));
  EXPECT_NE(read_file(directory / "t"), "old");
}

TEST_P(Writers, RefuseDirectories) {
  const TemporaryDirectory directory;
  EXPECT_THAT(message_of<FormatError>([&] { GetParam().write(directory.path()); }),
              HasSubstr("this is a directory; name a file in it"));
}

INSTANTIATE_TEST_SUITE_P(All, Writers, ::testing::ValuesIn(writers()), [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace weft::testing
