// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/api/trace/tensor_impl.h"
#include "weft/detail/flag.h"
#include "weft/variable.h"

namespace weft::detail {

// The variable behind a Variable handle: spec, value or pending initializer, path and flags.
class Cell {
 public:
  Cell(TensorSpec spec, Init init);
  Cell(Array value, exec::Faults faults);

  const TensorSpec& spec() const { return spec_; }
  bool initialized() const { return array_.defined(); }
  // The device of the value, or of the pending draw.
  Device device() const;
  // The memory of the value, drawn on `device` first if need be; DeviceError when it lives elsewhere.
  Array storage(Device device);
  const Array& array() const { return array_; }
  // Draws the pending value with a generator of this seed.
  void draw(Device device, std::uint64_t seed);
  // Replaces a value by the one that draw() has drawn; nothing if no value is there.
  void draw_again();
  // A tensor that keeps the present value when the cell changes.
  Tensor snapshot();
  // Gives each living snapshot a copy: the cell's, its flat buffer's and its members'. Call it before the memory
  // changes.
  void before_write();
  void write(const Array& value, exec::Faults faults);
  // Bad data that the value was computed from, without what a read has thrown; a flat buffer's for its members.
  exec::Faults faults() const { return (slot ? slot->flat->faults_ : faults_).untold(); }
  void set_faults(const exec::Faults& faults) { faults_ = faults; }  // of the run that has assigned the value
  void add_faults(const exec::Faults& faults);                       // of a part that was written
  // Takes other memory of the same spec that already holds the value, such as a slot of a flat buffer.
  void move_to(Array storage) { array_ = std::move(storage); }
  void to(Device device);

  std::string path;
  Flag trainable{true};
  FileAxes file_axes = FileAxes::kSame;
  bool parameter = false;  // made as a Parameter: somebody should train it
  bool trained = false;    // gradients have been asked for
  bool roams = false;      // follows the programs that use it from device to device (generator states)
  std::mutex turn;         // held while a generator's state is read and moved on
  // The place of this cell in a flat buffer, once it is laid out.
  struct Slot {
    std::shared_ptr<Cell> flat;
    std::int64_t offset = 0;  // elements
  };
  std::optional<Slot> slot;
  // In the cell of a flat buffer: its member cells in order, with their offsets in elements.
  std::vector<std::pair<std::weak_ptr<Cell>, std::int64_t>> members;
  const Init& init() const { return init_; }
  std::uint64_t seed() const { return seed_; }

 private:
  void keep_snapshot();
  // The initializer's value on a device.
  std::pair<Array, exec::Faults> drawn(Device device, std::uint64_t seed) const;

  TensorSpec spec_;
  Init init_;
  std::uint64_t seed_ = 0;  // key of the draw, pending or done
  std::optional<Device> wanted_;
  Array array_;
  exec::Faults faults_;
  std::weak_ptr<const TensorImpl> snapshot_;
  bool members_seen_ = false;  // a member may have a living snapshot; else thousands of them need no look
};

// The cell of a defined variable; ValueError otherwise.
Cell& cell_of(const Variable& variable, const char* op);
// A key for drawing: mixes a seed with a name, the same on every platform.
std::uint64_t mix_seed(std::uint64_t seed, std::string_view name);

}  // namespace weft::detail
