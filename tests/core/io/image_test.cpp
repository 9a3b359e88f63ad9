// SPDX-License-Identifier: Apache-2.0
// Images of every kind beside what Pillow decodes (tests/core/io/make_images.py), and files that are none.
#include "weft/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/io/image.h"
#include "tests/support/files.h"
#include "weft/array.h"
#include "weft/npy.h"
#include "weft/ops.h"

namespace weft::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

const fs::path& folder() {
  static const fs::path path = fs::path(WEFT_SOURCE_DIR) / "tests/core/io/images";
  return path;
}

std::vector<fs::path> files() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder()))
    if (entry.path().extension() != ".npz") found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

std::span<const unsigned char> bytes_of(const std::string& text) {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

// Decoders of JPEG may differ in the last steps of their arithmetic; PNG leaves no choice.
int tolerance_of(const std::string& file) { return file.ends_with(".jpg") ? 2 : 0; }

TEST(Image, HasThePixelsThatPillowDecodes) {
  const std::map<std::string, int> channels_of{{"gray", 1}, {"rgb", 3}, {"rgba", 4}};
  const auto expected = data::read_npz(folder() / "expected.npz");
  EXPECT_EQ(expected.size(), 3 * files().size());
  for (const auto& [key, pixels] : expected) {
    const std::string file = key.substr(0, key.find(' ')), kind = key.substr(key.find(' ') + 1);
    const Tensor image = read_image(folder() / file, {.channels = channels_of.at(kind)});
    ASSERT_EQ(image.dtype(), DType::kU8);
    ASSERT_EQ(image.shape(), pixels.shape()) << key;
    const auto got = image.to_vector<std::int64_t>(), wanted = pixels.to_vector<std::int64_t>();
    std::int64_t most = 0;
    for (std::size_t i = 0; i < got.size(); ++i) most = std::max(most, std::abs(got[i] - wanted[i]));
    EXPECT_LE(most, tolerance_of(file)) << key;
  }
}

TEST(Image, IsKnownByItsContent) {
  const TemporaryDirectory directory;
  fs::copy_file(folder() / "rgb.png", directory / "a.jpg");
  fs::copy_file(folder() / "color.jpg", directory / "b");
  EXPECT_EQ(read_image(directory / "a.jpg").to_vector<int>(), read_image(folder() / "rgb.png").to_vector<int>());
  EXPECT_EQ(read_image(directory / "b").to_vector<int>(), read_image(folder() / "color.jpg").to_vector<int>());
}

TEST(Image, ThatIsCutOffAnywhereIsRefused) {
  for (const fs::path& path : files()) {
    const std::string whole = read_file(path);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const std::string message =
          message_of<FormatError>([&] { parse_image(bytes_of(whole.substr(0, size)), path.filename().string(), {}); });
      EXPECT_THAT(message, HasSubstr("[read_image] " + path.filename().string() + ": ")) << size;
    }
  }
}

TEST(Image, ThatIsDamagedIsReadOrRefused) {
  int refused = 0, read = 0;
  for (const fs::path& path : files()) {
    std::string bytes = read_file(path);
    for (char& byte : bytes) {
      const char before = std::exchange(byte, static_cast<char>(byte ^ 0x41));
      try {
        const Tensor image = parse_image(bytes_of(bytes), "x", {.max_pixels = 10'000});
        read += image.numel() > 0 ? 1 : 0;
      } catch (const FormatError&) {
        ++refused;
      }
      byte = before;
    }
  }
  EXPECT_GT(refused, 1000);
  EXPECT_GT(read, 100);
}

TEST(Image, ThatIsTooLargeIsRefusedBeforeMemoryIsAskedFor) {
  const fs::path corpus = fs::path(WEFT_SOURCE_DIR) / "tests/fuzz/corpus/image";
  EXPECT_THAT(message_of<FormatError>([&] { read_image(corpus / "huge.png"); }),
              AllOf(HasSubstr("huge.png: it has 2147483647 x 2147483647 pixels; max_pixels is 100000000")));
  EXPECT_THAT(message_of<FormatError>([&] { read_image(corpus / "huge.jpg"); }),
              HasSubstr("huge.jpg: it has 65500 x 65500 pixels; max_pixels is 100000000"));
  EXPECT_THAT(message_of<FormatError>([&] { read_image(corpus / "chunk.png"); }),
              HasSubstr("chunk.png: the PNG data cannot be read: the file is cut off within a chunk"));
  EXPECT_EQ(read_image(folder() / "rgb.png", {.max_pixels = 9 * 13}).shape(), (Shape{9, 13, 3}));
  EXPECT_THAT(message_of<FormatError>([&] { read_image(folder() / "rgb.png", {.max_pixels = 9 * 13 - 1}); }),
              HasSubstr("it has 9 x 13 pixels; max_pixels is 116"));
  const TemporaryDirectory directory;
  write_file(directory / "sparse.png", read_file(folder() / "rgb.png"));
  fs::resize_file(directory / "sparse.png", 1'000'000'000'000);
  EXPECT_THAT(message_of<FormatError>([&] { read_image(directory / "sparse.png"); }),
              HasSubstr("the file has 1000000000000 bytes, more than an image of max_pixels 100000000 needs"));
}

TEST(Image, OfAnotherFormatIsNamed) {
  const auto refusal = [](const std::string& bytes) {
    return message_of<FormatError>([&] { parse_image(bytes_of(bytes), "a.png", {}); });
  };
  EXPECT_EQ(refusal("GIF89a..."), "[read_image] a.png: this is a GIF image; PNG and JPEG are read, convert it");
  EXPECT_THAT(refusal(std::string("RIFF\1\2\3\4WEBPVP8 ", 16)), HasSubstr("this is a WebP image"));
  EXPECT_THAT(refusal("RIFF"), HasSubstr("this is no image"));
  EXPECT_THAT(refusal(std::string("II*\0", 4)), HasSubstr("this is a TIFF image"));
  EXPECT_THAT(refusal(std::string("PK\3\4", 4)), HasSubstr("this is a zip archive"));
  EXPECT_THAT(refusal("<svg>"), HasSubstr("this is no image"));
  EXPECT_THAT(refusal(""), HasSubstr("this is an empty file"));
}

TEST(Image, RefusesWhatCannotBeRead) {
  const TemporaryDirectory directory;
  EXPECT_THAT(message_of<FormatError>([&] { read_image(directory / "none.png"); }),
              AllOf(HasSubstr("none.png"), HasSubstr("No such file")));
  EXPECT_THAT(message_of<FormatError>([&] { read_image(directory.path()); }), HasSubstr("this is a directory"));
  EXPECT_THAT(message_of<ValueError>([&] { read_image(folder() / "rgb.png", {.channels = 2}); }),
              HasSubstr("rgb.png: channels is 2; it must be 1, 3 or 4"));
  EXPECT_THAT(message_of<ValueError>([&] { read_image(folder() / "rgb.png", {.max_pixels = 0}); }),
              HasSubstr("max_pixels is 0; it must be positive"));
}

TEST(Image, DamagedExifTurnsNothing) {
  EXPECT_EQ(read_image(fs::path(WEFT_SOURCE_DIR) / "tests/fuzz/corpus/image/exif.jpg").to_vector<int>(),
            read_image(folder() / "turned1.jpg").to_vector<int>());
}

TEST(WrittenImage, IsReadAsItWas) {
  const TemporaryDirectory directory;
  for (const std::int64_t channels : {1, 3, 4}) {
    const Tensor image = arange(5 * 7 * channels).reshape({5, 7, channels}).to(DType::kU8);
    write_image(directory / "a.PNG", image);
    const Tensor back = read_image(directory / "a.PNG", {.channels = static_cast<int>(channels)});
    EXPECT_EQ(back.shape(), image.shape());
    EXPECT_EQ(back.to_vector<int>(), image.to_vector<int>());
  }
  write_image(directory / "b.png", Tensor::of<float>({-1, 0, 0.25f, 0.5f, 1, 2}, {2, 3}));
  EXPECT_EQ(read_image(directory / "b.png", {.channels = 1}).to_vector<int>(),
            (std::vector<int>{0, 0, 64, 128, 255, 255}));
}

TEST(WrittenImage, RefusesWhatIsNoImage) {
  const TemporaryDirectory directory;
  const fs::path path = directory / "a.png";
  EXPECT_THAT(message_of<ValueError>([&] {
                write_image(directory / "a.jpg", zeros({2, 2}));
              }),
              HasSubstr("an image is written as .png, not as \".jpg\""));
  EXPECT_THAT(message_of<ValueError>([&] {
                write_image(path, full({2, 2}, std::nan("")));
              }),
              HasSubstr("the image holds NaN"));
  EXPECT_THAT(message_of<ShapeError>([&] { write_image(path, zeros({2, 2, 2})); }), HasSubstr("write_image"));
  EXPECT_THAT(message_of<ShapeError>([&] { write_image(path, zeros({1, 2, 2, 3})); }), HasSubstr("(1, 2, 2, 3)"));
  EXPECT_THAT(message_of<ShapeError>([&] { write_image(path, zeros({0, 2})); }), HasSubstr("must have a pixel"));
  EXPECT_THAT(message_of<DTypeError>([&] { write_image(path, zeros({2, 2}, DType::kI64)); }), HasSubstr("i64"));
  EXPECT_THROW(write_image(path, Tensor()), ValueError);
  EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace weft::testing
