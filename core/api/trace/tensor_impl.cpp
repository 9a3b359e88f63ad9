// SPDX-License-Identifier: Apache-2.0
#include "core/api/trace/tensor_impl.h"

#include "core/api/trace/tracer.h"
#include "core/base/check.h"

namespace weft::detail {

const TensorImpl& impl_of(const Tensor& tensor, const char* op) {
  if (!tensor.defined()) fail<ValueError>(op, "a tensor is undefined; give it a value first");
  return *tensor.impl();
}

Array array_of(const Tensor& tensor, const char* op) {
  const TensorImpl& impl = impl_of(tensor, op);
  if (impl.traced()) {
    if (impl.token()->tracer)
      fail<TraceError>(op, "the value of this ", impl.spec(),
                       " is not known while its program is traced; return it from the program and read it there");
    fail<TraceError>(op, "this ", impl.spec(),
                     " belongs to a trace that is over; return it from the program instead of keeping it outside");
  }
  return impl.array();
}

}  // namespace weft::detail
