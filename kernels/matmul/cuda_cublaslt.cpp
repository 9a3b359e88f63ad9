// SPDX-License-Identifier: Apache-2.0
#if !defined(WEFT_CUDA_EMULATED)
#include "kernels/matmul/cuda_cublaslt.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <vector>

#include "core/base/check.h"
#include "core/device/cuda/current_device.h"
#include "core/scalar/bit_rows.h"
#include "kernels/matmul/cuda_gemm.h"

namespace weft::kernels {

namespace {

// fp32 means fp32 unless TF32 is allowed: CUBLAS_COMPUTE_32F never uses it. The 16-bit types are multiplied into f32
// sums.
struct Types {
  cudaDataType_t storage, scale;
  cublasComputeType_t compute;
};

Types types_of(const GemmProblem& p) {
  switch (p.dtype) {
    case DType::kF32:
      return {CUDA_R_32F, CUDA_R_32F, p.allow_tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F};
    case DType::kF64:
      return {CUDA_R_64F, CUDA_R_64F, CUBLAS_COMPUTE_64F};
    case DType::kBF16:
      return {CUDA_R_16BF, CUDA_R_32F, CUBLAS_COMPUTE_32F};
    case DType::kF16:
      return {CUDA_R_16F, CUDA_R_32F, CUBLAS_COMPUTE_32F};
    case DType::kI32:
    case DType::kI64:
    case DType::kU8:
    case DType::kBool:
      break;
  }
  fail<DTypeError>("matmul", "operands are ", p.dtype, ", want f32, f64, bf16 or f16");
}

// 1 where product i takes matrix i, 0 where all take matrix 0, -1 where neither holds.
int batch_step(const std::vector<std::int64_t>& which) {
  const auto all = [&](std::int64_t step) {
    for (std::size_t i = 0; i < which.size(); ++i) {
      if (which[i] != step * static_cast<std::int64_t>(i)) return false;
    }
    return true;
  };
  return all(0) ? 0 : all(1) ? 1 : -1;
}

constexpr std::uint64_t kMostWorkspace = std::uint64_t{32} << 20;  // bytes; algorithms for Hopper want so much

// cuBLASLt is column-major: a row-major C = A B is its C' = B' A', so the operands change places.
class LtGemm {
 public:
  LtGemm(const GemmProblem& p, GemmEpilogue epilogue, int device)
      : p_(p),
        epilogue_(epilogue),
        types_(types_of(p)),
        element_(static_cast<std::int64_t>(size_of(p.dtype))),
        handle_(cublas_lt_handle(device)),
        desc_(make_matmul_desc(types_.compute, types_.scale)),
        first_(p.trans_b ? layout(p.k, p.n) : layout(p.n, p.k)),
        second_(p.trans_a ? layout(p.m, p.k) : layout(p.k, p.m)),
        result_(make_matrix_layout(p.result == p.dtype ? types_.storage : types_.scale, static_cast<std::uint64_t>(p.n),
                                   static_cast<std::uint64_t>(p.m), p.n)) {
    const int a_step = batch_step(p.a_matrix), b_step = batch_step(p.b_matrix);
    strided_ = a_step >= 0 && b_step >= 0;
    if (strided_ && p.batch > 1) {
      set_batch(first_, b_step * p.k * p.n);
      set_batch(second_, a_step * p.m * p.k);
      set_batch(result_, p.m * p.n);
    }
    set(CUBLASLT_MATMUL_DESC_TRANSA, p.trans_b ? CUBLAS_OP_T : CUBLAS_OP_N);
    set(CUBLASLT_MATMUL_DESC_TRANSB, p.trans_a ? CUBLAS_OP_T : CUBLAS_OP_N);
    set_epilogue();
    const cuda_backend::CurrentDevice current(device);
    aligned_ = choose(256, 256);
    if (aligned_ && !has_bits())
      plain_ = choose(static_cast<std::uint32_t>(element_), static_cast<std::uint32_t>(size_of(p.result)));
  }

  // possible(): the library has an algorithm for operands aligned to 256 bytes. anywhere(): also for unaligned ones.
  bool possible() const { return aligned_.has_value(); }
  bool anywhere() const { return plain_.has_value(); }
  std::size_t workspace() const { return std::max(aligned_->workspaceSize, plain_ ? plain_->workspaceSize : 0); }

  void run(const Call& call) const {
    const cuda_backend::CurrentDevice current(call.device);
    const auto* a = static_cast<const char*>(call.inputs[0].data);
    const auto* b = static_cast<const char*>(call.inputs[1].data);
    auto* c = static_cast<char*>(call.outputs[0].data);
    if (strided_) {
      multiply(call, a, b, c);
      return;
    }
    for (std::int64_t i = 0; i < p_.batch; ++i) {
      const auto index = static_cast<std::size_t>(i);
      multiply(call, a + p_.a_matrix[index] * p_.m * p_.k * element_, b + p_.b_matrix[index] * p_.k * p_.n * element_,
               c + i * p_.m * p_.n * static_cast<std::int64_t>(size_of(p_.result)));
    }
  }

 private:
  MatrixLayout layout(std::int64_t rows, std::int64_t cols) const {
    return make_matrix_layout(types_.storage, static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(cols), rows);
  }

  void set_batch(const MatrixLayout& layout, std::int64_t stride) const {
    if (p_.batch > INT32_MAX) fail<DeviceError>("matmul", "a batch of ", p_.batch, " matrices is above 2^31 - 1");
    const auto count = static_cast<std::int32_t>(p_.batch);
    WEFT_CUBLAS(cublas_lt().layout_set(layout.get(), CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof(count)));
    WEFT_CUBLAS(
        cublas_lt().layout_set(layout.get(), CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride, sizeof(stride)));
  }

  template <class T>
  void set(cublasLtMatmulDescAttributes_t which, const T& value) const {
    WEFT_CUBLAS(cublas_lt().desc_set(desc_.get(), which, &value, sizeof(value)));
  }

  void set_epilogue() const {
    cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
    switch (epilogue_) {
      case GemmEpilogue::kNone:
      case GemmEpilogue::kAddend:
        return;
      case GemmEpilogue::kBias:
        epilogue = CUBLASLT_EPILOGUE_BIAS;
        break;
      case GemmEpilogue::kRelu:
        epilogue = CUBLASLT_EPILOGUE_RELU;
        break;
      case GemmEpilogue::kReluBias:
        epilogue = CUBLASLT_EPILOGUE_RELU_BIAS;
        break;
      case GemmEpilogue::kGelu:
        epilogue = CUBLASLT_EPILOGUE_GELU;
        break;
      case GemmEpilogue::kGeluBias:
        epilogue = CUBLASLT_EPILOGUE_GELU_BIAS;
        break;
      case GemmEpilogue::kGeluAux:
        epilogue = CUBLASLT_EPILOGUE_GELU_AUX;
        break;
      case GemmEpilogue::kGeluAuxBias:
        epilogue = CUBLASLT_EPILOGUE_GELU_AUX_BIAS;
        break;
      case GemmEpilogue::kReluAux:
        epilogue = CUBLASLT_EPILOGUE_RELU_AUX;
        break;
      case GemmEpilogue::kReluAuxBias:
        epilogue = CUBLASLT_EPILOGUE_RELU_AUX_BIAS;
        break;
      case GemmEpilogue::kDRelu:
        epilogue = CUBLASLT_EPILOGUE_DRELU;
        break;
      case GemmEpilogue::kDGelu:
        epilogue = CUBLASLT_EPILOGUE_DGELU;
        break;
      case GemmEpilogue::kSumsA:  // the library's B
        epilogue = CUBLASLT_EPILOGUE_BGRADB;
        break;
      case GemmEpilogue::kSumsB:
        epilogue = CUBLASLT_EPILOGUE_BGRADA;
        break;
    }
    set(CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue);
    // Types are the result's by default, a bias's, its gradient's and an argument's; a mask counts in bits.
    const std::int64_t row = has_bits() ? 8 * bit_row_bytes(p_.n) : p_.n;
    if (writes_aux() || reads_aux()) set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, row);
  }
  bool is(std::initializer_list<GemmEpilogue> any) const {
    return std::find(any.begin(), any.end(), epilogue_) != any.end();
  }
  bool has_bias() const {
    return is({GemmEpilogue::kBias, GemmEpilogue::kReluBias, GemmEpilogue::kGeluBias, GemmEpilogue::kGeluAuxBias,
               GemmEpilogue::kReluAuxBias});
  }
  bool has_sums() const { return is({GemmEpilogue::kSumsA, GemmEpilogue::kSumsB}); }
  bool has_bits() const { return is({GemmEpilogue::kReluAux, GemmEpilogue::kReluAuxBias, GemmEpilogue::kDRelu}); }
  bool reads_aux() const { return is({GemmEpilogue::kDRelu, GemmEpilogue::kDGelu}); }
  bool writes_aux() const {
    return is({GemmEpilogue::kGeluAux, GemmEpilogue::kGeluAuxBias, GemmEpilogue::kReluAux, GemmEpilogue::kReluAuxBias});
  }
  // The addresses of input 2 and output 1, where the epilogue has them.
  void set_pointers(const void* operand, const void* second) const {
    if (has_bias() || has_sums()) set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, has_sums() ? second : operand);
    if (reads_aux() || writes_aux()) set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, reads_aux() ? operand : second);
  }

  // The library's first choice for operands and a result (and bias) aligned to so many bytes. Sums over a split k are
  // made in the compute type and in a fixed order.
  std::optional<cublasLtMatmulHeuristicResult_t> choose(std::uint32_t operands, std::uint32_t result) const {
    const CublasLt& lt = cublas_lt();
    const MatmulPreference preference = make_matmul_preference();
    const auto prefer = [&](cublasLtMatmulPreferenceAttributes_t which, const auto& value) {
      WEFT_CUBLAS(lt.preference_set(preference.get(), which, &value, sizeof(value)));
    };
    const std::uint32_t schemes = CUBLASLT_REDUCTION_SCHEME_INPLACE | CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE;
    prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kMostWorkspace);
    prefer(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, schemes);
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, operands);
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, operands);
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, result);
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, result);
    // The choice looks at how what the epilogue takes is aligned, too.
    const auto* const address = reinterpret_cast<const void*>(static_cast<std::uintptr_t>(result));
    set_pointers(address, address);
    cublasLtMatmulHeuristicResult_t best{};
    int found = 0;
    const cublasStatus_t status = lt.heuristic(handle_, desc_.get(), first_.get(), second_.get(), result_.get(),
                                               result_.get(), preference.get(), 1, &best, &found);
    // An epilogue that the library does not have for these types or this layout is either of these, or nothing found.
    const bool unknown = status == CUBLAS_STATUS_NOT_SUPPORTED || status == CUBLAS_STATUS_INVALID_VALUE;
    if (epilogue_ != GemmEpilogue::kNone && (unknown || (status == CUBLAS_STATUS_SUCCESS && found == 0)))
      return std::nullopt;
    check_cublas(status, "cublasLtMatmulAlgoGetHeuristic");
    if (found == 0) {
      fail<DeviceError>("matmul", "cuBLASLt has no algorithm for ", p_.m, "x", p_.k, " by ", p_.k, "x", p_.n, " in ",
                        p_.dtype);
    }
    return best;
  }

  void multiply(const Call& call, const char* a, const char* b, char* c) const {
    const auto bits = [](const void* address) { return reinterpret_cast<std::uintptr_t>(address); };
    const void* operand = call.inputs.size() > 2 ? call.inputs[2].data : nullptr;
    const void* second = call.outputs.size() > 1 ? call.outputs[1].data : nullptr;
    const bool aligned = (bits(a) | bits(b) | bits(c) | bits(operand) | bits(second)) % 256 == 0;
    const auto& choice = aligned || !plain_ ? *aligned_ : *plain_;
    const bool adds = epilogue_ == GemmEpilogue::kAddend;
    const double one = 1, zero = 0;
    const float one_f = 1, zero_f = 0;
    const bool wide = types_.scale == CUDA_R_64F;
    const void* alpha = wide ? static_cast<const void*>(&one) : &one_f;
    const void* beta = adds ? alpha : wide ? static_cast<const void*>(&zero) : &zero_f;
    std::unique_lock lock(mutex_, std::defer_lock);
    // The addresses are the descriptor's, and other threads may run this kernel, too.
    if (has_bias() || has_sums() || reads_aux() || writes_aux()) {
      lock.lock();
      set_pointers(operand, second);
    }
    WEFT_CUBLAS(cublas_lt().matmul(handle_, desc_.get(), alpha, b, first_.get(), a, second_.get(), beta,
                                   adds ? operand : c, result_.get(), c, result_.get(), &choice.algo,
                                   call.workspace.data, choice.workspaceSize, static_cast<cudaStream_t>(call.stream)));
  }

  GemmProblem p_;
  GemmEpilogue epilogue_;
  Types types_;
  std::int64_t element_;  // bytes of an operand's element
  cublasLtHandle_t handle_;
  MatmulDesc desc_;
  MatrixLayout first_, second_, result_;  // B, A and C
  bool strided_ = false;
  mutable std::mutex mutex_;
  std::optional<cublasLtMatmulHeuristicResult_t> aligned_, plain_;  // for 256-byte aligned operands, and for any
};

}  // namespace

std::optional<PreparedGemm> prepare_gemm(const GemmProblem& problem, GemmEpilogue epilogue, Device device) {
  const auto gemm = std::make_shared<const LtGemm>(problem, epilogue, device.index());
  if (!gemm->possible()) return std::nullopt;
  return PreparedGemm{{[gemm](const Call& call) { gemm->run(call); }, gemm->workspace()}, gemm->anywhere()};
}

}  // namespace weft::kernels
#endif
