// SPDX-License-Identifier: Apache-2.0
#include "weft/detail/flag.h"

#include "core/api/trace/tracer.h"

namespace weft {

bool Flag::get() const {
  if (detail::Tracer* tracer = detail::Tracer::current()) tracer->guard(state_);
  return state_->load();
}

}  // namespace weft
