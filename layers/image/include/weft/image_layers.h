// SPDX-License-Identifier: Apache-2.0
#pragma once

// Layers for images, channels last: convolutions, pooling, borders, other sizes, dropout of channels.
#include "weft/convolution.h"
#include "weft/image_dropout.h"
#include "weft/padding.h"
#include "weft/pooling.h"
#include "weft/resampling.h"
#include "weft/separable_conv.h"
