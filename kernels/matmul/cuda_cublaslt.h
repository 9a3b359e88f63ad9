// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cublasLt.h>

#include <cstdint>
#include <memory>

namespace weft::kernels {

// cuBLASLt, loaded at first need: it is half a gigabyte, and weft starts without it. Only its types are compiled in.
struct CublasLt {
  decltype(&cublasLtCreate) create;
  decltype(&cublasLtMatmulDescCreate) desc_create;
  decltype(&cublasLtMatmulDescDestroy) desc_destroy;
  decltype(&cublasLtMatmulDescSetAttribute) desc_set;
  decltype(&cublasLtMatrixLayoutCreate) layout_create;
  decltype(&cublasLtMatrixLayoutDestroy) layout_destroy;
  decltype(&cublasLtMatrixLayoutSetAttribute) layout_set;
  decltype(&cublasLtMatmulPreferenceCreate) preference_create;
  decltype(&cublasLtMatmulPreferenceDestroy) preference_destroy;
  decltype(&cublasLtMatmulPreferenceSetAttribute) preference_set;
  decltype(&cublasLtMatmulAlgoGetHeuristic) heuristic;
  decltype(&cublasLtMatmul) matmul;
  decltype(&cublasLtGetStatusString) status_string;
};

// Throws DeviceError, also on every later call, where the library is not installed.
const CublasLt& cublas_lt();
// The library's handle of a device; made once and kept until the process ends.
cublasLtHandle_t cublas_lt_handle(int device);
// Throws DeviceError with the call and the library's words for the status.
void check_cublas(cublasStatus_t status, const char* call);

using MatmulDesc = std::unique_ptr<cublasLtMatmulDescOpaque_t, void (*)(cublasLtMatmulDesc_t)>;
using MatrixLayout = std::unique_ptr<cublasLtMatrixLayoutOpaque_t, void (*)(cublasLtMatrixLayout_t)>;
using MatmulPreference = std::unique_ptr<cublasLtMatmulPreferenceOpaque_t, void (*)(cublasLtMatmulPreference_t)>;

MatmulDesc make_matmul_desc(cublasComputeType_t compute, cudaDataType_t scale);
MatrixLayout make_matrix_layout(cudaDataType_t type, std::uint64_t rows, std::uint64_t cols, std::int64_t ld);
MatmulPreference make_matmul_preference();

}  // namespace weft::kernels

#define WEFT_CUBLAS(call) ::weft::kernels::check_cublas((call), #call)
