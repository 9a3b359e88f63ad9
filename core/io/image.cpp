// SPDX-License-Identifier: Apache-2.0
#include "core/io/image.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/io/decoded_image.h"
#include "core/io/extension.h"
#include "core/io/file_bytes.h"
#include "core/io/foreign_kind.h"
#include "core/io/gray.h"
#include "core/io/host_memory.h"
#include "core/io/host_values.h"
#include "core/io/image_pixels.h"
#include "core/io/png.h"
#include "core/io/printable.h"
#include "weft/error.h"
#include "weft/file.h"

namespace weft {
namespace {

using namespace std::string_view_literals;
using detail::DecodedImage;

constexpr std::string_view kPngMark = "\x89PNG\r\n\x1a\n"sv, kJpegMark = "\xff\xd8\xff"sv;

// Formats of images that are not read.
constexpr std::pair<std::string_view, std::string_view> kOthers[] = {
    {"GIF8"sv, "a GIF image"},
    {"BM"sv, "a BMP image"},
    {"II*\0"sv, "a TIFF image"},
    {"MM\0*"sv, "a TIFF image"},
    {"\0\0\0\fjP  "sv, "a JPEG 2000 image"},
    {"\xff\x0a"sv, "a JPEG XL image"},
};

// "a GIF image", of a file that begins with these bytes and is neither PNG nor JPEG.
std::string kind_of(std::string_view bytes) {
  if (bytes.empty()) return "an empty file";
  if (bytes.starts_with("RIFF") && bytes.substr(std::min<std::size_t>(8, bytes.size())).starts_with("WEBP"))
    return "a WebP image";
  for (const auto& [mark, name] : kOthers)
    if (bytes.starts_with(mark)) return std::string(name);
  const auto kind = detail::foreign_kind(bytes);
  return kind ? std::string(kind->name) : "no image";
}

// One pixel with another number of channels.
void convert(const std::uint8_t* from, std::size_t from_channels, std::uint8_t* to, std::size_t channels) {
  const bool colored = from_channels >= 3;
  if (channels == 1) {
    to[0] = colored ? detail::gray_of(from[0], from[1], from[2]) : from[0];
    return;
  }
  for (std::size_t c = 0; c < 3; ++c) to[c] = from[colored ? c : 0];
  if (channels == 4) to[3] = from_channels % 2 == 0 ? from[from_channels - 1] : 255;
}

// The image upright, with these channels. Orientations from 5 on swap rows and columns.
Tensor upright(const DecodedImage& image, std::size_t channels) {
  const bool swapped = image.orientation >= 5;
  const std::size_t height = swapped ? image.width : image.height, width = swapped ? image.height : image.width;
  const TensorSpec spec{
      {static_cast<std::int64_t>(height), static_cast<std::int64_t>(width), static_cast<std::int64_t>(channels)},
      DType::kU8};
  if (image.orientation == 1 && image.channels == channels)
    return detail::host_tensor(image.pixels.get(), spec, image.pixels);
  const auto one_of = [&](std::initializer_list<int> some) {
    return std::find(some.begin(), some.end(), image.orientation) != some.end();
  };
  const bool from_below = one_of({3, 4, 6, 7}), from_right = one_of({2, 3, 7, 8});
  const auto memory = detail::host_memory(height * width * channels);
  const auto* from = reinterpret_cast<const std::uint8_t*>(image.pixels.get());
  auto* to = reinterpret_cast<std::uint8_t*>(memory.get());
  for (std::size_t y = 0; y < height; ++y)
    for (std::size_t x = 0; x < width; ++x, to += channels) {
      const std::size_t row = swapped ? x : y, column = swapped ? y : x;
      const std::size_t at =
          (from_below ? image.height - 1 - row : row) * image.width + (from_right ? image.width - 1 - column : column);
      convert(from + at * image.channels, image.channels, to, channels);
    }
  return detail::host_tensor(memory.get(), spec, memory);
}

std::string_view text_of(std::span<const unsigned char> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void check_options(const ImageOptions& options, const std::string& name) {
  if (options.channels != 1 && options.channels != 3 && options.channels != 4)
    fail_at<ValueError>("read_image", name, "channels is ", options.channels, "; it must be 1, 3 or 4");
  if (options.max_pixels < 1)
    fail_at<ValueError>("read_image", name, "max_pixels is ", options.max_pixels, "; it must be positive");
}

void check_kind(std::span<const unsigned char> bytes, const std::string& name) {
  const std::string_view begin = text_of(bytes);
  if (!begin.starts_with(kPngMark) && !begin.starts_with(kJpegMark))
    fail_at<FormatError>("read_image", name, "this is ", kind_of(begin), "; PNG and JPEG are read, convert it");
}

// Values of 8 bits; NaN is refused.
std::vector<std::uint8_t> bytes_of(const Tensor& image) {
  if (image.dtype() == DType::kU8) return image.to_vector<std::uint8_t>();
  std::vector<std::uint8_t> out;
  for (const double value : image.to_vector<double>()) {
    if (std::isnan(value)) fail<ValueError>("write_image", "the image holds NaN; give its elements values in [0, 1]");
    out.push_back(static_cast<std::uint8_t>(std::lround(255 * std::clamp(value, 0.0, 1.0))));
  }
  return out;
}

}  // namespace

Tensor parse_image(std::span<const unsigned char> bytes, const std::string& name, const ImageOptions& options) {
  check_options(options, name);
  check_kind(bytes, name);
  const detail::EncodedImage encoded{bytes, name, options.max_pixels};
  const bool png = text_of(bytes).starts_with(kPngMark);
  const DecodedImage image = png ? detail::decode_png(encoded) : detail::decode_jpeg(encoded);
  return upright(image, static_cast<std::size_t>(options.channels));
}

Tensor read_image(const std::filesystem::path& path, const ImageOptions& options) {
  constexpr std::uint64_t kMark = 16, kOther = 1 << 24, kMostPerPixel = 16;
  const std::string name = path.string();
  check_options(options, name);
  const detail::FileBytes file(path, "read_image", false);
  const auto size = static_cast<std::size_t>(file.size());
  unsigned char begin[kMark];
  const std::size_t have = std::min<std::size_t>(kMark, size);
  file.read(0, have, begin);
  check_kind({begin, have}, name);
  // No image of the size that is allowed takes so many bytes, unless most of them are something else.
  if ((file.size() - std::min(file.size(), kOther)) / kMostPerPixel > static_cast<std::uint64_t>(options.max_pixels))
    fail_at<FormatError>("read_image", name, "the file has ", size, " bytes, more than an image of max_pixels ",
                         options.max_pixels, " needs");
  const auto memory = detail::host_memory(size);
  file.read(0, size, memory.get());
  return parse_image({reinterpret_cast<const unsigned char*>(memory.get()), size}, name, options);
}

void write_image(const std::filesystem::path& path, const Tensor& image) {
  constexpr const char* kOp = "write_image";
  const std::string extension = detail::extension_of(path);
  if (!extension.empty() && extension != ".png")
    fail_at<ValueError>(kOp, detail::printable(path.string(), 200), "an image is written as .png, not as \"",
                        detail::printable(extension), "\"");
  detail::check_known(kOp, "image", image);
  if (image.rank() != 2 && image.rank() != 3)
    fail<ShapeError>(kOp, "image is ", image.shape(), "; it must be (h, w) or (h, w, 1 | 3 | 4)");
  const detail::ImageSizes sizes = detail::image_sizes(kOp, image.unsqueeze(0));
  const std::vector<std::uint8_t> pixels = bytes_of(image);
  replace_file(path, detail::png_bytes({pixels, sizes.columns, sizes.rows, sizes.channels}, kOp), kOp);
}

}  // namespace weft
