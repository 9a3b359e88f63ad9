// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

// docs/gallery.md shows every example, by commands whose programs exist, and every picture.
namespace weft::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace fs = std::filesystem;
using Names = std::set<std::string>;

constexpr std::uintmax_t kLargestPicture = 60'000;  // bytes

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

Names matches(const std::string& text, const std::regex& pattern) {
  Names found;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match)
    found.insert((*match)[1]);
  return found;
}

// Programs of commands such as "build/cpu-only/examples/die --seed 3".
Names commanded_programs(const std::string& page) {
  return matches(page, std::regex(R"((?:^|\n)build/[a-z-]+/examples/([a-z_0-9]+))"));
}

Names shown_pictures(const std::string& page) {
  return matches(page, std::regex(R"(!\[[^\]]+\]\(pictures/([^)]+)\))"));
}

// Programs of the files and folders of examples/: those with a main(), without the makers of their data.
Names programs_in(const fs::path& examples) {
  Names found;
  for (const auto& entry : fs::recursive_directory_iterator(examples)) {
    const std::string stem = entry.path().stem().string();
    if (entry.path().extension() == ".cpp" && !stem.ends_with("_table") &&
        text_of(entry.path()).find("int main(") != std::string::npos)
      found.insert(stem);
  }
  return found;
}

Names files_in(const fs::path& folder) {
  Names found;
  for (const auto& entry : fs::directory_iterator(folder)) found.insert(entry.path().filename().string());
  return found;
}

const fs::path& root() {
  static const fs::path path = WEFT_SOURCE_DIR;
  return path;
}

TEST(Gallery, CommandsEveryExampleAndNothingElse) {
  EXPECT_EQ(commanded_programs(text_of(root() / "docs/gallery.md")), programs_in(root() / "examples"));
}

TEST(Gallery, ShowsEveryPictureAndNoOther) {
  EXPECT_EQ(shown_pictures(text_of(root() / "docs/gallery.md")), files_in(root() / "docs/pictures"));
}

TEST(Gallery, HasSmallPictures) {
  for (const auto& picture : fs::directory_iterator(root() / "docs/pictures"))
    EXPECT_LE(picture.file_size(), kLargestPicture) << picture.path();
}

TEST(Gallery, IsReadAsItIsWritten) {
  EXPECT_THAT(commanded_programs("```sh\nbuild/cpu-only/examples/die 3 cpu\nbuild/release/examples/pinn\n```"),
              ElementsAre("die", "pinn"));
  EXPECT_THAT(commanded_programs("the program build/cpu-only/examples/die"), IsEmpty());
  EXPECT_THAT(shown_pictures("![A die](pictures/die.svg) and [none](pictures/x.svg), ![y](y.svg)"),
              ElementsAre("die.svg"));
}

}  // namespace
}  // namespace weft::testing
