// SPDX-License-Identifier: Apache-2.0
// Tests run beside one another, once per device and once per build. A file of one name in the system's temporary folder
// is then written by several at once: TemporaryDirectory gives each test a folder of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/architecture/includes.h"

namespace weft::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Files that use googletest and name the temporary folder.
std::vector<std::string> sharers(const std::vector<SourceFile>& files) {
  std::vector<std::string> paths;
  for (const SourceFile& file : files) {
    const std::string code = code_alone(file.text);
    bool is_test = false;
    for (const Include& include : includes_of(file.text)) is_test = is_test || include.target == "gtest/gtest.h";
    if (is_test && (code.find("temp_directory_path") != std::string::npos || code.find("TempDir") != std::string::npos))
      paths.push_back(file.path);
  }
  return paths;
}

TEST(TemporaryFiles, LieInFoldersOfOneTest) {
  EXPECT_THAT(sharers(repository_files()), ElementsAre("tests/support/files.h"));
}

TEST(TemporaryFiles, ThatAreSharedAreFound) {
  const std::string test = "#include <gtest/gtest.h>\n";
  EXPECT_THAT(sharers({{"a.cpp", test + "auto p = std::filesystem::temp_directory_path();\n"}}), ElementsAre("a.cpp"));
  EXPECT_THAT(sharers({{"b.cpp", test + "auto p = ::testing::TempDir();\n"}, {"c.cpp", "temp_directory_path();\n"}}),
              ElementsAre("b.cpp"));
  EXPECT_THAT(sharers({{"d.cpp", test + "const TemporaryDirectory directory;\n"}}), IsEmpty());
}

}  // namespace
}  // namespace weft::testing
