// SPDX-License-Identifier: Apache-2.0
#include "kernels/matmul/tile.h"

#include <algorithm>
#include <climits>

#include "core/base/check.h"
#include "core/base/lasting.h"
#include "core/device/cpu/machine.h"

#if WEFT_GEMM_XSMM
#include <immintrin.h>
#include <libxsmm.h>
#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#else
#include <cblas.h>
extern "C" void openblas_set_num_threads(int threads);
#endif

namespace weft::kernels {

namespace {

// Both libraries count in int.
void check_sizes(const TileShape& s) {
  if (std::max({s.m, s.n, s.k, s.lda, s.ldb, s.ldc}) > INT_MAX) {
    fail<DeviceError>("matmul", "an axis of ", std::max({s.lda, s.ldb, s.ldc}), " elements is above 2^31 - 1");
  }
}

}  // namespace

#if WEFT_GEMM_XSMM

namespace {

using Code = void (*)();

// libxsmm frees its code when the process exits, while threads and static objects of the program may still compute. So
// a kernel runs a copy of its code, and from the exit on no new code is asked for.
struct Copies {
  std::mutex mutex;
  bool over = false;                 // libxsmm has ended, or is about to
  std::map<const void*, Code> code;  // by libxsmm's address; never unmapped
};

Copies& copies() {
  static const Lasting<Copies> it;
  return *it;
}

void end_of_libxsmm() {
  const std::lock_guard lock(copies().mutex);
  copies().over = true;
}

// libxsmm registers its end first, so that it comes after ours. Then it is held to the instruction sets that WEFT_ISA
// leaves; libxsmm_init() would choose again.
void begin_libxsmm() {
  static const bool registered = [] {
    libxsmm_init();
    const cpu::Isa best = cpu::usable_isas().back();
    if (best == cpu::Isa::kAvx2) libxsmm_set_target_arch("hsw");
    if (best == cpu::Isa::kBaseline && __builtin_cpu_supports("avx2")) libxsmm_set_target_arch("sse3");
    return std::atexit(end_of_libxsmm) == 0;
  }();
  static_cast<void>(registered);
}

// Null if the system gives no memory that can be run.
Code copy_of(const void* code) {
  libxsmm_kernel_info info{};
  if (libxsmm_get_kernel_info(code, &info) != EXIT_SUCCESS || info.code_size == 0) return nullptr;
  void* const memory = mmap(nullptr, info.code_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  std::memcpy(memory, code, info.code_size);
  if (mprotect(memory, info.code_size, PROT_READ | PROT_EXEC) != 0) {
    munmap(memory, info.code_size);
    return nullptr;
  }
  return reinterpret_cast<Code>(memory);
}

bool libxsmm_is_over() {
  const std::lock_guard lock(copies().mutex);
  return copies().over;
}

// libxsmm is column-major: a row-major C = A B is its C' = B' A', so the operands change places. Null if there is no
// code.
template <class T, class Dispatch>
Code generate(Dispatch dispatch, const TileShape& s) {
  begin_libxsmm();
  const std::lock_guard lock(copies().mutex);
  if (copies().over) return nullptr;
  const auto lda = static_cast<int>(s.lda), ldb = static_cast<int>(s.ldb), ldc = static_cast<int>(s.ldc);
  const T alpha = 1, beta = s.accumulate ? T{1} : T{0};
  const int flags = s.trans_a ? LIBXSMM_GEMM_FLAG_TRANS_B : LIBXSMM_GEMM_FLAG_NONE;
  const int prefetch = LIBXSMM_GEMM_PREFETCH_NONE;
  const auto made =
      reinterpret_cast<const void*>(dispatch(static_cast<int>(s.n), static_cast<int>(s.m), static_cast<int>(s.k), &ldb,
                                             &lda, &ldc, &alpha, &beta, &flags, &prefetch));
  if (!made) return nullptr;
  Code& copy = copies().code[made];
  if (!copy) copy = copy_of(made);
  return copy;
}

// A tile that is asked for while the process exits.
template <class T>
void plain_product(const TileShape& s, const T* a, const T* b, T* c) {
  for (std::int64_t i = 0; i < s.m; ++i)
    for (std::int64_t j = 0; j < s.n; ++j) {
      T sum = s.accumulate ? c[i * s.ldc + j] : T{0};
      for (std::int64_t p = 0; p < s.k; ++p)
        sum += (s.trans_a ? a[p * s.lda + i] : a[i * s.lda + p]) * b[p * s.ldb + j];
      c[i * s.ldc + j] = sum;
    }
}

// libxsmm's code returns with the upper halves of the vector registers in use. Left so, they make every later mix of
// SSE and AVX code wait: exp() took 122 ns instead of 1.7 on a Xeon with AVX-512.
__attribute__((target("avx"))) void release_upper_halves() { _mm256_zeroupper(); }

const bool kHasAvx = __builtin_cpu_supports("avx");

}  // namespace

bool has_tile_kernels() {
  static const bool has = generate<float>(libxsmm_smmdispatch, {8, 8, 8, 8, 8, 8, false, false}) != nullptr;
  return has;
}

std::string_view tile_target() {
  begin_libxsmm();
  return libxsmm_get_target_arch();
}

template <class T>
TileKernel<T>::TileKernel(const TileShape& shape) : shape_(shape) {
  check_sizes(shape);
  if constexpr (sizeof(T) == sizeof(float)) {
    code_ = generate<T>(libxsmm_smmdispatch, shape);
  } else {
    code_ = generate<T>(libxsmm_dmmdispatch, shape);
  }
  if (!code_ && !libxsmm_is_over()) {
    fail<DeviceError>("matmul", "libxsmm made no code for a tile of ", shape.m, "x", shape.n, "x", shape.k,
                      "; it needs a processor with SSE3 or later and the right to map executable memory");
  }
}

template <class T>
void TileKernel<T>::operator()(const T* a, const T* b, T* c) const {
  if (!code_) return plain_product(shape_, a, b, c);
  reinterpret_cast<void (*)(const T*, const T*, T*)>(code_)(b, a, c);
  if (kHasAvx) release_upper_halves();
}

#else

bool has_tile_kernels() { return true; }
std::string_view tile_target() { return {}; }

template <class T>
TileKernel<T>::TileKernel(const TileShape& shape) : shape_(shape) {
  check_sizes(shape);
  static const bool single_threaded = [] {
    openblas_set_num_threads(1);  // the threads are ours
    return true;
  }();
  static_cast<void>(single_threaded);
}

template <class T>
void TileKernel<T>::operator()(const T* a, const T* b, T* c) const {
  const TileShape& s = shape_;
  const auto m = static_cast<int>(s.m), n = static_cast<int>(s.n), k = static_cast<int>(s.k);
  const auto lda = static_cast<int>(s.lda), ldb = static_cast<int>(s.ldb), ldc = static_cast<int>(s.ldc);
  const CBLAS_TRANSPOSE trans_a = s.trans_a ? CblasTrans : CblasNoTrans;
  const T beta = s.accumulate ? T{1} : T{0};
  if constexpr (sizeof(T) == sizeof(float)) {
    cblas_sgemm(CblasRowMajor, trans_a, CblasNoTrans, m, n, k, 1.0f, a, lda, b, ldb, beta, c, ldc);
  } else {
    cblas_dgemm(CblasRowMajor, trans_a, CblasNoTrans, m, n, k, 1.0, a, lda, b, ldb, beta, c, ldc);
  }
}

#endif

template class TileKernel<float>;
template class TileKernel<double>;

}  // namespace weft::kernels
