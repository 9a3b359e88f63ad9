// SPDX-License-Identifier: Apache-2.0
#include "core/exec/data_fault.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <iterator>
#include <mutex>
#include <utility>

#include "core/exec/kernel.h"

namespace weft::exec {

// Bad data of a run, or of the runs between two reads on CUDA.
struct Fault {
  Fault() = default;
  explicit Fault(std::shared_ptr<Watch> number) : watch(std::move(number)) {}
  Fault(std::shared_ptr<Block> where, Stream first) : place(std::move(where)), stream(std::move(first)) {}

  // An instance's runs on one stream are over when the stream is; those on several may not be.
  enum class State : std::uint8_t { kOpen, kClean, kBad };

  // Looks at the device while the fault is open.
  State settle() const {
    if (watch) {
      watch->look();
      return State::kClean;
    }
    const std::lock_guard lock(mutex);
    if (state != State::kOpen) return state;
    const Stream now = Stream::current(place->device());
    copy_bytes(&report, Device::cpu(), place->data(), place->device(), sizeof report, now);
    now.synchronize();
    if (report.code != 0) {
      zero_bytes(place->data(), sizeof report, now);
      state = State::kBad;
    } else if (!several_streams) {
      state = State::kClean;
    }
    return state;
  }
  bool open() const {
    const std::lock_guard lock(mutex);
    return state == State::kOpen;
  }
  void add_run(const Stream& on) const {
    const std::lock_guard lock(mutex);
    several_streams |= !(on == stream);
  }

  bool is_told() const { return watch ? watch->over() : told.load(std::memory_order_relaxed); }

  const std::shared_ptr<Watch> watch{};  // null for a fault
  const std::shared_ptr<Block> place{};  // null where the report is known
  const Stream stream{};                 // of the first run
  mutable std::mutex mutex{};
  mutable State state = State::kOpen;
  mutable bool several_streams = false;
  mutable DataFault report{};
  mutable std::atomic<bool> told{false};  // a read has thrown it
};

Faults::Faults(std::shared_ptr<const Fault> fault) : rows_(std::make_shared<const Rows>(1, std::move(fault))) {}

Faults::Faults(std::shared_ptr<Watch> watch) : Faults(std::make_shared<const Fault>(std::move(watch))) {}

void Faults::join(const Faults& other) {
  if (!rows_) {
    rows_ = other.rows_;
    return;
  }
  Rows all = *rows_;
  for (const auto& fault : *other.rows_)
    if (std::ranges::find(all, fault) == all.end()) all.push_back(fault);
  if (all.size() > rows_->size()) rows_ = std::make_shared<const Rows>(std::move(all));
}

Faults Faults::filtered() const {
  const auto told = [](const auto& fault) { return fault->is_told(); };
  if (std::ranges::none_of(*rows_, told)) return *this;
  Rows left;
  std::ranges::remove_copy_if(*rows_, std::back_inserter(left), told);
  Faults out;
  if (!left.empty()) out.rows_ = std::make_shared<const Rows>(std::move(left));
  return out;
}

void Faults::throw_first() const {
  for (const auto& fault : *rows_) {
    if (fault->settle() != Fault::State::kBad) continue;
    fault->told.store(true, std::memory_order_relaxed);
    throw data_error_of(fault->report);
  }
}

FaultPlace::FaultPlace(const Stream& stream, bool reports) {
  if (stream.device().is_cpu() || !reports) return;
  device_ = Block::allocate(sizeof(DataFault), stream);
  zero_bytes(device_->data(), sizeof(DataFault), stream);
}

Faults FaultPlace::pending(const Stream& stream) {
  if (open_ && open_->open()) {
    open_->add_run(stream);
    return of_open_;
  }
  open_ = std::make_shared<const Fault>(device_, stream);
  of_open_ = Faults(open_);
  return of_open_;
}

Faults FaultPlace::taken() {
  auto fault = std::make_shared<const Fault>();
  fault->report = std::exchange(host_, {});
  fault->state = Fault::State::kBad;
  return Faults(std::move(fault));
}

}  // namespace weft::exec
