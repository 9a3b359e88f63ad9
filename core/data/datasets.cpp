// SPDX-License-Identifier: Apache-2.0
#include "weft/datasets.h"

#include <string>

#include "core/base/check.h"
#include "core/data/embedded_digits.h"
#include "core/io/csv.h"
#include "core/io/host_memory.h"
#include "weft/error.h"
#include "weft/idx.h"

namespace weft::data {
namespace {

std::filesystem::path find_file(const std::filesystem::path& directory, const std::string& stem, const char* kind) {
  // Both spellings of the dot are in circulation.
  const std::string names[] = {stem + "-" + kind, stem + "." + kind};
  for (const std::string& name : names)
    for (const char* ending : {"", ".gz"})
      if (std::error_code ignored; std::filesystem::exists(directory / (name + ending), ignored))
        return directory / (name + ending);
  fail_at<FormatError>("mnist", (directory / names[0]).string(), "there is no such file, nor one ending in .gz");
}

Tensor read_as(const std::filesystem::path& path, int rank) {
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

Dataset mnist(const std::filesystem::path& directory, bool train) {
  const std::string part = train ? "train" : "t10k";
  const Tensor images = read_as(find_file(directory, part + "-images", "idx3-ubyte"), 3);
  const Tensor labels = read_as(find_file(directory, part + "-labels", "idx1-ubyte"), 1);
  const auto bytes_of = [](const Tensor& t) { return reinterpret_cast<const std::uint8_t*>(detail::host_bytes(t)); };
  const Tensor x = scaled<float>(bytes_of(images), {images.dim(0), images.dim(1), images.dim(2), 1}, 1, 1.0f / 255);
  return Dataset({x, scaled<std::int64_t>(bytes_of(labels), {labels.dim(0)}, 1, 1)});
}

}  // namespace weft::data
