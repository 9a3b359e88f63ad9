// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weft/dataset.h"
#include "weft/detail/export.h"
#include "weft/table.h"
#include "weft/tensor.h"
#include "weft/transforms.h"

namespace weft WEFT_EXPORT {
namespace data {

// Transforms in their order. fit() learns their numbers from the training part; apply() turns other rows into what the
// model was trained on.
class Pipeline {
 public:
  Pipeline() = default;  // numbers go through as they are
  // A pipeline of these transforms, not fitted yet.
  Pipeline(std::initializer_list<Transform> transforms) : transforms_(transforms) {}
  explicit Pipeline(std::vector<Transform> transforms) : transforms_(std::move(transforms)) {}

  // Learns from the rows and applies to them. All columns but the target are inputs. A transform that names the target,
  // if that is numbers, is taken back by invert_target(). ValueError for a table without rows or inputs, for a
  // transform of columns that are not there or not of its type, and as apply().
  Dataset fit(const Table& train);
  // The inputs as f32 (n, width). Then, if the table has the target: f32 (n, 1) for numbers, f32 (n, 1) of 0 and 1 for
  // up to two categories, i64 (n) for more, codes as in classes(). Columns are found by name; others than fit() saw are
  // a ValueError. So are missing cells without an Impute, categories without a OneHot or Ordinal, a number that is not
  // finite in f32, a missing or unknown target, and a pipeline that is not fitted.
  [[nodiscard]] Dataset apply(const Table& table);

  // Columns of the inputs after fit(); ValueError before, likewise the following ones.
  std::int64_t width() const;
  // Names of these columns: "age", "age missing", "sex=male".
  const std::vector<std::string>& names() const;
  // Categories of the target: those of the table that fit() was given. Empty for numbers and without a target.
  const std::vector<std::string>& classes() const;
  // Number of cells, by column, whose category fit() did not see; counted by the last fit() or apply().
  const std::map<std::string, std::int64_t>& unseen() const { return unseen_; }
  // Predictions of a target of numbers in the units of the table, f32 on the same device. Clip is not taken back.
  // ValueError for a target of categories or none, DTypeError for predictions that are no floating type.
  [[nodiscard]] Tensor invert_target(const Tensor& predictions) const;

  // The state of a fitted pipeline, as tensors whose names begin with "transforms/". weft::save() writes them beside a
  // model's.
  [[nodiscard]] std::vector<std::pair<std::string, Tensor>> tensors() const;
  // True for the name of such a tensor.
  static bool is_state(const std::string& name);
  // Reads a fitted pipeline from a safetensors file. It applies and inverts; fit() is a ValueError. FormatError for a
  // file without one or with one that does not fit together.
  static Pipeline load(const std::filesystem::path& path);

 private:
  struct State;
  const State& state() const;
  [[nodiscard]] Dataset transformed(const Table& table);

  std::vector<Transform> transforms_;
  std::shared_ptr<const State> state_;  // null before fit()
  bool is_loaded_ = false;
  std::map<std::string, std::int64_t> unseen_;
};

}  // namespace data
}  // namespace weft
