// SPDX-License-Identifier: Apache-2.0
// Precompiled headers let a file compile that does not include what it uses. The reader here takes their place: each
// name of namespace std in a file needs its header in that file, or in a file of the project that it includes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <string>

#include "tests/architecture/includes.h"
#include "tests/architecture/standard_names.h"

namespace weft::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Headers = std::set<std::string, std::less<>>;

// "sort" -> {"algorithm"}.
const std::map<std::string, Headers, std::less<>>& headers_of_names() {
  static const auto table = [] {
    std::map<std::string, Headers, std::less<>> headers;
    for (const StandardHeader& row : standard_headers()) {
      for (std::string_view rest = row.names; !rest.empty();) {
        const std::size_t end = std::min(rest.find(' '), rest.size());
        headers[std::string(rest.substr(0, end))].insert(std::string(row.header));
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
    }
    return headers;
  }();
  return table;
}

// The words that follow `std::` in code.
std::set<std::string> standard_names_in(std::string_view text) {
  const std::string code = code_alone(text);
  const auto in_word = [&](std::size_t i) {
    return i < code.size() && (code[i] == '_' || std::isalnum(static_cast<unsigned char>(code[i])) != 0);
  };
  std::set<std::string> names;
  for (std::size_t at = code.find("std::"); at != std::string::npos; at = code.find("std::", at + 1)) {
    if (at > 0 && in_word(at - 1)) continue;
    std::size_t end = at + 5;
    while (in_word(end)) ++end;
    names.insert(code.substr(at + 5, end - at - 5));
  }
  return names;
}

// Files by the names under which they can be included: their path, and for public headers "weft/name.h".
class Repository {
 public:
  explicit Repository(const std::vector<SourceFile>& files) {
    for (const SourceFile& file : files) {
      files_[file.path] = &file;
      if (is_public(file.path)) files_[file.path.substr(file.path.find("/include/weft/") + 9)] = &file;
    }
  }

  // One message per name whose header neither the file nor what it includes of the project includes.
  std::vector<std::string> violations(const SourceFile& file) const {
    Headers included;
    std::set<const SourceFile*> seen;
    collect(file, seen, included);
    std::vector<std::string> messages;
    for (const std::string& name : standard_names_in(file.text)) {
      const auto headers = headers_of_names().find(name);
      if (headers == headers_of_names().end()) continue;
      bool found = false;
      for (const std::string& header : headers->second) found = found || included.contains(header);
      if (!found) messages.push_back(file.path + ": std::" + name + " needs <" + *headers->second.begin() + ">");
    }
    return messages;
  }

 private:
  void collect(const SourceFile& file, std::set<const SourceFile*>& seen, Headers& included) const {
    if (!seen.insert(&file).second) return;
    for (const Include& include : includes_of(file.text)) {
      if (!include.quoted) {
        included.insert(include.target);
      } else if (const SourceFile* next = find(include.target, file)) {
        collect(*next, seen, included);
      }
    }
  }

  // From the root, beside the file, or in the emulator's folders.
  const SourceFile* find(const std::string& target, const SourceFile& from) const {
    for (const std::string& folder : {std::string(), from.path.substr(0, from.path.rfind('/') + 1),
                                      std::string("tests/emulator/include/"), std::string("tests/emulator/src/")}) {
      const auto found = files_.find(folder + target);
      if (found != files_.end()) return found->second;
    }
    return nullptr;
  }

  std::map<std::string, const SourceFile*> files_;
};

std::vector<std::string> violations(std::string text) {
  static const std::vector<SourceFile> others = {
      {"core/x/include/weft/x.h", "#include <vector>\n#include \"core/x/y.h\"\n"}, {"core/x/y.h", "#include <set>\n"}};
  return Repository(others).violations({"core/z.cpp", std::move(text)});
}

TEST(StandardIncludes, AreInEveryFileThatUsesThem) {
  ASSERT_GT(repository_files().size(), 400u);
  const Repository repository(repository_files());
  for (const SourceFile& file : repository_files())
    for (const std::string& violation : repository.violations(file)) ADD_FAILURE() << violation;
}

TEST(StandardIncludes, ThatAreMissingAreFound) {
  EXPECT_THAT(violations("std::vector<int> f();\n"), ElementsAre("core/z.cpp: std::vector needs <vector>"));
  EXPECT_THAT(violations("#include <vector>\nint n = std::max(1, 2);\n"),
              ElementsAre("core/z.cpp: std::max needs <algorithm>"));
}

TEST(StandardIncludes, MayComeWithHeadersOfTheProject) {
  EXPECT_THAT(violations("#include \"weft/x.h\"\nstd::vector<std::set<int>> f();\n"), IsEmpty());
}

TEST(StandardIncludes, AreNotAskedForWordsInTextAndComments) {
  EXPECT_THAT(violations("// std::vector\nconst char* a = \"std::vector\"; const char* b = R\"(\"std::map)\";\n"),
              IsEmpty());
  EXPECT_THAT(violations("int n = mystd::vector;\n"), IsEmpty());
}

}  // namespace
}  // namespace weft::testing
