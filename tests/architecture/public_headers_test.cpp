// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>

#include "tests/architecture/rules.h"

namespace weft::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Lines that an umbrella may hold beyond what the umbrellas below it hold.
constexpr int kUmbrellaLines = 1500, kCoreLines = 2500;

// The two headers for those who write kernels.
bool is_for_cuda(const std::string& name) { return name == "weft/cuda.h" || name == "weft/cuda_kernel.h"; }

// "weft/tensor.h" -> the file.
std::map<std::string, const SourceFile*> public_headers() {
  std::map<std::string, const SourceFile*> headers;
  for (const SourceFile& file : library_files())
    if (is_public(file.path)) headers[file.path.substr(file.path.find("/include/") + 9)] = &file;
  return headers;
}

// Compiles a file that holds nothing but `code`; true if that goes without an error or warning. The emulated runtime
// stands in for CUDA, so that the headers for kernels compile on every machine.
bool compiles(const std::string& code) {
  const std::string root = WEFT_SOURCE_DIR;
  std::set<std::string> folders = {root + "/tests/emulator/include"};
  for (const auto& [name, file] : public_headers())
    folders.insert(root + "/" + file->path.substr(0, file->path.find("/weft/")));
  std::string command = "printf '%s\\n' '" + code +
                        "' | \"" WEFT_CXX_COMPILER
                        "\" -std=c++20 -Wall -Wextra -Werror -fsyntax-only -DWEFT_CUDA_EMULATED=1";
  for (const std::string& folder : folders) command += " \"-I" + folder + "\"";
  return std::system((command + " -x c++ - 2>&1").c_str()) == 0;
}

// Adds the lines of `name` and of all that it includes.
void close_over(const std::string& name, std::map<std::string, std::int64_t>& lines) {
  const auto headers = public_headers();
  const auto header = headers.find(name);
  if (header == headers.end() || lines.contains(name)) return;
  const std::string& text = header->second->text;
  lines[name] = std::count(text.begin(), text.end(), '\n');
  for (const Include& include : includes_of(text)) close_over(include.target, lines);
}

TEST(PublicHeaders, CompileAlone) {
  for (const auto& [name, file] : public_headers()) EXPECT_TRUE(compiles("#include \"" + name + "\"")) << file->path;
}

TEST(PublicHeaders, ThatDoNotCompileAreFound) {
  EXPECT_TRUE(compiles("#include <vector>\nstd::vector<int> numbers();"));
  EXPECT_FALSE(compiles("std::vector<int> numbers();"));
}

TEST(PublicHeaders, HoldNoCudaAndNoThirdParty) {
  for (const auto& [name, file] : public_headers()) {
    if (is_for_cuda(name)) continue;
    for (const std::string& word : cuda_words(*file)) ADD_FAILURE() << word;
    for (const Include& include : includes_of(file->text)) {
      EXPECT_TRUE(include.quoted || include.target.find_first_of("./") == std::string::npos)
          << file->path << ":" << include.line << ": <" << include.target << ">";
      EXPECT_FALSE(is_for_cuda(include.target)) << file->path << ":" << include.line << ": includes CUDA";
    }
  }
}

TEST(PublicHeaders, WordsOfCudaAreFound) {
  EXPECT_THAT(cuda_words({"layers/layer/include/weft/x.h", "// cudaStream_t\n\nvoid f(cudaStream_t stream);\n"}),
              ElementsAre("layers/layer/include/weft/x.h:3: cudaStream_t: a public header holds no CUDA"));
  EXPECT_THAT(cuda_words({"x.h", "__global__ void f();\n"}), ElementsAre(HasSubstr("__global__")));
  EXPECT_THAT(cuda_words({"x.h", "void* cuda_stream();\n"}), IsEmpty());
}

TEST(PublicHeaders, LetNoResultBeDiscarded) {
  for (const auto& [name, file] : public_headers())
    for (const std::string& message : discardable_results(*file)) ADD_FAILURE() << message;
}

TEST(PublicHeaders, ResultsThatMayBeDiscardedAreFound) {
  const auto found = [](const std::string& text) { return discardable_results({"x.h", text}); };
  EXPECT_THAT(found("struct A {\n  static Tensor of(int x);\n};\n"),
              ElementsAre("x.h:2: of: its result is [[nodiscard]]"));
  EXPECT_THAT(found("std::pair<Tensor, Tensor> sort(const Tensor& x);\n"), ElementsAre(HasSubstr("sort")));
  EXPECT_THAT(found("#define F(name) Tensor name(const Tensor& x);\n"), ElementsAre(HasSubstr("name")));
  EXPECT_THAT(found("Tensor operator-(const Tensor& x);\n"), ElementsAre(HasSubstr("operator-")));
  EXPECT_THAT(found("[[nodiscard]] Tensor f(int x);\nTensor forward(Tensor x) const;\nTensor operator()(Tensor x);\n"
                    "Tensor& operator+=(const Tensor& x);\nTensor value;\n// Tensor f(int x);\n"),
              IsEmpty());
}

TEST(PublicHeaders, HaveNamesOfTheirOwn) {
  const auto count = std::count_if(library_files().begin(), library_files().end(),
                                   [](const SourceFile& file) { return is_public(file.path); });
  EXPECT_EQ(static_cast<std::size_t>(count), public_headers().size());
}

TEST(Umbrellas, HoldEveryPublicHeaderAndStaySmall) {
  std::map<std::string, std::int64_t> below;
  for (const std::string_view umbrella : umbrellas()) {
    std::map<std::string, std::int64_t> lines = below;
    close_over(std::string(umbrella), lines);
    std::int64_t own = 0;
    for (const auto& [name, count] : lines) own += below.contains(name) ? 0 : count;
    EXPECT_LT(own, umbrella == "weft/core.h" ? kCoreLines : kUmbrellaLines) << umbrella;
    EXPECT_GT(own, 20) << umbrella;
    below = std::move(lines);
  }
  close_over("weft/plot.h", below);  // a room of one header needs no umbrella
  std::map<std::string, std::int64_t> all;
  close_over("weft/weft.h", all);
  EXPECT_EQ(all.size(), below.size() + 1);
  for (const auto& [name, file] : public_headers()) {
    if (name.starts_with("weft/detail/")) continue;  // for layers, optim and templates
    EXPECT_EQ(all.contains(name), !is_for_cuda(name)) << name << " and the umbrellas";
  }
}

}  // namespace
}  // namespace weft::testing
