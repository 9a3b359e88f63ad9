// SPDX-License-Identifier: Apache-2.0
#include "weft/flat_buffer.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/api/trace/cell.h"
#include "core/api/trace/dispatch.h"
#include "core/base/check.h"
#include "weft/ops.h"

namespace weft {
namespace {

using detail::Cell;

std::int64_t slot_elements(DType dtype) {
  constexpr std::int64_t kSlotBytes = 256;
  return kSlotBytes / static_cast<std::int64_t>(size_of(dtype));
}

std::int64_t slot_elements(const TensorSpec& spec) {
  const std::int64_t per = slot_elements(spec.dtype);
  return (spec.shape.numel() + per - 1) / per * per;
}

// Moves the values of loose cells of one dtype and device into one allocation.
std::shared_ptr<Cell> pack(const std::vector<std::shared_ptr<Cell>>& members) {
  std::int64_t total = 0;
  for (const auto& m : members) total += slot_elements(m->spec());
  const Device device = members[0]->device();
  const DType dtype = members[0]->spec().dtype;
  const Stream stream = Stream::current(device);
  const Array all = Array::zeros({Shape{total}, dtype}, stream);
  auto flat = std::make_shared<Cell>(all, exec::Faults());
  flat->path = "parameters";
  std::int64_t offset = 0;
  for (const auto& m : members) {
    Array part = Array::wrap(all.buffer(), offset * static_cast<std::int64_t>(size_of(dtype)), m->spec());
    copy_bytes(part.data(), device, m->array().data(), device, static_cast<std::size_t>(m->spec().bytes()), stream);
    // A living snapshot gets its own copy, because the memory can now change through the flat cell, too.
    m->before_write();
    flat->add_faults(m->faults());
    m->move_to(std::move(part));
    m->slot = Cell::Slot{flat, offset};
    flat->members.emplace_back(m, offset);
    offset += slot_elements(m->spec());
  }
  return flat;
}

// The runs of neighbors in `flat` that are all in `asked`.
void add_runs(const std::shared_ptr<Cell>& flat, const std::set<const Cell*>& asked, std::vector<Segment>& out) {
  bool open = false;
  for (const auto& [weak, offset] : flat->members) {
    const auto member = weak.lock();
    if (!member || !asked.contains(member.get())) {
      open = false;
      continue;
    }
    if (!open) {
      out.push_back({Variable(flat), offset, offset, {}, {}});
      open = true;
    }
    Segment& run = out.back();
    run.members.push_back(Variable(member));
    run.offsets.push_back(offset - run.begin);
    run.end = offset + slot_elements(member->spec());
  }
}

}  // namespace

Tensor Segment::value() const {
  const Tensor all = flat.value();
  return numel() == flat.numel() ? all : all.slice(0, begin, end);
}

void Segment::assign(const Tensor& value) const {
  const std::int64_t all = flat.numel();
  if (numel() == all) return flat.assign(value);
  const Tensor before = flat.value();
  std::vector<Tensor> parts;
  if (begin > 0) parts.push_back(before.slice(0, 0, begin));
  parts.push_back(value);
  if (end < all) parts.push_back(before.slice(0, end, all));
  flat.assign(concat(parts));
}

Tensor Segment::gather(const std::vector<Tensor>& values) const {
  if (values.size() != members.size())
    fail<ValueError>("gather", values.size(), " values were given for ", members.size(), " parameters");
  std::vector<Tensor> parts;
  const DeviceScope on(flat.device());
  for (std::size_t i = 0; i < members.size(); ++i) {
    const Shape size{members[i].numel()};
    if (values[i].defined() && values[i].shape() != members[i].shape())
      fail<ShapeError>("gather", "parameter '", members[i].path(), "' is ", members[i].shape(), ", the value is ",
                       values[i].shape());
    parts.push_back(values[i].defined() ? detail::cast_to(values[i], flat.dtype()).reshape(size)
                                        : zeros(size, flat.dtype()));
  }
  return detail::apply_op(ir::OpId::of("pack"), parts, {{"slot", slot_elements(flat.dtype())}})[0];
}

Tensor Segment::part(const Tensor& value, std::size_t member) const {
  const std::int64_t first = offsets[member];
  return value.slice(0, first, first + members[member].numel()).reshape(members[member].shape());
}

std::vector<Segment> lay_out(const std::vector<Variable>& variables) {
  const detail::TracePause pause;  // values are drawn and moved now, whatever is being traced
  std::map<std::pair<int, DType>, std::vector<std::shared_ptr<Cell>>> loose;
  std::vector<std::shared_ptr<Cell>> flats;
  std::set<const Cell*> asked;
  for (const Variable& v : variables) {
    Cell& cell = detail::cell_of(v, "lay_out");
    if (!asked.insert(&cell).second) continue;
    if (cell.slot) {
      if (std::find(flats.begin(), flats.end(), cell.slot->flat) == flats.end()) flats.push_back(cell.slot->flat);
    } else {
      cell.storage(cell.device());
      loose[{cell.device().index(), cell.spec().dtype}].push_back(v.cell());
    }
  }
  for (const auto& [key, members] : loose) flats.push_back(pack(members));
  std::vector<Segment> out;
  for (const auto& flat : flats) add_runs(flat, asked, out);
  return out;
}

}  // namespace weft
