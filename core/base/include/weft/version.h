// SPDX-License-Identifier: Apache-2.0
#pragma once

// The library's version, as in CMakeLists.txt.
#define WEFT_VERSION "0.1.0"
