# SPDX-License-Identifier: Apache-2.0
option(WEFT_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(WEFT_BUILD_EXAMPLES "Build the example programs" ${PROJECT_IS_TOP_LEVEL})
option(WEFT_BUILD_BENCH "Build the benchmarks" OFF)
option(WEFT_WERROR "Warnings are errors" OFF)
set(WEFT_CUDA AUTO CACHE STRING "ON, OFF, AUTO (ON where nvcc is found) or EMULATED (kernels run on the host, for tests)")
set_property(CACHE WEFT_CUDA PROPERTY STRINGS AUTO ON OFF EMULATED)
option(WEFT_BUILD_FUZZERS "Build a libFuzzer program for every reader of files; takes clang" OFF)
set(WEFT_SANITIZE "" CACHE STRING "Sanitizers to build with: address,undefined or thread")

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES AND PROJECT_IS_TOP_LEVEL)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

find_program(WEFT_CCACHE ccache)
if(WEFT_CCACHE AND PROJECT_IS_TOP_LEVEL)
  # What it asks for before it caches files that use a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${WEFT_CCACHE})
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${WEFT_CCACHE})
endif()

# What every target of weft's own is built with. Contraction would make fused and unfused programs differ.
add_library(weft_flags INTERFACE)
target_compile_features(weft_flags INTERFACE cxx_std_20)
target_compile_options(weft_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-ffp-contract=off -Wall -Wextra -Wconversion
                                            -Wno-sign-conversion -Wshadow>
                       # GCC 12 sees an overlap in every "literal" + string (GCC bug 105651), and unset members in
                       # temporaries that hold a vector.
                       $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-restrict -Wno-maybe-uninitialized>
                       # Without the time in it, a compiler cache takes a header that is precompiled anew for the same.
                       "$<$<COMPILE_LANG_AND_ID:CXX,Clang>:SHELL:-Xclang -fno-pch-timestamp>")
if(WEFT_WERROR)
  target_compile_options(weft_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Werror>
                                              $<$<COMPILE_LANGUAGE:CUDA>:-Werror=all-warnings>)
endif()
if(WEFT_SANITIZE)
  target_compile_options(weft_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${WEFT_SANITIZE}
                                              -fno-sanitize-recover=all -fno-omit-frame-pointer -g1>)
  target_link_options(weft_flags INTERFACE -fsanitize=${WEFT_SANITIZE})
endif()
