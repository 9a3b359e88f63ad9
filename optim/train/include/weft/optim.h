// SPDX-License-Identifier: Apache-2.0
#pragma once

// Recipes, optimizers, schedules, the training loop.
#include "weft/adam.h"
#include "weft/adamw.h"
#include "weft/callbacks.h"
#include "weft/checkpoint.h"
#include "weft/metrics.h"
#include "weft/number.h"
#include "weft/optimizer.h"
#include "weft/recipe.h"
#include "weft/recipe_state.h"
#include "weft/schedule.h"
#include "weft/serialize.h"
#include "weft/sgd.h"
#include "weft/trainer.h"
