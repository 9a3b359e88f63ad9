// SPDX-License-Identifier: Apache-2.0
#pragma once

// Modules, layers, initial values, losses.
#include "weft/activation.h"
#include "weft/activation_functions.h"
#include "weft/batch_norm.h"
#include "weft/classification_loss.h"
#include "weft/dropout.h"
#include "weft/flatten.h"
#include "weft/gan_loss.h"
#include "weft/gate.h"
#include "weft/init.h"
#include "weft/linear.h"
#include "weft/margin_loss.h"
#include "weft/module.h"
#include "weft/noise.h"
#include "weft/prelu.h"
#include "weft/reduction.h"
#include "weft/regression_loss.h"
#include "weft/sequential.h"
#include "weft/summary.h"
