// SPDX-License-Identifier: Apache-2.0
#pragma once

// Tables, images, datasets, sources and loaders.
#include "weft/dataset.h"
#include "weft/datasets.h"
#include "weft/image_transforms.h"
#include "weft/images.h"
#include "weft/loader.h"
#include "weft/pipeline.h"
#include "weft/source.h"
#include "weft/synthetic.h"
#include "weft/table.h"
#include "weft/transforms.h"
