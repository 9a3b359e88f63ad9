// SPDX-License-Identifier: Apache-2.0
#include <png.h>

#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstring>

#include "core/base/check.h"
#include "core/io/decoded_image.h"
#include "core/io/exif.h"
#include "core/io/host_memory.h"

namespace weft::detail {
namespace {

// State of libpng's callbacks.
struct Input {
  std::span<const unsigned char> rest;
  std::array<char, 200> message{};
};

void take(png_structp png, png_bytep to, png_size_t count) {
  auto* input = static_cast<Input*>(png_get_io_ptr(png));
  if (count > input->rest.size()) png_error(png, "the file is cut off");
  std::memcpy(to, input->rest.data(), count);
  input->rest = input->rest.subspan(count);
}

[[noreturn]] void refuse(png_structp png, png_const_charp message) {
  auto* input = static_cast<Input*>(png_get_error_ptr(png));
  std::snprintf(input->message.data(), input->message.size(), "%s", message);
  png_longjmp(png, 1);
}

void ignore(png_structp /*png*/, png_const_charp /*message*/) {}

// libpng asks for the memory of a chunk before its bytes are there, so the file must hold every chunk. Source: PNG 1.2,
// section 3.2.
void check_chunks(const EncodedImage& image) {
  constexpr std::size_t kMark = 8, kAround = 12;  // bytes in front of the first chunk, and around a chunk's data
  std::span<const unsigned char> rest = image.bytes.subspan(kMark);
  for (bool last = false; !last;) {
    if (rest.size() < kAround) image.fail("the PNG data cannot be read: the file is cut off");
    const std::size_t length = std::size_t{rest[0]} << 24 | rest[1] << 16 | rest[2] << 8 | rest[3];
    if (length > rest.size() - kAround) image.fail("the PNG data cannot be read: the file is cut off within a chunk");
    last = std::memcmp(rest.data() + 4, "IEND", 4) == 0;
    rest = rest.subspan(kAround + length);
  }
}

// libpng's structures, freed with their owner.
struct Png {
  explicit Png(Input* input)
      : png(png_create_read_struct(PNG_LIBPNG_VER_STRING, input, refuse, ignore)),
        info(png ? png_create_info_struct(png) : nullptr) {
    if (png) png_set_read_fn(png, input, take);
  }
  ~Png() { png_destroy_read_struct(&png, &info, nullptr); }
  Png(const Png&) = delete;
  Png& operator=(const Png&) = delete;

  png_structp png;
  png_infop info;
};

// The functions below are left by longjmp where libpng refuses the file. None holds an object with a destructor,
// because that would not run; false then comes back.

bool read_header(png_structp png, png_infop info) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_read_info(png, info);
  return true;
}

// Asks for 8-bit channels without a palette.
bool prepare(png_structp png, png_infop info, int* passes) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_expand(png);
  png_set_strip_16(png);
  *passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  return true;
}

bool read_rows(png_structp png, unsigned char* to, std::size_t stride, std::size_t rows, int passes) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  for (int pass = 0; pass < passes; ++pass)
    for (std::size_t row = 0; row < rows; ++row) png_read_row(png, to + row * stride, nullptr);
  png_read_end(png, nullptr);
  return true;
}

int orientation_of(png_const_structp png, png_infop info) {
  png_uint_32 count = 0;
  png_bytep exif = nullptr;
  const bool found = png_get_eXIf_1(png, info, &count, &exif) != 0;
  return found ? exif_orientation({exif, count}) : 1;
}

}  // namespace

DecodedImage decode_png(const EncodedImage& image) {
  check_chunks(image);
  Input input{.rest = image.bytes};
  const Png png(&input);
  const auto check = [&](bool read) {
    if (!read) image.fail(cat("the PNG data cannot be read: ", input.message.data()));
  };
  if (!png.info) image.fail("libpng cannot start");
  check(read_header(png.png, png.info));
  DecodedImage out{.width = png_get_image_width(png.png, png.info), .height = png_get_image_height(png.png, png.info)};
  image.check_size(out.width, out.height);
  out.orientation = orientation_of(png.png, png.info);
  int passes = 1;
  check(prepare(png.png, png.info, &passes));
  out.channels = png_get_channels(png.png, png.info);
  const std::size_t stride = png_get_rowbytes(png.png, png.info);
  out.pixels = host_memory(stride * out.height);
  check(read_rows(png.png, reinterpret_cast<unsigned char*>(out.pixels.get()), stride, out.height, passes));
  return out;
}

}  // namespace weft::detail
