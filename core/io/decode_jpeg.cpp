// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

// After <cstdio>, which libjpeg does not include.
#include <jpeglib.h>

#include <jerror.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <string_view>

#include "core/base/check.h"
#include "core/io/decoded_image.h"
#include "core/io/exif.h"
#include "core/io/host_memory.h"

namespace weft::detail {
namespace {

// libjpeg's state, and where its errors go.
struct Jpeg {
  Jpeg() = default;
  ~Jpeg() { jpeg_destroy_decompress(&decoder); }
  Jpeg(const Jpeg&) = delete;
  Jpeg& operator=(const Jpeg&) = delete;

  jpeg_decompress_struct decoder{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  std::jmp_buf back{};
  std::array<char, JMSG_LENGTH_MAX> message{};
};

Jpeg& owner_of(j_common_ptr decoder) { return *static_cast<Jpeg*>(decoder->client_data); }

[[noreturn]] void refuse(j_common_ptr decoder) {
  Jpeg& jpeg = owner_of(decoder);
  jpeg.errors.format_message(decoder, jpeg.message.data());
  std::longjmp(jpeg.back, 1);
}

// Warnings of lost pixels are errors; libjpeg would put gray ones in their place. Others harm no pixel.
void warn(j_common_ptr decoder, int level) {
  constexpr std::array kLost{JWRN_JPEG_EOF, JWRN_HIT_MARKER, JWRN_HUFF_BAD_CODE, JWRN_ARITH_BAD_CODE, JWRN_MUST_RESYNC};
  if (level < 0 && std::find(kLost.begin(), kLost.end(), decoder->err->msg_code) != kLost.end()) refuse(decoder);
}

// A progressive file of a few bytes may ask for any number of passes over all its pixels.
void limit_scans(j_common_ptr decoder) {
  constexpr int kMost = 500;
  if (reinterpret_cast<j_decompress_ptr>(decoder)->input_scan_number <= kMost) return;
  Jpeg& jpeg = owner_of(decoder);
  std::snprintf(jpeg.message.data(), jpeg.message.size(), "it has more than %d scans", kMost);
  std::longjmp(jpeg.back, 1);
}

// The functions below are left by longjmp where libjpeg refuses the file. None holds an object with a destructor,
// because that would not run; false then comes back.

bool read_header(Jpeg& jpeg, const unsigned char* bytes, std::size_t size) {
  constexpr unsigned kLongestMarker = 0xffff;
  jpeg.decoder.err = jpeg_std_error(&jpeg.errors);
  jpeg.decoder.client_data = &jpeg;
  jpeg.errors.error_exit = refuse;
  jpeg.errors.emit_message = warn;
  jpeg.progress.progress_monitor = limit_scans;
  if (setjmp(jpeg.back) != 0) return false;
  jpeg_create_decompress(&jpeg.decoder);
  jpeg.decoder.progress = &jpeg.progress;
  jpeg_mem_src(&jpeg.decoder, bytes, size);
  jpeg_save_markers(&jpeg.decoder, JPEG_APP0 + 1, kLongestMarker);
  jpeg_read_header(&jpeg.decoder, TRUE);
  return true;
}

bool read_rows(Jpeg& jpeg, unsigned char* to, std::size_t stride) {
  if (setjmp(jpeg.back) != 0) return false;
  jpeg_start_decompress(&jpeg.decoder);
  while (jpeg.decoder.output_scanline < jpeg.decoder.output_height) {
    JSAMPROW row = to + jpeg.decoder.output_scanline * stride;
    jpeg_read_scanlines(&jpeg.decoder, &row, 1);
  }
  jpeg_finish_decompress(&jpeg.decoder);
  return true;
}

int orientation_of(const jpeg_decompress_struct& decoder) {
  using namespace std::string_view_literals;
  constexpr std::string_view kExif = "Exif\0\0"sv;
  for (const jpeg_marker_struct* marker = decoder.marker_list; marker; marker = marker->next) {
    const std::span<const unsigned char> data(marker->data, marker->data_length);
    if (std::string_view(reinterpret_cast<const char*>(data.data()), data.size()).starts_with(kExif))
      return exif_orientation(data.subspan(kExif.size()));
  }
  return 1;
}

// a * b / 255, rounded.
unsigned share(unsigned a, unsigned b) {
  const unsigned product = a * b + 128;
  return (product + (product >> 8)) >> 8;
}

// RGB from the complements of cyan, magenta, yellow and black, which is how programs store them.
DecodedImage without_black(const DecodedImage& cmyk) {
  DecodedImage out = cmyk;
  out.channels = 3;
  const std::size_t pixels = cmyk.width * cmyk.height;
  out.pixels = host_memory(pixels * 3);
  const auto* from = reinterpret_cast<const unsigned char*>(cmyk.pixels.get());
  auto* to = reinterpret_cast<unsigned char*>(out.pixels.get());
  for (std::size_t i = 0; i < pixels; ++i, from += 4, to += 3)
    for (std::size_t c = 0; c < 3; ++c) to[c] = static_cast<unsigned char>(from[3] - share(255u - from[c], from[3]));
  return out;
}

}  // namespace

DecodedImage decode_jpeg(const EncodedImage& image) {
  Jpeg jpeg;
  const auto check = [&](bool read) {
    if (!read) image.fail(cat("the JPEG data cannot be read: ", jpeg.message.data()));
  };
  check(read_header(jpeg, image.bytes.data(), image.bytes.size()));
  jpeg_decompress_struct& decoder = jpeg.decoder;
  DecodedImage out{.width = decoder.image_width, .height = decoder.image_height};
  image.check_size(out.width, out.height);
  out.orientation = orientation_of(decoder);
  const bool gray = decoder.jpeg_color_space == JCS_GRAYSCALE;
  const bool cmyk = decoder.jpeg_color_space == JCS_CMYK || decoder.jpeg_color_space == JCS_YCCK;
  decoder.out_color_space = gray ? JCS_GRAYSCALE : cmyk ? JCS_CMYK : JCS_RGB;
  out.channels = gray ? 1 : cmyk ? 4 : 3;
  out.pixels = host_memory(out.width * out.height * out.channels);
  check(read_rows(jpeg, reinterpret_cast<unsigned char*>(out.pixels.get()), out.width * out.channels));
  return cmyk ? without_black(out) : out;
}

}  // namespace weft::detail
