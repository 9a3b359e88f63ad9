// SPDX-License-Identifier: Apache-2.0
#pragma once

// Exports a name from the shared library, which hides all others.
#if defined(_WIN32)
#define WEFT_EXPORT
#else
#define WEFT_EXPORT __attribute__((visibility("default")))
#endif
