// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>

#include "weft/callbacks.h"
#include "weft/dtype.h"
#include "weft/tensor.h"

// Shared parts of the callbacks that judge epochs.
namespace weft::detail {

// The monitored figure of an epoch, negated where more is better. ValueError naming `op` for a metric that the epoch
// does not have.
double judged(const Epoch& epoch, const callbacks::Monitor& monitor, const char* op);

// A value of a callback's saved state. FormatError where it is missing or another one.
const Tensor& state_of(const std::map<std::string, Tensor>& state, const char* name, DType dtype, int rank);
double number_in(const std::map<std::string, Tensor>& state, const char* name);

}  // namespace weft::detail
