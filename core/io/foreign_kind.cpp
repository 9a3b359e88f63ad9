// SPDX-License-Identifier: Apache-2.0
#include "core/io/foreign_kind.h"

namespace weft::detail {
namespace {

struct Mark {
  std::string_view bytes;
  ForeignKind kind;
};

using namespace std::string_view_literals;

constexpr Mark kMarks[] = {
    {"PK\x03\x04"sv, {"a zip archive", true}},
    {"PK\x05\x06"sv, {"an empty zip archive", false}},
    {"\x80\x02"sv, {"a Python pickle", true}},
    {"\x80\x03"sv, {"a Python pickle", true}},
    {"\x80\x04"sv, {"a Python pickle", true}},
    {"\x80\x05"sv, {"a Python pickle", true}},
    {"\x1f\x8b"sv, {"a gzip file", false}},
    {"BZh91AY&SY"sv, {"a bzip2 file", false}},
    {"\xfd"
     "7zXZ\0"sv,
     {"an xz file", false}},
    {"\x28\xb5\x2f\xfd"sv, {"a zstd file", false}},
    {"7z\xbc\xaf\x27\x1c"sv, {"a 7-Zip archive", false}},
    {"\x89HDF\r\n\x1a\n"sv, {"an HDF5 file", false}},
    {"\x93NUMPY"sv, {"a NumPy array", false}},
    {"GGUF\x02\0"sv, {"a GGUF file", false}},
    {"GGUF\x03\0"sv, {"a GGUF file", false}},
    {"PAR1\x15"sv, {"a Parquet file", false}},
    {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, {"an old Excel file", false}},
};

}  // namespace

std::optional<ForeignKind> foreign_kind(std::string_view begin) {
  for (const Mark& mark : kMarks)
    if (begin.starts_with(mark.bytes)) return mark.kind;
  return std::nullopt;
}

}  // namespace weft::detail
