// SPDX-License-Identifier: Apache-2.0
#include "weft/recompute.h"

#include "core/api/trace/tracer.h"

namespace weft::detail {

RecomputeScope::RecomputeScope() : tracer_(Tracer::current()) {
  if (tracer_) tracer_->build().begin_recompute();
}

RecomputeScope::~RecomputeScope() {
  if (tracer_) tracer_->build().end_recompute();
}

}  // namespace weft::detail
