// SPDX-License-Identifier: Apache-2.0
#pragma once

// The CUDA runtime on the host: put this directory first on the include path and a .cu file compiles as C++.
// See ../README.md for what is emulated and what cannot be shown.
#include "emulated/annotations.h"    // IWYU pragma: export
#include "emulated/atomics.h"        // IWYU pragma: export
#include "emulated/collectives.h"    // IWYU pragma: export
#include "emulated/driver_types.h"   // IWYU pragma: export
#include "emulated/intrinsics.h"     // IWYU pragma: export
#include "emulated/launch.h"         // IWYU pragma: export
#include "emulated/runtime_api.h"    // IWYU pragma: export
#include "emulated/shared_memory.h"  // IWYU pragma: export
#include "emulated/vector_types.h"   // IWYU pragma: export
