# SPDX-License-Identifier: Apache-2.0
# The library: every room's sources in one target.
set(weft_rooms core/base core/scalar core/program core/device core/array core/ir core/ops core/autodiff core/passes core/plan core/exec
               core/api core/io core/data core/plot kernels layers/functional layers/module layers/layer layers/image
               optim/schedule optim/rules optim/metrics optim/optimizer optim/train)
set(weft_trace_rooms core/program core/ir core/ops core/autodiff core/passes core/plan layers/functional layers/module
                     layers/layer layers/image optim/schedule optim/rules optim/metrics
                     optim/optimizer optim/train)
add_library(weft)
add_library(weft::weft ALIAS weft)
foreach(room IN LISTS weft_rooms)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${room}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/core/device/(cuda|no_cuda)/")
  list(FILTER sources EXCLUDE REGEX "/cuda_[^/]*\\.cpp$")
  target_sources(weft PRIVATE ${sources})
  # What runs once per trace and not in every step is compiled faster rather than better.
  if(room IN_LIST weft_trace_rooms)
    set_property(SOURCE ${sources} APPEND PROPERTY COMPILE_OPTIONS $<$<CONFIG:Release>:-O1>)
  endif()
  if(EXISTS ${PROJECT_SOURCE_DIR}/${room}/include)
    list(APPEND weft_include_dirs ${PROJECT_SOURCE_DIR}/${room}/include)
  endif()
endforeach()

# .cu files, and host files named cuda_*.cpp beside them, belong to the CUDA device.
file(GLOB_RECURSE weft_cuda_sources CONFIGURE_DEPENDS kernels/*.cu kernels/cuda_*.cpp core/device/cuda/*)
list(FILTER weft_cuda_sources INCLUDE REGEX "\\.(cu|cpp)$")
if(weft_cuda STREQUAL "OFF")
  file(GLOB weft_no_cuda_sources CONFIGURE_DEPENDS core/device/no_cuda/*.cpp)
  target_sources(weft PRIVATE ${weft_no_cuda_sources})
else()
  target_sources(weft PRIVATE ${weft_cuda_sources})
endif()

foreach(dir IN LISTS weft_include_dirs)
  target_include_directories(weft PUBLIC $<BUILD_INTERFACE:${dir}>)
endforeach()
target_include_directories(weft PUBLIC $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}> PRIVATE ${PROJECT_SOURCE_DIR})
target_compile_features(weft PUBLIC cxx_std_20)
target_link_libraries(weft PRIVATE $<BUILD_INTERFACE:weft_flags>)
# Within a project that names no build type, too: without optimization weft is a hundred times slower.
target_compile_options(weft PRIVATE $<$<STREQUAL:$<CONFIG>,>:-O3>)
set_target_properties(weft PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
                                      POSITION_INDEPENDENT_CODE ON VERSION ${PROJECT_VERSION} SOVERSION 0.1)

# CPU files that are built for one instruction set, chosen at run time. Nothing there sets errno or looks at the
# floating-point flags, so the compiler need not keep them either.
file(GLOB_RECURSE weft_baseline_sources CONFIGURE_DEPENDS kernels/*_baseline.cpp)
file(GLOB_RECURSE weft_avx2_sources CONFIGURE_DEPENDS kernels/*_avx2.cpp)
file(GLOB_RECURSE weft_avx512_sources CONFIGURE_DEPENDS kernels/*_avx512.cpp)
set_property(SOURCE ${weft_baseline_sources} ${weft_avx2_sources} ${weft_avx512_sources}
             APPEND PROPERTY COMPILE_OPTIONS -fno-math-errno -fno-trapping-math)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set_property(SOURCE ${weft_avx2_sources} APPEND PROPERTY COMPILE_OPTIONS -mavx2 -mfma)
  set_property(SOURCE ${weft_avx512_sources} APPEND PROPERTY COMPILE_OPTIONS -mavx512f -mavx512bw -mavx512dq -mavx512vl
                                                                 -mfma -mprefer-vector-width=512)
else()
  set_property(SOURCE ${weft_avx2_sources} ${weft_avx512_sources} PROPERTY HEADER_FILE_ONLY ON)
endif()

# Asking for vectors is a hint there: without optimization, or under a sanitizer, clang may decline.
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  set_property(SOURCE ${weft_baseline_sources} ${weft_avx2_sources} ${weft_avx512_sources} kernels/elementwise/cuda/functions.cu
                      kernels/elementwise/cuda/interpreter.cu APPEND PROPERTY COMPILE_OPTIONS -Wno-pass-failed)
endif()

# The readers tell the fuzzers which of their branches an input reaches. Not -fsanitize=fuzzer-no-link, which asks for a
# precompiled header of its own.
if(WEFT_BUILD_FUZZERS)
  file(GLOB weft_readers CONFIGURE_DEPENDS core/io/*.cpp core/data/table/*.cpp core/data/transforms/*.cpp)
  list(APPEND weft_readers core/array/dlpack.cpp core/array/strided.cpp core/data/images/cifar.cpp core/ir/read.cpp core/ir/scan.cpp
                           core/ir/verify.cpp kernels/jit/cuda_kernel_cache.cpp optim/train/checkpoint.cpp optim/train/run_place.cpp
                           optim/train/serialize.cpp optim/train/trainer_state_checkpoint.cpp)
  set_property(SOURCE ${weft_readers} APPEND PROPERTY COMPILE_OPTIONS
                                             -fsanitize-coverage=inline-8bit-counters,pc-table,trace-cmp)
endif()

# Reading the standard headers takes most of the time of most files, so that is done once. A test of tests/architecture
# shows a file that does not include what it uses, and the preset `tsan` compiles every file without.
target_precompile_headers(weft PRIVATE <algorithm> <chrono> <cmath> <cstdint> <filesystem> <fstream> <functional> <map>
                                       <memory> <mutex> <numeric> <optional> <set> <span> <sstream> <string>
                                       <unordered_map> <utility> <variant> <vector>)
# Another instruction set would not accept it.
set_source_files_properties(${weft_baseline_sources} ${weft_avx2_sources} ${weft_avx512_sources}
                            PROPERTIES SKIP_PRECOMPILE_HEADERS ON)

find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PNG REQUIRED)
find_package(JPEG REQUIRED)
target_link_libraries(weft PRIVATE Threads::Threads PNG::PNG JPEG::JPEG ZLIB::ZLIB ${CMAKE_DL_LIBS})
include(cmake/blas.cmake)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")  # makes the machine code of pointwise loops
  find_path(XBYAK_INCLUDE_DIR xbyak/xbyak.h REQUIRED)
  target_include_directories(weft SYSTEM PRIVATE ${XBYAK_INCLUDE_DIR})
endif()
include(cmake/embed.cmake)

if(weft_cuda STREQUAL "ON")
  target_compile_definitions(weft PRIVATE WEFT_HAS_CUDA=1)
  target_link_libraries(weft PRIVATE CUDA::cudart_static)
  # No contraction and no flushing beyond what the CPU path does, so that fused and unfused agree.
  target_compile_options(weft PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:-fmad=false -ftz=true --expt-relaxed-constexpr
                                      --compress-mode=size -Xcompiler=-ffp-contract=off>)
elseif(weft_cuda STREQUAL "EMULATED")
  add_subdirectory(tests/emulator)
  set_source_files_properties(${weft_cuda_sources} PROPERTIES LANGUAGE CXX)
  set_property(SOURCE ${weft_cuda_sources} APPEND PROPERTY COMPILE_OPTIONS "-xc++")
  target_compile_definitions(weft PUBLIC WEFT_CUDA_EMULATED=1 PRIVATE WEFT_HAS_CUDA=1)
  target_link_libraries(weft PUBLIC $<BUILD_INTERFACE:weft_emulator>)
else()
  target_compile_definitions(weft PRIVATE WEFT_HAS_CUDA=0)
endif()
