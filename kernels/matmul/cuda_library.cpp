// SPDX-License-Identifier: Apache-2.0
#if !defined(WEFT_CUDA_EMULATED)
#include <map>
#include <mutex>
#include <string>

#include "core/base/check.h"
#include "core/base/lasting.h"
#include "core/device/cuda/current_device.h"
#include "kernels/common/cuda_shared_library.h"
#include "kernels/matmul/cuda_cublaslt.h"
#include "kernels/matmul/cuda_gemm.h"
#include "weft/log.h"

namespace weft::kernels {

namespace {

CublasLt load() {
  const SharedLibrary library("matmul", "cuBLASLt", {"libcublasLt.so.13", "libcublasLt.so.12"},
                              "fast matrix products on CUDA need libcublasLt.so.13 or .12");
  CublasLt lt;
  library.find("cublasLtCreate", lt.create);
  library.find("cublasLtMatmulDescCreate", lt.desc_create);
  library.find("cublasLtMatmulDescDestroy", lt.desc_destroy);
  library.find("cublasLtMatmulDescSetAttribute", lt.desc_set);
  library.find("cublasLtMatrixLayoutCreate", lt.layout_create);
  library.find("cublasLtMatrixLayoutDestroy", lt.layout_destroy);
  library.find("cublasLtMatrixLayoutSetAttribute", lt.layout_set);
  library.find("cublasLtMatmulPreferenceCreate", lt.preference_create);
  library.find("cublasLtMatmulPreferenceDestroy", lt.preference_destroy);
  library.find("cublasLtMatmulPreferenceSetAttribute", lt.preference_set);
  library.find("cublasLtMatmulAlgoGetHeuristic", lt.heuristic);
  library.find("cublasLtMatmul", lt.matmul);
  library.find("cublasLtGetStatusString", lt.status_string);
  return lt;
}

}  // namespace

const CublasLt& cublas_lt() {
  static const CublasLt lt = load();  // a load that threw is tried again
  return lt;
}

bool has_gemm_library() {
  static const bool has = [] {
    try {
      static_cast<void>(cublas_lt());
      return true;
    } catch (const DeviceError& e) {
      log(LogLevel::kWarning, cat(e.what(), "; they run on a plain kernel, many times slower"));
      return false;
    }
  }();
  return has;
}

cublasLtHandle_t cublas_lt_handle(int device) {
  static std::mutex mutex;
  static const Lasting<std::map<int, cublasLtHandle_t>> handles;
  const std::lock_guard lock(mutex);
  cublasLtHandle_t& handle = (*handles)[device];
  if (!handle) {
    const cuda_backend::CurrentDevice current(device);
    WEFT_CUBLAS(cublas_lt().create(&handle));
  }
  return handle;
}

void check_cublas(cublasStatus_t status, const char* call) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  fail<DeviceError>("matmul", call, " failed: ", cublas_lt().status_string(status));
}

MatmulDesc make_matmul_desc(cublasComputeType_t compute, cudaDataType_t scale) {
  cublasLtMatmulDesc_t desc = nullptr;
  WEFT_CUBLAS(cublas_lt().desc_create(&desc, compute, scale));
  return {desc, [](cublasLtMatmulDesc_t d) { static_cast<void>(cublas_lt().desc_destroy(d)); }};
}

MatrixLayout make_matrix_layout(cudaDataType_t type, std::uint64_t rows, std::uint64_t cols, std::int64_t ld) {
  cublasLtMatrixLayout_t layout = nullptr;
  WEFT_CUBLAS(cublas_lt().layout_create(&layout, type, rows, cols, ld));
  return {layout, [](cublasLtMatrixLayout_t l) { static_cast<void>(cublas_lt().layout_destroy(l)); }};
}

MatmulPreference make_matmul_preference() {
  cublasLtMatmulPreference_t preference = nullptr;
  WEFT_CUBLAS(cublas_lt().preference_create(&preference));
  return {preference, [](cublasLtMatmulPreference_t p) { static_cast<void>(cublas_lt().preference_destroy(p)); }};
}

}  // namespace weft::kernels
#endif
