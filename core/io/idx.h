// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/io/byte_source.h"
#include "weft/idx.h"

namespace weft::data {

Tensor parse_idx(detail::ByteSource source);

}  // namespace weft::data
