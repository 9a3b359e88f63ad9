// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/exec/candidate.h"

// The candidates for products: the first that takes a request runs it (core/exec/candidate.h).
namespace weft::kernels {

using MatmulCandidate = std::optional<exec::PreparedKernel>(const exec::KernelRequest&);
using MatmulReference = exec::PreparedKernel(const exec::KernelRequest&);

// matmul: with the processor's units for bf16; few rows by a transposed matrix as dot products; with the tile kernels
// of a matrix library; three loops.
MatmulCandidate prepare_matmul_amx, prepare_matmul_avx512_bf16, prepare_matmul_dots, prepare_matmul_tiles;
MatmulReference prepare_matmul_reference_cpu;
inline constexpr exec::Candidate matmul_cpu[] = {{"amx", prepare_matmul_amx},
                                                 {"avx512_bf16", prepare_matmul_avx512_bf16},
                                                 {"dots", prepare_matmul_dots},
                                                 {"tiles", prepare_matmul_tiles},
                                                 {"reference", exec::always<prepare_matmul_reference_cpu>}};

// Zeros where there is nothing to add up; by the library, where it is installed; an element per thread.
MatmulCandidate prepare_matmul_zeros, prepare_matmul_cublaslt;
MatmulReference prepare_matmul_reference_cuda;
inline constexpr exec::Candidate matmul_cuda[] = {{"zeros", prepare_matmul_zeros},
                                                  {"cublaslt", prepare_matmul_cublaslt},
                                                  {"reference", exec::always<prepare_matmul_reference_cuda>}};

// matmul_epilogue: the body on the tiles of a product, while they are in cache, if the body's loop takes a tile as one
// block; product and body one after the other, each by the first candidate of its own row.
MatmulCandidate prepare_epilogue_amx, prepare_epilogue_avx512_bf16, prepare_epilogue_dots, prepare_epilogue_tiles;
MatmulReference prepare_epilogue_in_turn;
inline constexpr exec::Candidate matmul_epilogue_cpu[] = {{"amx", prepare_epilogue_amx},
                                                          {"avx512_bf16", prepare_epilogue_avx512_bf16},
                                                          {"dots", prepare_epilogue_dots},
                                                          {"tiles", prepare_epilogue_tiles},
                                                          {"in_turn", exec::always<prepare_epilogue_in_turn>}};

// The whole body by the library, or one after the other.
MatmulCandidate prepare_epilogue_cublaslt;
inline constexpr exec::Candidate matmul_epilogue_cuda[] = {{"cublaslt", prepare_epilogue_cublaslt},
                                                           {"in_turn", exec::always<prepare_epilogue_in_turn>}};

// matmul_sums: by the library, or one after the other.
MatmulCandidate prepare_sums_cublaslt;
MatmulReference prepare_sums_in_turn;
inline constexpr exec::Candidate matmul_sums_cpu[] = {{"in_turn", exec::always<prepare_sums_in_turn>}};
inline constexpr exec::Candidate matmul_sums_cuda[] = {{"cublaslt", prepare_sums_cublaslt},
                                                       {"in_turn", exec::always<prepare_sums_in_turn>}};

}  // namespace weft::kernels
