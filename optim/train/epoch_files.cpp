// SPDX-License-Identifier: Apache-2.0
#include "optim/train/epoch_files.h"

#include <charconv>
#include <string>
#include <string_view>
#include <system_error>

#include "core/base/check.h"

namespace weft::detail {
namespace {

constexpr std::string_view kBegin = "epoch-", kEnd = ".safetensors";

// The epoch of a file name; 0 for any other name.
std::int64_t epoch_of(std::string_view name) {
  if (!name.starts_with(kBegin) || !name.ends_with(kEnd) || name.size() <= kBegin.size() + kEnd.size()) return 0;
  const std::string_view digits = name.substr(kBegin.size(), name.size() - kBegin.size() - kEnd.size());
  std::int64_t epoch = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), epoch);
  return error == std::errc{} && end == digits.data() + digits.size() && epoch > 0 ? epoch : 0;
}

}  // namespace

std::filesystem::path epoch_file(const std::filesystem::path& directory, std::int64_t epoch) {
  constexpr std::size_t kDigits = 4;
  std::string number = std::to_string(epoch);
  number.insert(0, number.size() < kDigits ? kDigits - number.size() : 0, '0');
  return directory / (std::string(kBegin) + number + std::string(kEnd));
}

std::optional<std::filesystem::path> latest_checkpoint(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return path;
  std::int64_t latest = 0;
  std::optional<std::filesystem::path> out;
  std::filesystem::directory_iterator entry(path, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::int64_t epoch = epoch_of(entry->path().filename().native());
    if (epoch <= latest) continue;
    latest = epoch;
    out = entry->path();
  }
  if (error)
    fail_at<FormatError>("resume", path.string(), "the directory cannot be read: ", error.message(),
                         "; give the file itself or the right to read the directory");
  return out;
}

}  // namespace weft::detail
