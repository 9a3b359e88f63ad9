// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/detail/export.h"
#include "weft/detail/tracked.h"
#include "weft/tensor.h"

namespace weft WEFT_EXPORT {

namespace detail {
class Cell;
}

// The first value of a variable, drawn when it is first needed, on the variable's device. `draw` runs with a generator
// keyed by (seed, path) under a Trainer or Module::initialize(), by (seed, creation ordinal) elsewhere.
struct Init {
  std::function<Tensor(const Shape&, DType)> draw;  // gives a tensor of that shape and dtype
};

// Order of a variable's axes in files of weights, which have PyTorch's.
enum class FileAxes : std::uint8_t {
  kSame,
  kChannelsSecond,  // (out, window..., in) is (out, in, window...) in files: filters of convolutions
};

// A handle to a named cell, the only thing that changes. Copies of a handle share the cell, which ties weights. In a
// trace a read gives the latest assigned value; outside, a snapshot of the value now.
class Variable {
 public:
  Variable() = default;  // undefined
  // A cell whose value is drawn when it is first needed.
  Variable(Shape shape, Init init, DType dtype = DType::kF32);
  // A cell with this value.
  explicit Variable(const Tensor& value);

  // The value: a node of the trace at hand, or a snapshot.
  [[nodiscard]] Tensor value() const;
  operator Tensor() const { return value(); }
  // Assigns a value: in a trace at this point of the program, outside at once. ShapeError or DTypeError when the value
  // does not fit.
  void assign(const Tensor& value) const;

  // Shape, dtype, number of elements and device; known before the value is drawn.
  const Shape& shape() const;
  DType dtype() const;
  std::int64_t numel() const { return shape().numel(); }
  Device device() const;
  // "model.2.weight": given by the first module that was asked for its parameters; empty for a loose cell.
  const std::string& path() const;
  void set_path(std::string path) const;
  // False: no gradient. Programs that read the flag while tracing pick another trace when it changes.
  bool trainable() const;
  void set_trainable(bool on) const;
  // Order of the axes in files that save() writes and load() reads.
  FileAxes file_axes() const;
  void set_file_axes(FileAxes axes) const;
  // True if the value exists. Before, moving or loading the variable draws nothing.
  bool initialized() const;
  // Draws the value now if there is none, keyed by (seed, path).
  void initialize(std::uint64_t seed) const;
  // The initializer's value again, drawn by the same key as before. Draws nothing if there is no value yet. ValueError
  // for a variable made from a tensor, TraceError in a trace.
  void reset() const;
  // Moves the cell, for all who share it. DeviceError for a cell that an optimizer has laid out on another device.
  void to(Device device) const;
  // False for a default-constructed handle.
  bool defined() const { return cell_ != nullptr; }
  // True for two handles of one cell.
  bool same_cell(const Variable& other) const { return cell_ == other.cell_; }
  // A cell of its own with the same value (or the same pending initializer).
  Variable clone() const;

  explicit Variable(std::shared_ptr<detail::Cell> cell) : cell_(std::move(cell)) {}
  const std::shared_ptr<detail::Cell>& cell() const { return cell_; }

 private:
  std::shared_ptr<detail::Cell> cell_;
};

// A variable that is trained. Modules list parameters and buffers apart.
struct Parameter : Variable, detail::Tracked<detail::TrackedKind::kParameter> {
  Parameter() = default;
  // A parameter whose value is drawn when it is first needed.
  Parameter(Shape shape, Init init, DType dtype = DType::kF32);
  explicit Parameter(const Tensor& value);
};
// A variable that no optimizer touches, such as running statistics.
struct Buffer : Variable, detail::Tracked<detail::TrackedKind::kBuffer> {
  using Variable::Variable;
};

// Named variables in path order, each cell once.
class Parameters {
 public:
  Parameters() = default;
  // Variables under names.
  Parameters(std::initializer_list<std::pair<std::string, Variable>> named);
  // Adds a cell that is not there yet; the name becomes its path unless it has one.
  void add(std::string name, const Variable& variable);
  // Number of variables.
  std::size_t size() const { return variables_.size(); }
  bool empty() const { return variables_.empty(); }
  std::int64_t numel() const;  // elements of all variables
  // Variables and names by position, in path order.
  const Variable& operator[](std::size_t i) const { return variables_[i]; }
  const std::string& name(std::size_t i) const { return names_[i]; }
  const Variable* begin() const { return variables_.data(); }
  const Variable* end() const { return variables_.data() + variables_.size(); }
  // True where a handle of the same cell is in the list.
  bool contains(const Variable& variable) const;
  // The variables whose name matches a glob: "*.bias", "blocks.?.norm.*".
  Parameters matching(std::string_view glob) const;
  // Union and difference, by cell.
  friend WEFT_EXPORT Parameters operator+(Parameters a, const Parameters& b);
  friend WEFT_EXPORT Parameters operator-(const Parameters& a, const Parameters& b);

 private:
  std::vector<std::string> names_;
  std::vector<Variable> variables_;
};

// True if `text` matches a glob of '*' (any run) and '?' (any one character).
bool matches_glob(std::string_view glob, std::string_view text);

}  // namespace weft
