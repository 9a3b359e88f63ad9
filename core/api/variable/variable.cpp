// SPDX-License-Identifier: Apache-2.0
#include "weft/variable.h"

#include "core/api/trace/cell.h"
#include "core/api/trace/tracer.h"
#include "core/base/check.h"

namespace weft {

using detail::Cell;
using detail::cell_of;
using detail::Tracer;

Variable::Variable(Shape shape, Init init, DType dtype) {
  for (const std::int64_t d : shape)
    if (d < 0) fail<ShapeError>("variable", "shape ", shape, " has a negative size");
  cell_ = std::make_shared<Cell>(TensorSpec{std::move(shape), dtype}, std::move(init));
}

Variable::Variable(const Tensor& value) {
  const detail::TensorImpl& impl = detail::concrete_of(value, "variable");
  const Array given = impl.array();
  // A copy, because the tensor must keep its value when the variable changes.
  const Stream stream = Stream::current(given.device());
  Array own = Array::empty(given.spec(), stream);
  copy_bytes(own.data(), own.device(), given.data(), given.device(), static_cast<std::size_t>(given.spec().bytes()),
             stream);
  cell_ = std::make_shared<Cell>(std::move(own), impl.faults());
}

Tensor Variable::value() const {
  Cell& cell = cell_of(*this, "value");
  if (Tracer* tracer = Tracer::current()) return tracer->wrap(tracer->read(cell_));
  return cell.snapshot();
}

void Variable::assign(const Tensor& value) const {
  Cell& cell = cell_of(*this, "assign");
  const TensorSpec& given = detail::impl_of(value, "assign").spec();
  if (given.shape != cell.spec().shape)
    fail<ShapeError>("assign", "variable '", cell.path, "' is ", cell.spec(), ", the value is ", given);
  if (given.dtype != cell.spec().dtype)
    fail<DTypeError>("assign", "variable '", cell.path, "' is ", cell.spec(), ", the value is ", given);
  if (Tracer* tracer = Tracer::current()) {
    tracer->assign(cell_, tracer->lift(value, "assign"));
  } else {
    const detail::TensorImpl& impl = detail::concrete_of(value, "assign");
    cell.write(impl.array(), impl.faults());
  }
}

const Shape& Variable::shape() const { return cell_of(*this, "shape").spec().shape; }
DType Variable::dtype() const { return cell_of(*this, "dtype").spec().dtype; }
Device Variable::device() const { return cell_of(*this, "device").device(); }
const std::string& Variable::path() const { return cell_of(*this, "path").path; }
void Variable::set_path(std::string path) const { cell_of(*this, "set_path").path = std::move(path); }
bool Variable::trainable() const { return cell_of(*this, "trainable").trainable.get(); }
void Variable::set_trainable(bool on) const { cell_of(*this, "set_trainable").trainable.set(on); }
FileAxes Variable::file_axes() const { return cell_of(*this, "file_axes").file_axes; }
void Variable::set_file_axes(FileAxes axes) const { cell_of(*this, "set_file_axes").file_axes = axes; }
bool Variable::initialized() const { return cell_of(*this, "initialized").initialized(); }

void Variable::initialize(std::uint64_t seed) const {
  Cell& cell = cell_of(*this, "initialize");
  cell.draw(cell.device(), detail::mix_seed(seed, cell.path));
}

void Variable::reset() const {
  Cell& cell = cell_of(*this, "reset");
  if (Tracer::current()) fail<TraceError>("reset", "in a program; call it between runs");
  if (!cell.init().draw)
    fail<ValueError>("reset", "variable '", cell.path,
                     "' was made from a tensor and has no initializer; assign() a value");
  cell.draw_again();
}

void Variable::to(Device device) const { cell_of(*this, "to").to(device); }

Variable Variable::clone() const {
  Cell& cell = cell_of(*this, "clone");
  Variable copy;
  if (cell.initialized()) {
    copy = Variable(cell.snapshot());
  } else {
    copy.cell_ = std::make_shared<Cell>(cell.spec(), cell.init());
  }
  copy.cell_->path = cell.path;
  copy.cell_->parameter = cell.parameter;
  copy.cell_->trainable.set(cell.trainable.get());
  copy.cell_->file_axes = cell.file_axes;
  return copy;
}

Parameter::Parameter(Shape shape, Init init, DType dtype) : Variable(std::move(shape), std::move(init), dtype) {
  cell()->parameter = true;
}

Parameter::Parameter(const Tensor& value) : Variable(value) { cell()->parameter = true; }

}  // namespace weft
