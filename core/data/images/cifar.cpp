// SPDX-License-Identifier: Apache-2.0
#include "core/data/images/cifar.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/base/check.h"
#include "core/io/file_bytes.h"
#include "core/io/host_memory.h"
#include "core/io/printable.h"
#include "weft/dataset.h"
#include "weft/error.h"
#include "weft/images.h"

namespace weft {
namespace detail {

std::size_t CifarRecord::count(std::uint64_t file_bytes, const std::string& file) const {
  if (file_bytes == 0 || file_bytes % bytes() != 0)
    fail_at<FormatError>(op, file, "the file has ", file_bytes, " bytes; records of ", bytes(), " are expected");
  return static_cast<std::size_t>(file_bytes / bytes());
}

void parse_cifar(std::span<const std::byte> records, const std::string& file, const CifarRecord& record,
                 std::byte* pixels, std::vector<std::int64_t>& labels) {
  constexpr std::size_t kPlane = CifarRecord::kSide * CifarRecord::kSide;
  const std::size_t count = record.count(records.size(), file);
  for (std::size_t r = 0; r < count; ++r, pixels += CifarRecord::kPixelBytes) {
    const std::byte* const begin = records.data() + r * record.bytes();
    const auto label = static_cast<std::size_t>(begin[record.labels - 1]);
    if (label >= record.classes)
      fail_at<FormatError>(record.op, file, "record ", r, " has label ", label, "; it must lie in [0, ", record.classes,
                           ")");
    labels.push_back(static_cast<std::int64_t>(label));
    for (std::size_t i = 0; i < kPlane; ++i)
      for (std::size_t c = 0; c < 3; ++c) pixels[3 * i + c] = begin[record.labels + c * kPlane + i];
  }
}

std::vector<std::string> parse_cifar_names(std::string_view text, const std::string& file, const CifarRecord& record) {
  std::vector<std::string> names;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of("\r\n", at), text.size());
    const std::string_view line = text.substr(at, end - at);
    at = end + 1;
    if (line.empty()) continue;
    if (!is_clean_text(line)) fail_at<FormatError>(record.op, file, "\"", printable(line), "\" is no name of a class");
    names.emplace_back(line);
  }
  if (names.size() != record.classes)
    fail_at<FormatError>(record.op, file, "it holds ", names.size(), " names; ", record.classes, " are expected");
  return names;
}

}  // namespace detail

namespace data {
namespace {

namespace fs = std::filesystem;
using detail::CifarRecord;
using detail::FileBytes;

// The files of one of the two sets.
struct Cifar {
  CifarRecord record;
  std::string folder, names;
  std::vector<std::string> train, test;
};

std::vector<std::string> names_in(const fs::path& path, const CifarRecord& record) {
  constexpr std::uint64_t kMost = 1 << 16;
  const FileBytes file(path, record.op, false);
  if (file.size() > kMost)
    fail_at<FormatError>(record.op, path.string(), "the file has ", file.size(), " bytes; ", record.classes,
                         " names are expected");
  std::string text(static_cast<std::size_t>(file.size()), '\0');
  file.read(0, text.size(), text.data());
  return detail::parse_cifar_names(text, path.string(), record);
}

Dataset rows_in(const fs::path& folder, const std::vector<std::string>& names, const CifarRecord& record) {
  std::vector<FileBytes> files;
  std::size_t rows = 0;
  for (const std::string& name : names)
    rows += record.count(files.emplace_back(folder / name, record.op, false).size(), (folder / name).string());
  const auto pixels = detail::host_memory(rows * CifarRecord::kPixelBytes);
  std::vector<std::int64_t> labels;
  for (std::size_t f = 0; f < files.size(); ++f) {
    const auto bytes = static_cast<std::size_t>(files[f].size());
    const auto records = detail::host_memory(bytes);
    files[f].read(0, bytes, records.get());
    detail::parse_cifar({records.get(), bytes}, (folder / names[f]).string(), record,
                        pixels.get() + labels.size() * CifarRecord::kPixelBytes, labels);
  }
  const auto n = static_cast<std::int64_t>(rows), side = static_cast<std::int64_t>(CifarRecord::kSide);
  return Dataset({detail::host_tensor(pixels.get(), {{n, side, side, 3}, DType::kU8}, pixels),
                  detail::host_tensor(std::move(labels), {n})});
}

ImageSplit read(const fs::path& folder, const Cifar& set) {
  std::error_code ignored;
  const fs::path inner = folder / set.folder;
  const fs::path place = fs::is_directory(inner, ignored) ? inner : folder;
  const std::vector<std::string> names = names_in(place / set.names, set.record);
  return {Images(rows_in(place, set.train, set.record), names), Images(rows_in(place, set.test, set.record), names)};
}

}  // namespace

ImageSplit cifar10(const fs::path& folder) {
  return read(folder,
              {{"cifar10", 10, 1},
               "cifar-10-batches-bin",
               "batches.meta.txt",
               {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
               {"test_batch.bin"}});
}

ImageSplit cifar100(const fs::path& folder) {
  return read(folder, {{"cifar100", 100, 2}, "cifar-100-binary", "fine_label_names.txt", {"train.bin"}, {"test.bin"}});
}

}  // namespace data
}  // namespace weft
