// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/architecture/rules.h"

namespace weft::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<SourceFile>& small_library() {
  static const std::vector<SourceFile> files = {
      {"core/base/check.h", ""},
      {"core/base/include/weft/shape.h", ""},
      {"core/ir/graph.h", ""},
      {"core/array/array.h", ""},
      {"core/api/trace/tracer.h", ""},
      {"core/api/include/weft/tensor.h", ""},
      {"kernels/reduce/reduce.h", ""},
      {"layers/module/include/weft/module.h", ""},
      {"optim/train/include/weft/weft.h", ""},
  };
  return files;
}

std::vector<std::string> arrows(std::string path, std::string text) {
  return arrow_violations({std::move(path), std::move(text)}, small_library());
}

TEST(Includes, AreReadWithTheirLines) {
  const auto found = includes_of(
      "// #include \"a.h\"\n/*\n#include <b>\n*/ const char* s = \"//\";\n  #  include <c>\n#include \"d/e.h\"  // f\n"
      "const int n = 1'000;  // '\n#include <g.h>\n");
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].target, "c");
  EXPECT_EQ(found[0].line, 5);
  EXPECT_FALSE(found[0].quoted);
  EXPECT_EQ(found[1].target, "d/e.h");
  EXPECT_TRUE(found[1].quoted);
  EXPECT_EQ(found[2].line, 8);
}

TEST(Arrows, OfTheLibraryPointDown) {
  ASSERT_GT(library_files().size(), 100u);
  for (const SourceFile& file : library_files())
    for (const std::string& violation : arrow_violations(file, library_files())) ADD_FAILURE() << violation;
}

TEST(Arrows, OfTheTableHaveNoCycle) {
  for (std::size_t i = 0; i < rooms().size(); ++i) {
    for (const std::string_view below : rooms()[i].may_include) {
      const auto row = std::find_if(rooms().begin(), rooms().end(), [&](const Room& r) { return r.folder == below; });
      EXPECT_LT(row - rooms().begin(), static_cast<std::ptrdiff_t>(i)) << rooms()[i].folder << " -> " << below;
    }
  }
}

TEST(Arrows, BetweenNeighboringFoldersHaveNoCycle) {
  std::set<std::string> parents;
  for (const SourceFile& file : library_files())
    for (std::size_t slash = file.path.find('/'); slash != file.path.npos; slash = file.path.find('/', slash + 1))
      parents.insert(file.path.substr(0, slash));
  ASSERT_GT(parents.size(), 20u);
  for (const std::string& parent : parents) EXPECT_THAT(cyclic_arrows(folders_in(parent, library_files())), IsEmpty());
}

TEST(Tests, StandInOneNamespaceAndHaveNamesOfTheirOwn) {
  std::map<std::string, std::string> path_of;
  for (const SourceFile& file : repository_files()) {
    if (!file.path.starts_with("tests/") || file.path.starts_with("tests/emulator/")) continue;
    const std::string name = file.path.substr(file.path.rfind('/') + 1);
    const auto [known, fresh] = path_of.emplace(name, file.path);
    EXPECT_TRUE(fresh) << file.path << " and " << known->second << " have the same name";
    const bool inside = file.text.find("\nnamespace weft::testing {\n") != file.text.npos;
    EXPECT_TRUE(inside || file.text.find("\nnamespace weft") == file.text.npos) << file.path;
  }
  EXPECT_GT(path_of.size(), 100u);
}

TEST(Arrows, OfACycleBetweenFoldersAreFound) {
  const std::vector<SourceFile> files = {{"room/a/x.h", "#include \"room/b/y.h\"\n"},
                                         {"room/b/y.h", ""},
                                         {"room/b/y.cpp", "#include \"room/c/z.h\"\n"},
                                         {"room/c/z.h", "#include \"room/a/x.h\"\n#include \"room/d/w.h\"\n"},
                                         {"room/d/w.h", ""}};
  EXPECT_THAT(cyclic_arrows(folders_in("room", files)),
              ElementsAre("room/a -> room/b", "room/b -> room/c", "room/c -> room/a"));
}

TEST(Arrows, UpwardAreFound) {
  EXPECT_THAT(arrows("core/base/check.cpp", "\n#include \"core/ir/graph.h\"\n"),
              ElementsAre("core/base/check.cpp:2: \"core/ir/graph.h\": core/base may include nothing, not core/ir"));
  EXPECT_THAT(arrows("core/ir/graph.cpp", "#include \"weft/tensor.h\"\n"),
              ElementsAre(HasSubstr("core/ir may include core/base, not core/api")));
  EXPECT_THAT(arrows("core/exec/list.cpp", "#include \"kernels/reduce/reduce.h\"\n"),
              ElementsAre(HasSubstr("not kernels")));
}

TEST(Arrows, ToInternalsOfTheCoreAreFound) {
  EXPECT_THAT(arrows("layers/module/module.cpp", "#include \"core/api/trace/tracer.h\"\n"),
              ElementsAre(HasSubstr("layers/module may include the public headers of core/api only")));
  EXPECT_THAT(arrows("core/api/include/weft/tensor.h", "#include \"core/base/check.h\"\n"),
              ElementsAre(HasSubstr("a public header includes public headers only")));
}

TEST(Arrows, ToTheUmbrellaOrToNoFileAreFound) {
  EXPECT_THAT(arrows("optim/train/trainer.cpp", "#include \"weft/weft.h\"\n"), ElementsAre(HasSubstr("its umbrella")));
  EXPECT_THAT(arrows("core/ir/graph.cpp", "#include \"graph.h\"\n"), ElementsAre(HasSubstr("repository root")));
  EXPECT_THAT(arrows("core/new_room/x.cpp", ""), ElementsAre(HasSubstr("no room")));
}

TEST(Arrows, DownwardAreAllowed) {
  EXPECT_THAT(arrows("core/ir/graph.cpp", "#include \"core/ir/graph.h\"\n#include \"core/base/check.h\"\n"), IsEmpty());
  EXPECT_THAT(arrows("layers/layer/linear.cpp", "#include \"weft/module.h\"\n#include \"weft/tensor.h\"\n"), IsEmpty());
  EXPECT_THAT(arrows("core/ir/graph.h", "// #include \"weft/tensor.h\"\n"), IsEmpty());
}

}  // namespace
}  // namespace weft::testing
