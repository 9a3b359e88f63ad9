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

# The headers that kernels compiled at run time include, under the names by which the library includes them. NVRTC has
# no standard library, of which they need the integer types alone, and does not know __is_same.
if(NOT weft_cuda STREQUAL "OFF")
  set(weft_texts weft/fn.h=core/scalar/include/weft/fn.h weft/cuda_kernel.h=core/device/include/weft/cuda_kernel.h)
  foreach(name annotate binary convert elementwise half math philox select ternary unary)
    list(APPEND weft_texts core/scalar/${name}.h=core/scalar/${name}.h)
  endforeach()
  foreach(name geometry interpreter program)
    list(APPEND weft_texts core/program/${name}.h=core/program/${name}.h)
  endforeach()
  foreach(name cuda/operands.h cuda/threads.cuh cuda/kernels.cuh cuda/reduce.cuh)
    list(APPEND weft_texts kernels/elementwise/${name}=kernels/elementwise/${name})
  endforeach()
  set(weft_arrays "")
  set(weft_rows "    {\"cuda_runtime.h\", \"\"},
    {\"cstdint\", \"#pragma once\\nnamespace std { using uint8_t = unsigned char; using uint32_t = unsigned; using int64_t = long; }\\n\"
                \"template <class A, class B> inline constexpr bool weft_same = false;\\n\"
                \"template <class A> inline constexpr bool weft_same<A, A> = true;\\n\"
                \"#define __is_same(A, B) weft_same<A, B>\\n\"},\n")
  set(weft_number 0)
  foreach(text IN LISTS weft_texts)
    string(REGEX REPLACE "=.*" "" weft_name ${text})
    string(REGEX REPLACE ".*=" "" weft_file ${text})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${weft_file})
    file(READ ${PROJECT_SOURCE_DIR}/${weft_file} weft_hex HEX)
    string(REGEX REPLACE "(..)" "0x\\1," weft_bytes "${weft_hex}")
    string(APPEND weft_arrays "const char text_${weft_number}[] = {${weft_bytes}0};\n")
    string(APPEND weft_rows "    {\"${weft_name}\", text_${weft_number}},\n")
    math(EXPR weft_number "${weft_number} + 1")
  endforeach()
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/device_texts.cpp @ONLY CONTENT
"// Written by cmake/embed.cmake.
#include \"kernels/jit/device_texts.h\"

namespace weft::kernels {
namespace {
@weft_arrays@
const DeviceText texts[] = {
@weft_rows@};
}  // namespace

std::span<const DeviceText> device_texts() { return texts; }
}  // namespace weft::kernels
")
  target_sources(weft PRIVATE ${PROJECT_BINARY_DIR}/generated/device_texts.cpp)
endif()
