// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "core/array/array.h"
#include "core/exec/data_fault.h"
#include "core/ir/graph.h"
#include "weft/tensor.h"

namespace weft::detail {

class Tracer;

// Lets a traced tensor notice that its trace is over.
struct TraceToken {
  Tracer* tracer = nullptr;
};

// Ownership of a tensor's memory: its own, or lent by a variable, which gives the tensor a copy before it changes.
enum class Memory : std::uint8_t { kOwn, kLent };

// The value behind a Tensor handle: an array, or a value of the graph that is being traced.
class TensorImpl {
 public:
  TensorImpl(Array array, exec::Faults faults, Memory memory = Memory::kOwn)
      : spec_(array.spec()), faults_(std::move(faults)), array_(std::move(array)), memory_(memory) {}
  TensorImpl(std::shared_ptr<TraceToken> token, ir::Value value, TensorSpec spec)
      : spec_(std::move(spec)), token_(std::move(token)), value_(value) {}

  const TensorSpec& spec() const { return spec_; }
  bool traced() const { return token_ != nullptr; }
  const std::shared_ptr<TraceToken>& token() const { return token_; }
  ir::Value value() const { return value_; }
  // Bad data that the value was computed from; every read checks them.
  const exec::Faults& faults() const { return faults_; }

  // The memory now. If a variable lends it, it is good until the variable changes.
  Array array() const {
    const std::lock_guard lock(mutex_);
    return array_;
  }
  // Memory that holds this value for good, for those who keep an address: other libraries, traces.
  Array own_array() const;
  // Calls f with the array; a variable that lends the memory changes only afterwards.
  template <class F>
  void read(F f) const {
    const std::lock_guard lock(mutex_);
    f(std::as_const(array_));
  }
  // Makes a copy of lent memory the tensor's own.
  void keep() const;

 private:
  void keep_locked() const;

  TensorSpec spec_;
  std::shared_ptr<TraceToken> token_;
  ir::Value value_;
  exec::Faults faults_;
  mutable std::mutex mutex_;
  mutable Array array_;
  mutable Memory memory_ = Memory::kOwn;
};

inline Tensor wrap(Array array, exec::Faults faults) {
  return Tensor(std::make_shared<const TensorImpl>(std::move(array), std::move(faults)));
}

// The tensor's impl; ValueError naming `op` when the handle is undefined.
const TensorImpl& impl_of(const Tensor& tensor, const char* op);
// impl_of() of a tensor with a value; TraceError saying what to do instead when it is traced.
const TensorImpl& concrete_of(const Tensor& tensor, const char* op);
// The array of a tensor with a value.
inline Array array_of(const Tensor& tensor, const char* op) { return concrete_of(tensor, op).array(); }

}  // namespace weft::detail
