# SPDX-License-Identifier: Apache-2.0
# Makes a test program of the ```cpp blocks of Markdown pages: awk -f examples.awk NEEDS PAGE... > examples.cpp
# A block with `int main() {` is a whole program; any other is the body of a function. A line before the block says what
# that function needs, in names that the file NEEDS explains: <!-- example: needs model, loader -->
# A block behind a line <!-- prints --> is what the block before it prints, exactly. <!-- example: not compiled --> leaves
# a block out.

FNR == 1 { inside = ""; request = ""; prints = 0 }

NR == FNR {  # the file NEEDS: "name: statement"
  if (match($0, /^[a-z_]+: /)) statement[substr($0, 1, RLENGTH - 2)] = substr($0, RLENGTH + 1)
  next
}

/^<!-- example: .* -->$/ { request = $0; gsub(/^<!-- example: | -->$/, "", request); next }
/^<!-- prints -->$/ { prints = 1; next }

/^```/ && inside == "" {
  inside = $0 == "```cpp" && request != "not compiled" ? "code" : prints ? "output" : "other"
  if (inside == "code") {
    ++blocks
    name[blocks] = FILENAME
    gsub(/.*\/|\.md$/, "", name[blocks])
    gsub(/[^A-Za-z0-9]/, "_", name[blocks])
    name[blocks] = name[blocks] "_" ++of_page[FILENAME]
    place[blocks] = "#line " (FNR + 1) " \"" FILENAME "\"\n"
    needs[blocks] = request
  }
  if (inside == "output") expected[blocks] = ""
  request = ""
  prints = 0
  next
}
/^```/ { inside = ""; next }

inside == "code" {
  if ($0 ~ /^#include/) {
    includes = includes $0 "\n"
    code[blocks] = code[blocks] "\n"
  } else {
    if ($0 == "int main() {") { program[blocks] = 1; $0 = "void example() {" }
    code[blocks] = code[blocks] $0 "\n"
  }
}
inside == "output" { expected[blocks] = expected[blocks] $0 "\n" }

END {
  print "// Written by tests/docs/examples.awk.\n#include <gtest/gtest.h>\n#include <weft/weft.h>\n\n#include <cstdio>\n" includes
  for (i = 1; i <= blocks; ++i) {
    print "namespace " name[i] " {"
    if (!program[i]) print "void example() {"
    if (sub(/^needs /, "", needs[i])) {
      n = split(needs[i], names, ", ")
      for (k = 1; k <= n; ++k) {
        if (!(names[k] in statement)) { print "examples.awk: nothing is known of " names[k] >"/dev/stderr"; exit 1 }
        print "  " statement[names[k]]
      }
    }
    printf "%s%s", place[i], code[i]
    if (!program[i]) print "}"
    print "}\n"
    if (!(i in expected)) continue
    print "TEST(Docs, " name[i] ") {\n  ::testing::internal::CaptureStdout();\n  " name[i] "::example();"
    print "  EXPECT_EQ(::testing::internal::GetCapturedStdout(), R\"weft(" expected[i] ")weft\");\n}\n"
  }
}
