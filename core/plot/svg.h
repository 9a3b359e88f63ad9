// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "core/plot/scene.h"

namespace weft::detail {

// The text as it may stand in an element or an attribute of XML and HTML.
std::string escaped(std::string_view text);

// The scene as an <svg> element, which is a whole file as well as a part of a page.
std::string svg_text(const Scene& scene);

}  // namespace weft::detail
