// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <vector>

#include "core/device/block.h"
#include "core/device/stream.h"
#include "weft/kernel_call.h"

// Bad data belongs to the run that met it: what the run gives carries the fault, and reading that throws.
namespace weft::exec {

struct Fault;

// A number on the device that is worth a look when something is read, and that is no error.
class Watch {
 public:
  virtual ~Watch() = default;
  virtual void look() = 0;
  virtual bool over() const = 0;  // nothing will come of a look any more
};

// The faults that a value carries; a null pointer for none. On CUDA a value also carries the places where a fault may
// still show, because the host learns of it at the next read.
class Faults {
 public:
  Faults() = default;
  explicit Faults(std::shared_ptr<const Fault> fault);
  // No fault, but a watch that check() looks at.
  explicit Faults(std::shared_ptr<Watch> watch);
  explicit operator bool() const { return rows_ != nullptr; }
  // Adds what another value carries.
  void add(const Faults& other) {
    if (other.rows_ && other.rows_ != rows_) join(other);
  }
  // Faults that no read has thrown yet. Variables pass on these alone, because training goes on after the error.
  Faults untold() const { return rows_ ? filtered() : Faults(); }
  // Throws the first one as DataError. On CUDA it may wait for the device's current stream.
  void check() const {
    if (rows_) throw_first();
  }

 private:
  using Rows = std::vector<std::shared_ptr<const Fault>>;
  void join(const Faults& other);
  Faults filtered() const;
  void throw_first() const;

  std::shared_ptr<const Rows> rows_;
};

// The memory in which kernels report bad data, for an instance or one op.
class FaultPlace {
 public:
  // Ready in the order of `stream`. `reports`: some kernel may report.
  FaultPlace(const Stream& stream, bool reports);
  FaultPlace(const FaultPlace&) = delete;
  FaultPlace& operator=(const FaultPlace&) = delete;
  // Address at which kernels report, the same for all runs.
  DataFault* get() { return device_ ? static_cast<DataFault*>(device_->data()) : &host_; }
  // Begins a run; a run that threw before may have left a report.
  void begin() { host_.code = 0; }
  // Faults for the results of the latest run, on `stream`. On the CPU the run is over, so there are none unless a
  // kernel has reported. On CUDA the runs between two reads carry the same faults.
  Faults take(const Stream& stream) {
    if (device_) return pending(stream);
    return host_.code == 0 ? Faults() : taken();
  }

 private:
  Faults pending(const Stream& stream);
  Faults taken();

  DataFault host_;
  std::shared_ptr<Block> device_;  // null on the CPU, and where no kernel may report
  std::shared_ptr<const Fault> open_;
  Faults of_open_;
};

}  // namespace weft::exec
