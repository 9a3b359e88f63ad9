# SPDX-License-Identifier: Apache-2.0
# The filter through which Doxygen reads the public headers: comments there are plain `//`. A comment stands for what
# follows it up to the next blank line or comment; one behind code stands for that line.

# weft::detail is nobody's interface.
/^namespace detail \{/ { hidden = 1 }
# Members that every reader knows: the defaulted and deleted ones, moves, a base's constructors, remake(), of which
# weft::clone tells, and update(), of which weft::Recipe tells.
/= (default|delete);$/ || /&&\) noexcept;$/ || /^ *using ([A-Za-z]+)::[A-Za-z]+;$/ || / remake\(\) const/ ||
/ static Tensor update\(const Numbers&/ { next }
hidden { line[++lines] = "" }
!hidden { read($0) }
/^}  \/\/ namespace detail/ { hidden = 0 }

# `int rows, columns;  // text` becomes a line for each name.
function read(text, code, comment, names, n, i, type) {
  code = text
  sub(/ *\/\/.*/, "", code)
  comment = substr(text, length(code) + 1)
  if (code !~ /^ *[^,()=]+ [a-z_0-9]+( = [^,;()]*)?(, [a-z_0-9]+( = [^,;()]*)?)+;$/) {
    line[++lines] = text
    return
  }
  sub(/;$/, "", code)
  n = split(code, names, ", ")
  type = names[1]
  sub(/ = .*/, "", type)
  sub(/[a-z_0-9]+$/, "", type)
  line[++lines] = names[1] ";" comment
  for (i = 2; i <= n; ++i) line[++lines] = type names[i] ";" comment
}

function indent(text) { match(text, /^ */); return RLENGTH }
function is_comment(text) { return text ~ /^ *\/\/($|[^\/])/ && text !~ /SPDX-License/ }

# Comments are text: none of their characters is a command of Doxygen's.
function escaped(text) { gsub(/[\\<>#@&$%]/, "\\\\&", text); return text }

# The last line that the comment above line `first` stands for.
function paragraph_end(first, i) {
  for (i = first; i < lines; ++i)
    if (line[i + 1] ~ /^ *$/ || is_comment(line[i + 1]) || indent(line[i + 1]) < indent(line[first])) break
  return i
}

# Declarations that begin on lines first..last; 1 for a type, whose members speak for themselves.
function declarations(first, last, i, n) {
  for (i = first; i <= last; ++i) {
    if (line[i] ~ /^ *(class|struct|enum|namespace|concept|#define|extern)/) return 1
    if (indent(line[i]) == indent(line[first]) && line[i] !~ /^ *([{}]|template|requires)/) ++n
  }
  return n
}

function print_code(text) {
  if (match(text, /[;,{})] *\/\/ /) == 0) print text
  else print substr(text, 1, index(text, "// ") - 1) "///< " escaped(substr(text, index(text, "// ") + 3))
}

END {
  for (i = 1; i <= lines;) {
    if (!is_comment(line[i])) {
      print_code(line[i])
      if (i++ == group) { print "///@}"; group = 0 }
      continue
    }
    for (code = i; is_comment(line[code]); ++code) {}
    documents = code <= lines && line[code] !~ /^ *$/
    last = documents ? paragraph_end(code) : 0
    if (documents && declarations(code, last) > 1) { group = last; print "///@{" }
    for (; i < code; ++i) {
      text = line[i]
      sub(/\/\/ ?/, "", text)
      print (documents ? "///" : "//") " " escaped(text)
    }
  }
}
