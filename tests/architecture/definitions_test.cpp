// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <regex>
#include <set>

#include "tests/architecture/includes.h"

namespace weft::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string stem_of(const std::string& path) { return std::filesystem::path(path).stem().string(); }

std::string room_of(const std::string& path) { return path.substr(0, path.find('/')); }

bool is_header(const std::string& path) { return path.ends_with(".h") || path.ends_with(".cuh"); }

std::set<std::string> matches(const std::string& text, const std::regex& pattern) {
  std::set<std::string> found;
  for (auto m = std::sregex_iterator(text.begin(), text.end(), pattern); m != std::sregex_iterator(); ++m)
    found.insert((*m)[1].str());
  return found;
}

// "file: Class of header" for each file that defines members of a class declared in another stem's header.
std::vector<std::string> strays(const std::vector<SourceFile>& files) {
  static const std::regex kClass("(?:^|\n)(?:class|struct)\\s+(\\w+)\\s*(?:final\\s*)?[:{]");
  // At the start of a line: "Result Class::member(", "Class::Class(", "Class::~Class(".
  static const std::regex kMember("(?:^|\n)(?:[\\w:<>,&*][\\w:<>,&* ]* [&*]?)?(\\w+)::~?\\w+\\(");
  std::map<std::pair<std::string, std::string>, std::vector<std::string>>
      headers;  // (room, class) -> headers that declare the class
  for (const SourceFile& file : files)
    if (is_header(file.path))
      for (const std::string& name : matches(code_alone(file.text), kClass))
        headers[{room_of(file.path), name}].push_back(file.path);
  std::vector<std::string> found;
  for (const SourceFile& file : files) {
    if (is_header(file.path)) continue;
    const std::string code = code_alone(file.text), stem = stem_of(file.path);
    const std::set<std::string> own = matches(code, kClass);
    for (const std::string& name : matches(code, kMember)) {
      const auto declared = headers.find({room_of(file.path), name});
      if (own.contains(name) || declared == headers.end()) continue;
      bool home = false;
      for (const std::string& header : declared->second)
        home = home || stem == stem_of(header) || stem.starts_with(stem_of(header) + "_");
      if (!home) found.push_back(file.path + ": " + name + " of " + declared->second[0]);
    }
  }
  return found;
}

TEST(Definitions, OfAClassStandInFilesOfItsHeadersName) { EXPECT_THAT(strays(library_files()), IsEmpty()); }

TEST(Definitions, ElsewhereAreFound) {
  const SourceFile header{"core/exec/box.h",
                          "namespace weft {\nclass Box {\n  int size() const;\n};\nstruct Lid : Box {};\n}\n"};
  EXPECT_THAT(strays({header, {"core/exec/box.cpp", "int Box::size() const { return 1; }\n"}}), IsEmpty());
  EXPECT_THAT(strays({header, {"core/exec/box_size.cpp", "\nint Box::size() const { return 1; }\n"}}), IsEmpty());
  EXPECT_THAT(
      strays({header, {"core/exec/chest.cpp", "std::vector<int> Box::size(int) {}\nBox::Box() {}\nLid::~Lid() {}\n"}}),
      ElementsAre("core/exec/chest.cpp: Box of core/exec/box.h", "core/exec/chest.cpp: Lid of core/exec/box.h"));
  // A class of the file's own, a call, and another room's class of the same name.
  EXPECT_THAT(strays({header, {"core/exec/chest.cpp", "class Box {\n};\nBox::Box() {}\n"}}), IsEmpty());
  EXPECT_THAT(strays({header, {"core/exec/chest.cpp", "  return Box::make(1);\n"}}), IsEmpty());
  EXPECT_THAT(strays({header, {"kernels/box/chest.cpp", "Box::Box() {}\n"}}), IsEmpty());
}

}  // namespace
}  // namespace weft::testing
