// SPDX-License-Identifier: Apache-2.0
#pragma once

// Files: CSV, IDX, safetensors.
#include "weft/csv.h"
#include "weft/idx.h"
#include "weft/safetensors.h"
