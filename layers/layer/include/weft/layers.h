// SPDX-License-Identifier: Apache-2.0
#pragma once

// Modules, layers, initial values.
#include "weft/activation.h"
#include "weft/batch_norm.h"
#include "weft/dropout.h"
#include "weft/flatten.h"
#include "weft/gate.h"
#include "weft/init.h"
#include "weft/linear.h"
#include "weft/module.h"
#include "weft/prelu.h"
#include "weft/sequential.h"
#include "weft/spectral_norm.h"
#include "weft/summary.h"
#include "weft/weight_noise.h"
#include "weft/weight_norm.h"
