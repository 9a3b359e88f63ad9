// SPDX-License-Identifier: Apache-2.0
// MNIST's four files under every name that is in circulation, and never those of the other part.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "tests/support/files.h"
#include "tests/support/unprivileged.h"
#include "weft/datasets.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

// n images of one pixel, or n labels, all `value`.
std::string images(char n, char value) {
  return std::string{0, 0, 8, 3, 0, 0, 0, n, 0, 0, 0, 1, 0, 0, 0, 1} + std::string(static_cast<std::size_t>(n), value);
}
std::string labels(char n, char value) {
  return std::string{0, 0, 8, 1, 0, 0, 0, n} + std::string(static_cast<std::size_t>(n), value);
}

struct Spelling {
  std::string name;
  char dot;
  bool packed, in_folder;

  friend void PrintTo(const Spelling& spelling, std::ostream* out) { *out << spelling.name; }
};

void put(const fs::path& directory, const Spelling& spelling, const std::string& part, char n, char label) {
  const auto write = [&](const std::string& stem, const std::string& kind, const std::string& bytes) {
    const std::string name = stem + spelling.dot + kind;
    const fs::path folder = spelling.in_folder ? directory / name : directory;
    fs::create_directories(folder);
    write_file(folder / (name + (spelling.packed ? ".gz" : "")), spelling.packed ? gzipped(bytes) : bytes);
  };
  write(part + "-images", "idx3-ubyte", images(n, 0));
  write(part + "-labels", "idx1-ubyte", labels(n, label));
}

class MnistFiles : public ::testing::TestWithParam<Spelling> {};

TEST_P(MnistFiles, AreFound) {
  const TemporaryDirectory directory;
  put(directory.path(), GetParam(), "train", 3, 5);
  put(directory.path(), GetParam(), "t10k", 2, 7);
  EXPECT_EQ(data::mnist(directory.path(), true).column(1).to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{5, 5, 5}));
  EXPECT_EQ(data::mnist(directory.path(), false).column(1).to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{7, 7}));
}

TEST_P(MnistFiles, AreNeverThoseOfTheOtherPart) {
  const TemporaryDirectory directory;
  put(directory.path(), GetParam(), "t10k", 2, 7);
  EXPECT_THAT(message_of<FormatError>([&] { data::mnist(directory.path(), true); }),
              HasSubstr("train-images-idx3-ubyte: there is no such file"));
}

TEST_P(MnistFiles, AreFoundBesideFoldersOfTheirNames) {
  const TemporaryDirectory directory;
  for (const char* name : {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "train-images-idx3-ubyte.gz",
                           "train-images.idx3-ubyte", "train-labels.idx1-ubyte"})
    if (!fs::exists(directory / name)) fs::create_directory(directory / name);
  Spelling spelling = GetParam();
  // A name that a folder has cannot be a file as well.
  if (!spelling.in_folder && !spelling.packed) spelling.in_folder = true;
  if (spelling.packed) fs::remove(directory / "train-images-idx3-ubyte.gz");
  put(directory.path(), spelling, "train", 3, 5);
  EXPECT_EQ(data::mnist(directory.path(), true).size(), 3);
}

INSTANTIATE_TEST_SUITE_P(Spellings, MnistFiles,
                         ::testing::Values(Spelling{"dash", '-', false, false}, Spelling{"dash_gz", '-', true, false},
                                           Spelling{"dot", '.', false, false}, Spelling{"dot_gz", '.', true, false},
                                           Spelling{"dash_in_folder", '-', false, true},
                                           Spelling{"dot_in_folder", '.', false, true},
                                           Spelling{"dash_gz_in_folder", '-', true, true},
                                           Spelling{"dot_gz_in_folder", '.', true, true}),
                         [](const auto& row) { return row.param.name; });

TEST(Mnist, CountsOfImagesAndLabelsAgree) {
  const TemporaryDirectory directory;
  write_file(directory / "train-images-idx3-ubyte", images(3, 0));
  write_file(directory / "train-labels-idx1-ubyte", labels(2, 0));
  EXPECT_THAT(message_of<FormatError>([&] { data::mnist(directory.path(), true); }),
              HasSubstr("train has 3 images and 2 labels; they must be equally many"));
}

TEST(Mnist, WithoutPermissionThatIsSaid) {
  const TemporaryDirectory directory;
  put(directory.path(), {"dash", '-', false, false}, "train", 3, 5);
  ASSERT_EQ(::chmod(directory.path().c_str(), 0600), 0);
  const Unprivileged user;
  if (!user.works()) GTEST_SKIP() << "another user cannot be taken on";
  EXPECT_THAT(message_of<FormatError>([&] { data::mnist(directory.path(), true); }), HasSubstr("Permission denied"));
}

}  // namespace
}  // namespace weft::testing
