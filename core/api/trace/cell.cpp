// SPDX-License-Identifier: Apache-2.0
#include "core/api/trace/cell.h"

#include <atomic>

#include "core/api/trace/tracer.h"
#include "core/base/check.h"
#include "weft/random.h"

namespace weft::detail {
namespace {

// Cells made so far. With the default generator's seed, the ordinal keys the draw of a loose cell.
std::atomic<std::uint64_t> creation_ordinal{0};

}  // namespace

std::uint64_t mix_seed(std::uint64_t seed, std::string_view name) {
  // FNV-1a over the name, then the finalizer of SplitMix64, so that close seeds and names give unrelated keys.
  std::uint64_t h = 0xcbf29ce484222325ull ^ seed;
  for (const char c : name) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  h += 0x9e3779b97f4a7c15ull * (seed + 1);
  h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9ull;
  h = (h ^ (h >> 27)) * 0x94d049bb133111ebull;
  return h ^ (h >> 31);
}

Cell::Cell(TensorSpec spec, Init init)
    : spec_(std::move(spec)),
      init_(std::move(init)),
      seed_(mix_seed(default_generator().seed(), "cell " + std::to_string(creation_ordinal++))) {}

Cell::Cell(Array value, exec::Faults faults)
    : spec_(value.spec()), array_(std::move(value)), faults_(std::move(faults)) {}

Device Cell::device() const { return array_.defined() ? array_.device() : wanted_.value_or(default_device()); }

std::pair<Array, exec::Faults> Cell::drawn(Device device, std::uint64_t seed) const {
  const TracePause pause;
  const DeviceScope on(device);
  Generator generator(seed);
  const GeneratorScope draws(generator);
  const Tensor value = init_.draw(spec_.shape, spec_.dtype);
  if (value.shape() != spec_.shape || value.dtype() != spec_.dtype)
    fail<ShapeError>("init", "the initializer of '", path, "' drew ", TensorSpec{value.shape(), value.dtype()},
                     ", the variable is ", spec_);
  const TensorImpl& impl = concrete_of(value, "init");
  return {impl.array().to(device), impl.faults()};
}

void Cell::draw(Device device, std::uint64_t seed) {
  if (array_.defined()) return;
  const auto [value, faults] = drawn(device, seed);
  seed_ = seed;
  faults_ = faults;
  // A copy, because the initializer may give memory that others hold, too.
  const Stream stream = Stream::current(device);
  array_ = Array::empty(spec_, stream);
  copy_bytes(array_.data(), device, value.data(), device, static_cast<std::size_t>(spec_.bytes()), stream);
}

void Cell::draw_again() {
  if (!array_.defined()) return;
  auto [value, faults] = drawn(device(), seed_);
  write(value, std::move(faults));
}

Array Cell::storage(Device device) {
  if (!array_.defined()) draw(wanted_.value_or(device), seed_);
  if (array_.device() != device) {
    if (!roams)
      fail<DeviceError>("variable", "'", path, "' lives on ", array_.device().name(), ", the program runs on ",
                        device.name(), "; move it with to()");
    to(device);
  }
  return array_;
}

Tensor Cell::snapshot() {
  if (auto living = snapshot_.lock()) return Tensor(living);
  const Array memory = storage(device());
  auto made = std::make_shared<const TensorImpl>(memory, faults(), Memory::kLent);
  snapshot_ = made;
  if (slot) slot->flat->members_seen_ = true;
  return Tensor(std::move(made));
}

void Cell::before_write() {
  keep_snapshot();
  if (slot) slot->flat->keep_snapshot();
  if (!members_seen_) return;
  for (const auto& [weak, offset] : members)
    if (const auto member = weak.lock()) member->keep_snapshot();
  members_seen_ = false;
}

void Cell::keep_snapshot() {
  if (const auto living = snapshot_.lock()) living->keep();
  snapshot_.reset();
}

void Cell::add_faults(const exec::Faults& faults) {
  exec::Faults all = this->faults();
  all.add(faults);
  (slot ? slot->flat->faults_ : faults_) = std::move(all);
}

void Cell::write(const Array& value, exec::Faults faults) {
  if (!array_.defined()) {
    const Stream stream = Stream::current(device());
    array_ = Array::empty(spec_, stream);
  } else {
    before_write();
  }
  const Device device = array_.device();
  const Stream stream = Stream::current(device);
  const Array here = value.to(device);
  copy_bytes(array_.data(), device, here.data(), device, static_cast<std::size_t>(spec_.bytes()), stream);
  if (slot) {
    add_faults(faults);  // the other members keep theirs
  } else {
    faults_ = std::move(faults);
  }
}

void Cell::to(Device device) {
  if (slot && array_.device() == device) return;
  if (slot)
    fail<DeviceError>("variable", "'", path, "' is laid out with an optimizer's other parameters on ",
                      array_.device().name(), "; move a model before it is first trained");
  wanted_ = device;
  if (!array_.defined() || array_.device() == device) return;
  array_ = array_.to(device);
  snapshot_.reset();  // stays on the old device, with the old memory
}

Cell& cell_of(const Variable& variable, const char* op) {
  if (!variable.defined()) fail<ValueError>(op, "the variable is undefined");
  return *variable.cell();
}

}  // namespace weft::detail
