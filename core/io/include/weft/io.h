// SPDX-License-Identifier: Apache-2.0
#pragma once

// Files: CSV, IDX, NumPy, images, safetensors, event files, and how a file is replaced.
#include "weft/csv.h"
#include "weft/event_file.h"
#include "weft/file.h"
#include "weft/idx.h"
#include "weft/image.h"
#include "weft/npy.h"
#include "weft/safetensors.h"
