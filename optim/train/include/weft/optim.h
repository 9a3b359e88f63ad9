// SPDX-License-Identifier: Apache-2.0
#pragma once

// Optimizers, metrics, the training loop.
#include "weft/callbacks.h"
#include "weft/checkpoint.h"
#include "weft/layer_report.h"
#include "weft/lbfgs.h"
#include "weft/metrics.h"
#include "weft/optimizer.h"
#include "weft/rate_finder.h"
#include "weft/report.h"
#include "weft/serialize.h"
#include "weft/trainer.h"
