// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <string_view>

#include "weft/detail/export.h"

namespace weft WEFT_EXPORT {

// Importance of a message: kInfo for what happened, kWarning for what the user should look at.
enum class LogLevel : std::uint8_t { kInfo, kWarning };

// Receiver of messages.
using LogCallback = std::function<void(LogLevel, std::string_view message)>;

// Sets the callback that gets weft's messages and gives the one before (default: one line each on standard error). The
// callback may be called from any thread, one call at a time, and may set another. A message that it causes itself goes
// to standard error. When this returns, the old callback is called no more. An empty callback silences weft.
LogCallback set_log_callback(LogCallback callback);

// Sends one message to the callback.
void log(LogLevel level, std::string_view message);

}  // namespace weft
