// SPDX-License-Identifier: Apache-2.0
#pragma once

// Everything is hidden by default; a class that users derive from or catch across the library border is exported.
#if defined(_WIN32)
#define WEFT_EXPORT
#else
#define WEFT_EXPORT __attribute__((visibility("default")))
#endif
