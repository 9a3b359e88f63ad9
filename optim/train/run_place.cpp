// SPDX-License-Identifier: Apache-2.0
#include "optim/train/run_place.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

#include "core/base/check.h"

namespace weft::detail {
namespace {

constexpr std::string_view kFigures = "figures/", kCallbacks = "callbacks/", kMetrics = "metrics/";
constexpr std::int64_t kFiguresOfEpoch = 8;
constexpr std::int64_t kFiguresWithoutRate = 7;  // in files from before epochs had a rate

Tensor history_tensor(const History& history) {
  std::vector<double> out;
  for (const Epoch& e : history.epochs)
    out.insert(out.end(), {static_cast<double>(e.number), e.loss, e.accuracy, e.validation_loss, e.validation_accuracy,
                           e.seconds, e.samples_per_second, e.lr});
  return Tensor::of(out, {std::ssize(history.epochs), kFiguresOfEpoch});
}

// The values of each metric over the epochs, NaN where an epoch has none.
NamedTensors metric_tensors(const History& history) {
  NamedTensors out;
  std::map<std::string, std::vector<double>> all;
  for (std::size_t i = 0; i < history.epochs.size(); ++i)
    for (const auto& [name, value] : history.epochs[i].validation_metrics) {
      std::vector<double>& values = all[name];
      values.resize(history.epochs.size(), std::numeric_limits<double>::quiet_NaN());
      values[i] = value;
    }
  for (const auto& [name, values] : all)
    out.emplace(std::string(kMetrics) + name, Tensor::of(values, {std::ssize(values)}));
  return out;
}

Tensor text_tensor(const std::string& text) {
  return Tensor::of(std::vector<std::uint8_t>(text.begin(), text.end()), {std::ssize(text)});
}

// Reads the values of a file by name.
class Reader {
 public:
  Reader(const NamedTensors& values, const std::filesystem::path& path) : values_(values), path_(path) {}

  std::int64_t integer(const std::string& name, std::int64_t least, std::int64_t most) const {
    const auto value = at(name, DType::kI64, Shape{}).item<std::int64_t>();
    if (value < least || value > most) refuse(name, cat("is ", value, ", it must lie in [", least, ", ", most, "]"));
    return value;
  }
  bool flag(const std::string& name) const { return integer(name, 0, 1) == 1; }
  double number(const std::string& name) const { return at(name, DType::kF64, Shape{}).item<double>(); }
  std::string text(const std::string& name) const {
    const Tensor& value = at(name, DType::kU8, std::nullopt);
    const std::vector<std::uint8_t> bytes = value.to_vector<std::uint8_t>();
    return {bytes.begin(), bytes.end()};
  }
  void add_metric(History& history, const std::string& name, const Tensor& value) const {
    if (value.dtype() != DType::kF64 || value.shape() != Shape{std::ssize(history.epochs)})
      refuse(std::string(kMetrics) + name,
             cat("is ", TensorSpec{value.shape(), value.dtype()}, ", it must be f64(", history.epochs.size(), ")"));
    const std::vector<double> values = value.to_vector<double>();
    for (std::size_t i = 0; i < values.size(); ++i) history.epochs[i].validation_metrics.emplace_back(name, values[i]);
  }
  std::vector<Epoch> epochs(const std::string& name) const {
    const Tensor& value = at(name, DType::kF64, std::nullopt);
    if (value.rank() != 2 || (value.dim(1) != kFiguresOfEpoch && value.dim(1) != kFiguresWithoutRate))
      refuse(name, cat("is ", value.shape(), ", it must be (epochs, ", kFiguresOfEpoch, ")"));
    const bool has_rate = value.dim(1) == kFiguresOfEpoch;
    std::vector<Epoch> out;
    const std::vector<double> all = value.to_vector<double>();
    for (std::size_t i = 0; i < all.size(); i += static_cast<std::size_t>(value.dim(1))) {
      constexpr double kMost = 2147483647;
      if (!(all[i] >= 1 && all[i] <= kMost)) refuse(name, cat("has epoch ", all[i], ", the first is 1"));
      out.push_back({.number = static_cast<int>(all[i]),
                     .loss = all[i + 1],
                     .accuracy = all[i + 2],
                     .validation_loss = all[i + 3],
                     .validation_accuracy = all[i + 4],
                     .seconds = all[i + 5],
                     .samples_per_second = all[i + 6],
                     .lr = has_rate ? all[i + 7] : std::numeric_limits<double>::quiet_NaN()});
    }
    return out;
  }
  // The values whose names begin with a prefix, by the rest of their names.
  NamedTensors below(std::string_view prefix) const {
    NamedTensors out;
    for (const auto& [name, value] : values_)
      if (name.starts_with(prefix)) out.emplace(name.substr(prefix.size()), value);
    return out;
  }
  [[noreturn]] void refuse(const std::string& name, const std::string& why) const {
    fail_at<FormatError>("resume", path_.string(), "the run's '", name, "' ", why,
                         "; the file was not written by a trainer");
  }

 private:
  const Tensor& at(const std::string& name, DType dtype, const std::optional<Shape>& shape) const {
    const auto found = values_.find(name);
    if (found == values_.end()) refuse(name, "is missing");
    const Tensor& value = found->second;
    if (value.dtype() != dtype || (shape && value.shape() != *shape))
      refuse(name, cat("is ", TensorSpec{value.shape(), value.dtype()}));
    return value;
  }
  const NamedTensors& values_;
  const std::filesystem::path& path_;
};

std::string key_of(std::size_t callback) { return std::string(kCallbacks) + std::to_string(callback); }

}  // namespace

NamedTensors values_of(const RunPlace& place) {
  const DeviceScope here(Device::cpu());
  NamedTensors out;
  const auto integer = [&](const char* name, std::int64_t value) { out.emplace(name, Tensor::scalar(value)); };
  integer("hook", static_cast<std::int64_t>(place.hook));
  integer("told", place.told);
  integer("batch", place.batch);
  integer("samples", place.samples);
  integer("skipped", place.skipped);
  integer("stop", place.stop ? 1 : 0);
  integer("rows", place.rows);
  integer("batch_size", place.batch_size);
  integer("shuffle", place.shuffle ? 1 : 0);
  integer("drop_last", place.drop_last ? 1 : 0);
  integer("sampling", place.sampling);
  integer("callbacks", std::ssize(place.callbacks));
  out.emplace("seconds", Tensor::scalar(place.seconds));
  out.emplace("history", history_tensor(place.history));
  out.merge(metric_tensors(place.history));
  out.emplace("best_validation_loss", Tensor::scalar(place.history.best_validation_loss));
  for (const auto& [name, value] : place.figures) out.emplace(std::string(kFigures) + name, value);
  for (std::size_t i = 0; i < place.callbacks.size(); ++i) {
    out.emplace(key_of(i), text_tensor(place.callbacks[i].type));
    for (const auto& [name, value] : place.callbacks[i].values) out.emplace(key_of(i) + "/" + name, value);
  }
  return out;
}

RunPlace place_of(const NamedTensors& values, const std::filesystem::path& path) {
  constexpr std::int64_t kMost = std::int64_t{1} << 62;
  const Reader file(values, path);
  RunPlace out;
  out.hook = static_cast<Hook>(file.integer("hook", 1, 2));
  const std::int64_t callbacks = file.integer("callbacks", 0, std::ssize(values));
  out.told = file.integer("told", 0, callbacks);
  out.batch = file.integer("batch", 0, kMost);
  out.samples = file.integer("samples", 0, kMost);
  out.skipped = file.integer("skipped", 0, kMost);
  out.seconds = file.number("seconds");
  out.stop = file.flag("stop");
  out.rows = file.integer("rows", 1, kMost);
  out.batch_size = file.integer("batch_size", 1, kMost);
  out.shuffle = file.flag("shuffle");
  out.drop_last = file.flag("drop_last");
  if (values.contains("sampling")) out.sampling = file.integer("sampling", 0, std::numeric_limits<std::int64_t>::max());
  out.history = {file.epochs("history"), file.number("best_validation_loss")};
  for (const auto& [name, value] : file.below(kMetrics)) file.add_metric(out.history, name, value);
  if (out.hook == Hook::kEpoch && out.history.epochs.empty()) file.refuse("history", "has no epoch");
  out.figures = file.below(kFigures);
  for (std::size_t i = 0; i < static_cast<std::size_t>(callbacks); ++i)
    out.callbacks.push_back({file.text(key_of(i)), file.below(key_of(i) + "/")});
  return out;
}

}  // namespace weft::detail
