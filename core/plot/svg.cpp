// SPDX-License-Identifier: Apache-2.0
#include "core/plot/svg.h"

#include <cstddef>
#include <cstdint>
#include <variant>

#include "core/plot/number_text.h"

namespace weft::detail {
namespace {

std::string hex(Color color) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string out = "#";
  for (const std::uint8_t part : {color.red, color.green, color.blue}) out += {kDigits[part >> 4], kDigits[part & 15]};
  return out;
}

std::string base64(std::string_view bytes) {
  constexpr const char* kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) out += i + k <= bytes.size() ? kDigits[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

std::string attribute(std::string_view name, double value) {
  std::string out = " ";
  out += name;
  return out + "=\"" + fixed_text(value, 2) + "\"";
}

std::string element(const Rectangle& r) {
  return "<rect" + attribute("x", r.corner.x) + attribute("y", r.corner.y) + attribute("width", r.width) +
         attribute("height", r.height) + " fill=\"" + hex(r.fill) + "\"/>";
}

std::string element(const Polyline& line) {
  std::string out = "<polyline fill=\"none\" stroke=\"" + hex(line.color) + "\"" +
                    attribute("stroke-width", line.width) +
                    " stroke-linejoin=\"round\" stroke-linecap=\"round\" points=\"";
  for (const Point& p : line.points) {
    if (&p != line.points.data()) out += ' ';
    out += fixed_text(p.x, 2) + "," + fixed_text(p.y, 2);
  }
  return out + "\"/>";
}

std::string element(const Circle& c) {
  return "<circle" + attribute("cx", c.center.x) + attribute("cy", c.center.y) + attribute("r", c.radius) + " fill=\"" +
         hex(c.fill) + "\"/>";
}

std::string element(const Text& text) {
  std::string out = "<text" + attribute("x", text.at.x) + attribute("y", text.at.y) +
                    attribute("font-size", text.size) + " fill=\"" + hex(text.color) + "\"";
  if (text.anchor != Anchor::kStart)
    out += text.anchor == Anchor::kMiddle ? " text-anchor=\"middle\"" : " text-anchor=\"end\"";
  if (text.upward)
    out += " transform=\"rotate(-90 " + fixed_text(text.at.x, 2) + " " + fixed_text(text.at.y, 2) + ")\"";
  return out + ">" + escaped(text.content) + "</text>";
}

std::string element(const Raster& raster) {
  return "<image" + attribute("x", raster.corner.x) + attribute("y", raster.corner.y) +
         attribute("width", raster.width) + attribute("height", raster.height) +
         " preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" href=\"data:image/png;base64," +
         base64(png_bytes(raster.pixels, "plot")) + "\"/>";
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string svg_text(const Scene& scene) {
  const std::string width = fixed_text(scene.width, 2), height = fixed_text(scene.height, 2);
  std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + width + "\" height=\"" + height +
                    "\" viewBox=\"0 0 " + width + " " + height +
                    "\" font-family=\"Helvetica, Arial, sans-serif\" role=\"img\"";
  if (!scene.title.empty()) out += " aria-label=\"" + escaped(scene.title) + "\"";
  out += ">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
  for (const Mark& mark : scene.marks) out += std::visit([](const auto& m) { return element(m); }, mark) + "\n";
  return out + "</svg>\n";
}

}  // namespace weft::detail
