// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "core/ops/op.h"

// The op definitions by family, one file each; core/ops/list.cpp lists them.
namespace weft::ops {

std::vector<OpDef> elementwise_ops();
std::vector<OpDef> pointwise_ops();
std::vector<OpDef> random_ops();
std::vector<OpDef> creation_ops();
std::vector<OpDef> movement_ops();
std::vector<OpDef> index_ops();
std::vector<OpDef> reduce_ops();
std::vector<OpDef> matmul_ops();
std::vector<OpDef> conv_ops();
std::vector<OpDef> gradient_epilogue_ops();
std::vector<OpDef> softmax_ops();
std::vector<OpDef> cross_entropy_ops();
std::vector<OpDef> norm_ops();
std::vector<OpDef> pool_ops();
std::vector<OpDef> resample_ops();
std::vector<OpDef> sort_ops();

}  // namespace weft::ops
