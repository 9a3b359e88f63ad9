// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/io/png.h"
#include "core/plot/scene.h"

namespace weft::detail {

// The scene drawn with smooth edges; a unit of the scene is `scale` pixels.
Pixels draw(const Scene& scene, int scale);

}  // namespace weft::detail
