// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/architecture/rules.h"

namespace weft::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> parties(std::string path, std::string text) {
  return third_party_violations({std::move(path), std::move(text)});
}

TEST(ThirdParties, OfTheLibraryStayInTheirRooms) {
  for (const SourceFile& file : library_files())
    for (const std::string& violation : third_party_violations(file)) ADD_FAILURE() << violation;
}

TEST(ThirdParties, InTheWrongRoomAreFound) {
  EXPECT_THAT(parties("core/exec/executable.cpp", "#include <vector>\n#include <cuda_runtime.h>\n"),
              ElementsAre("core/exec/executable.cpp:2: <cuda_runtime.h>: the CUDA runtime does not belong here"));
  EXPECT_THAT(parties("kernels/reduce/reduce_cpu.cpp", "#include <cuda_runtime.h>\n"),
              ElementsAre(HasSubstr("CUDA runtime")));
  EXPECT_THAT(parties("layers/module/summary.h", "#include <nlohmann/json.hpp>\n"), ElementsAre(HasSubstr("nlohmann")));
  EXPECT_THAT(parties("core/ir/read.cpp", "#include <nlohmann/json.hpp>\n"), ElementsAre(HasSubstr("nlohmann")));
  EXPECT_THAT(parties("optim/train/serialize.cpp", "#include <zlib.h>\n"), ElementsAre(HasSubstr("zlib")));
  EXPECT_THAT(parties("core/data/images.cpp", "#include <jpeglib.h>\n"), ElementsAre(HasSubstr("libjpeg-turbo")));
  EXPECT_THAT(parties("core/exec/kernel.cpp", "#include <libxsmm.h>\n"), ElementsAre(HasSubstr("libxsmm")));
  EXPECT_THAT(parties("kernels/sort/sort.h", "#include <cub/cub.cuh>\n"), ElementsAre(HasSubstr("CUB")));
  EXPECT_THAT(parties("kernels/matmul/matmul_cpu.cpp", "#include <cublasLt.h>\n"), ElementsAre(HasSubstr("cuBLASLt")));
  EXPECT_THAT(parties("core/base/log.cpp", "#include <fmt/core.h>\n"), ElementsAre(HasSubstr("no room has")));
  EXPECT_THAT(parties("core/io/include/weft/csv.h", "#include <unistd.h>\n"), ElementsAre(HasSubstr("standard C++")));
}

TEST(ThirdParties, InTheirRoomsAreAllowed) {
  EXPECT_THAT(parties("kernels/matmul/cuda_cublaslt.h", "#include <cublasLt.h>\n"), IsEmpty());
  EXPECT_THAT(parties("kernels/sort/cuda_cub.cu", "#include <cub/device/device_scan.cuh>\n"), IsEmpty());
  EXPECT_THAT(parties("core/io/csv.cpp", "#include <zlib.h>\n#include <unistd.h>\n"), IsEmpty());
}

}  // namespace
}  // namespace weft::testing
