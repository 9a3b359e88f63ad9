# SPDX-License-Identifier: Apache-2.0
# Files that the library carries in itself, as arrays of bytes.
set(weft_digits ${PROJECT_SOURCE_DIR}/core/data/digits.csv.gz)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${weft_digits})
file(READ ${weft_digits} weft_hex HEX)
string(REGEX REPLACE "(..)" "0x\\1," weft_bytes "${weft_hex}")
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/embedded_digits.cpp @ONLY CONTENT
"// Written by cmake/embed.cmake.
#include \"core/data/embedded_digits.h\"

namespace weft::detail {
const unsigned char embedded_digits[] = {@weft_bytes@};
const std::size_t embedded_digits_size = sizeof(embedded_digits);
}  // namespace weft::detail
")
target_sources(weft PRIVATE ${PROJECT_BINARY_DIR}/generated/embedded_digits.cpp)
