// SPDX-License-Identifier: Apache-2.0
#pragma once

// Activation functions and losses.
#include "weft/activation_functions.h"
#include "weft/classification_loss.h"
#include "weft/gan_loss.h"
#include "weft/margin_loss.h"
#include "weft/noise.h"
#include "weft/reduction.h"
#include "weft/regression_loss.h"
