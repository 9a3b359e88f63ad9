// SPDX-License-Identifier: Apache-2.0
#pragma once

// Everything a program needs, except weft/cuda.h and weft/cuda_kernel.h for the CUDA files of custom ops.
#include "weft/core.h"
#include "weft/data.h"
#include "weft/functional.h"
#include "weft/image_layers.h"
#include "weft/io.h"
#include "weft/layers.h"
#include "weft/optim.h"
#include "weft/plot.h"
#include "weft/recipes.h"
