// SPDX-License-Identifier: Apache-2.0
#include "weft/datasets.h"

#include <optional>
#include <string>
#include <system_error>

#include "core/base/check.h"
#include "core/data/embedded_digits.h"
#include "core/io/csv.h"
#include "core/io/host_memory.h"
#include "weft/error.h"
#include "weft/idx.h"

namespace weft::data {
namespace {

namespace fs = std::filesystem;

// A folder is no file. One that must not be looked at counts, so that reading it says so.
bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) || error == std::errc::permission_denied;
}

// One of the four files, wherever it is looked for: both spellings of the dot are in circulation, packed or not, and
// some archives unpack each file into a folder of its name.
std::optional<fs::path> file_in(const fs::path& directory, const std::string& stem, const char* kind) {
  const std::string names[] = {stem + "-" + kind, stem + "." + kind};
  for (const char* ending : {"", ".gz"})
    for (const std::string& name : names)
      for (const std::string& folder : {std::string(), names[0], names[1]})
        if (is_there(directory / folder / (name + ending))) return directory / folder / (name + ending);
  return std::nullopt;
}

fs::path find_file(const fs::path& directory, const std::string& stem, const char* kind) {
  if (auto found = file_in(directory, stem, kind)) return *found;
  const std::string name = stem + "-" + kind;
  fail_at<FormatError>("mnist", (directory / name).string(), "there is no such file, nor one ending in .gz or spelled ",
                       stem, ".", kind);
}

Tensor read_as(const fs::path& path, int rank) {
  Tensor x = read_idx(path);
  if (x.dtype() != DType::kU8 || x.rank() != rank)
    fail_at<FormatError>("mnist", path.string(),
                         "it holds " + TensorSpec{x.shape(), x.dtype()}.text() + ", u8 with " + std::to_string(rank) +
                             " axes is expected");
  return x;
}

// The values of a tensor, each times `scale`, as another type.
template <class To, class From>
Tensor scaled(const From* from, Shape shape, std::int64_t stride, To scale) {
  const auto n = static_cast<std::size_t>(shape.numel());
  const auto memory = detail::host_memory(n * sizeof(To));
  To* to = reinterpret_cast<To*>(memory.get());
  for (std::size_t i = 0; i < n; ++i) to[i] = static_cast<To>(from[i * static_cast<std::size_t>(stride)]) * scale;
  return detail::host_tensor(to, {std::move(shape), dtype_of<To>()}, memory);
}

}  // namespace

Split digits() {
  constexpr std::int64_t kPixels = 64;
  const Tensor table =
      parse_csv(detail::ByteSource({detail::embedded_digits, detail::embedded_digits_size}, "digits.csv.gz", "digits"),
                {})
          .values;
  const std::int64_t n = table.dim(0);
  const auto* rows = reinterpret_cast<const double*>(detail::host_bytes(table));
  const auto memory = detail::host_memory(static_cast<std::size_t>(n * kPixels) * sizeof(float));
  auto* pixels = reinterpret_cast<float*>(memory.get());
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < kPixels; ++j)
      pixels[i * kPixels + j] = static_cast<float>(rows[i * (kPixels + 1) + j] / 16);
  const Tensor x = detail::host_tensor(pixels, {{n, kPixels}, DType::kF32}, memory);
  const Tensor y = scaled<std::int64_t>(rows + kPixels, {n}, kPixels + 1, 1);
  return Dataset({x, y}).split(0.8, 1998);
}

Dataset mnist(const fs::path& directory, bool train) {
  const std::string part = train ? "train" : "t10k";
  const Tensor images = read_as(find_file(directory, part + "-images", "idx3-ubyte"), 3);
  const Tensor labels = read_as(find_file(directory, part + "-labels", "idx1-ubyte"), 1);
  const auto bytes_of = [](const Tensor& t) { return reinterpret_cast<const std::uint8_t*>(detail::host_bytes(t)); };
  if (images.dim(0) != labels.dim(0))
    fail_at<FormatError>("mnist", directory.string(), part, " has ", images.dim(0), " images and ", labels.dim(0),
                         " labels; they must be equally many");
  const Tensor x = scaled<float>(bytes_of(images), {images.dim(0), images.dim(1), images.dim(2), 1}, 1, 1.0f / 255);
  return Dataset({x, scaled<std::int64_t>(bytes_of(labels), {labels.dim(0)}, 1, 1)});
}

}  // namespace weft::data
