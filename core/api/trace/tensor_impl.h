// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <mutex>

#include "core/array/array.h"
#include "core/ir/graph.h"
#include "weft/tensor.h"

namespace weft::detail {

class Tracer;

// Lets a traced tensor notice that its trace is over.
struct TraceToken {
  Tracer* tracer = nullptr;
};

// The value behind a Tensor handle: an array, or a value of the graph that is being traced.
class TensorImpl {
 public:
  explicit TensorImpl(Array array) : spec_(array.spec()), array_(std::move(array)) {}
  TensorImpl(std::shared_ptr<TraceToken> token, ir::Value value, TensorSpec spec)
      : spec_(std::move(spec)), token_(std::move(token)), value_(value) {}

  const TensorSpec& spec() const { return spec_; }
  bool traced() const { return token_ != nullptr; }
  const std::shared_ptr<TraceToken>& token() const { return token_; }
  ir::Value value() const { return value_; }

  Array array() const {
    const std::lock_guard lock(mutex_);
    return array_;
  }
  // Gives a variable's snapshot a copy of its own. Until then the snapshot shares the cell's memory.
  void replace(Array array) const {
    const std::lock_guard lock(mutex_);
    array_ = std::move(array);
  }

 private:
  TensorSpec spec_;
  std::shared_ptr<TraceToken> token_;
  ir::Value value_;
  mutable std::mutex mutex_;
  mutable Array array_;
};

inline Tensor wrap(Array array) { return Tensor(std::make_shared<const TensorImpl>(std::move(array))); }

// The tensor's impl; ValueError naming `op` when the handle is undefined.
const TensorImpl& impl_of(const Tensor& tensor, const char* op);
// The tensor's array; TraceError saying what to do instead when it is traced.
Array array_of(const Tensor& tensor, const char* op);

}  // namespace weft::detail
