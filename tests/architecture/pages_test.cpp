// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/architecture/rules.h"

// The pages name rooms, files and other pages that exist.
namespace weft::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace fs = std::filesystem;

const fs::path& root() {
  static const fs::path path = WEFT_SOURCE_DIR;
  return path;
}

std::string text_of(const fs::path& page) {
  std::ostringstream text;
  text << std::ifstream(page).rdbuf();
  return text.str();
}

// Paths from the repository's root.
std::vector<fs::path> pages() {
  std::vector<fs::path> found = {"README.md", "CONTRIBUTING.md", "CHANGELOG.md"};
  for (const auto& entry : fs::recursive_directory_iterator(root() / "docs"))
    if (entry.path().extension() == ".md") found.push_back(fs::relative(entry.path(), root()));
  return found;
}

std::vector<std::string> matches(const std::string& text, const std::regex& pattern) {
  std::vector<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match)
    found.push_back((*match)[1]);
  return found;
}

// Rooms that have a paragraph of their own, which begins with the room's name in bold.
std::vector<std::string> described_rooms(const std::string& text) {
  return matches(text, std::regex(R"((?:^|\n)\*\*`([a-z/]+)`\*\*: )"));
}

// Targets of links to files; addresses and places within the page are left out.
std::vector<std::string> linked_files(const std::string& text) {
  return matches(text, std::regex(R"(\]\(((?!https?:|#)[^)#\s]+)(?:#[^)]*)?\))"));
}

// Files and folders of the repository in backquotes.
std::vector<std::string> named_paths(const std::string& text) {
  return matches(text, std::regex("`((?:core|kernels|layers|optim|tests|bench|docs|examples|scripts|cmake)/"
                                  "[A-Za-z0-9_./-]*)`"));
}

// A paragraph on "optim" tells of "optim/rules", too.
bool tells_of(const std::string& described, std::string_view room) {
  return room.starts_with(described) && (room.size() == described.size() || room[described.size()] == '/');
}

TEST(Pages, TellOfEveryRoomAndOfNoOther) {
  const std::vector<std::string> described = described_rooms(text_of(root() / "docs/architecture.md"));
  for (const Room& room : rooms())
    EXPECT_TRUE(
        std::any_of(described.begin(), described.end(), [&](const auto& d) { return tells_of(d, room.folder); }))
        << room.folder << " has no paragraph";
  for (const std::string& d : described)
    EXPECT_TRUE(std::any_of(rooms().begin(), rooms().end(), [&](const Room& r) { return tells_of(d, r.folder); }))
        << d << " is no room";
}

TEST(Pages, LinkToFilesThatExist) {
  for (const fs::path& page : pages())
    for (const std::string& file : linked_files(text_of(root() / page)))
      EXPECT_TRUE(fs::exists(root() / page.parent_path() / file)) << page << " links to " << file;
}

// Decisions and the change log name what was; docs/extending names files that its readers are to write.
TEST(Pages, NamePathsThatExist) {
  for (const fs::path& page : pages()) {
    const std::string name = page.string();
    if (name == "CHANGELOG.md" || name.starts_with("docs/decisions/") || name.starts_with("docs/extending/")) continue;
    for (const std::string& path : named_paths(text_of(root() / page)))
      EXPECT_TRUE(fs::exists(root() / path)) << page << " names " << path;
  }
}

TEST(Pages, AreReadAsTheyAreWritten) {
  EXPECT_THAT(described_rooms("**`core/ir`**: a\n\nb **`core/ops`**: c\n**`layers`**: d"),
              ElementsAre("core/ir", "layers"));
  EXPECT_THAT(linked_files("[a](b.md), [c](d/e.md#f), ![g](h.png), [i](https://j), [k](#l)"),
              ElementsAre("b.md", "d/e.md", "h.png"));
  EXPECT_THAT(named_paths("`core/ir/graph.h`, `bench/`, core/exec, `core/<room>/x`, `scripts/test.sh --all`"),
              ElementsAre("core/ir/graph.h", "bench/"));
  EXPECT_THAT(named_paths("`weft/tensor.h`, `kernels/*`"), IsEmpty());
}

}  // namespace
}  // namespace weft::testing
