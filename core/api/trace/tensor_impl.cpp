// SPDX-License-Identifier: Apache-2.0
#include "core/api/trace/tensor_impl.h"

#include "core/api/trace/tracer.h"
#include "core/base/check.h"

namespace weft::detail {

void TensorImpl::keep_locked() const {
  if (memory_ == Memory::kOwn) return;
  const Stream stream = Stream::current(array_.device());
  Array copy = Array::empty(spec_, stream);
  copy_bytes(copy.data(), copy.device(), array_.data(), array_.device(), static_cast<std::size_t>(spec_.bytes()),
             stream);
  array_ = std::move(copy);
  memory_ = Memory::kOwn;
}

void TensorImpl::keep() const {
  const std::lock_guard lock(mutex_);
  keep_locked();
}

Array TensorImpl::own_array() const {
  const std::lock_guard lock(mutex_);
  keep_locked();
  return array_;
}

const TensorImpl& impl_of(const Tensor& tensor, const char* op) {
  if (!tensor.defined()) fail<ValueError>(op, "a tensor is undefined; give it a value first");
  return *tensor.impl();
}

const TensorImpl& concrete_of(const Tensor& tensor, const char* op) {
  const TensorImpl& impl = impl_of(tensor, op);
  if (impl.traced()) {
    if (impl.token()->tracer)
      fail<TraceError>(op, "the value of this ", impl.spec(),
                       " is not known while its program is traced; return it from the program and read it there");
    fail<TraceError>(op, "this ", impl.spec(),
                     " belongs to a trace that is over; return it from the program instead of keeping it outside");
  }
  return impl;
}

}  // namespace weft::detail
