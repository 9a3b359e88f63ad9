// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>

#include "core/api/trace/tracer.h"
#include "core/exec/executable.h"
#include "weft/profile.h"

namespace weft::detail {

// Times a program on copies of its variables, so that nothing changes.
Profile profile_of(const std::string& name, const Trace& trace, std::shared_ptr<const exec::Executable> executable);

}  // namespace weft::detail
