// SPDX-License-Identifier: Apache-2.0
#include "weft/log.h"

#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "core/base/lasting.h"

namespace weft {
namespace {

void to_standard_error(LogLevel level, std::string_view message) {
  std::fprintf(stderr, "weft: %s%.*s\n", level == LogLevel::kWarning ? "warning: " : "",
               static_cast<int>(message.size()), message.data());
}

struct Sink {
  std::mutex calls;    // held while the callback runs
  std::mutex current;  // guards `callback`, which a running callback may replace
  std::shared_ptr<const LogCallback> callback = std::make_shared<const LogCallback>(to_standard_error);
};

Sink& sink() {
  static const Lasting<Sink> instance;
  return *instance;
}

// True while this thread is inside the callback.
thread_local bool calling = false;

class [[nodiscard]] CallingScope {
 public:
  CallingScope() { calling = true; }
  ~CallingScope() { calling = false; }
  CallingScope(const CallingScope&) = delete;
  CallingScope& operator=(const CallingScope&) = delete;
};

std::shared_ptr<const LogCallback> exchanged(std::shared_ptr<const LogCallback> next) {
  const std::lock_guard lock(sink().current);
  return std::exchange(sink().callback, std::move(next));
}

}  // namespace

LogCallback set_log_callback(LogCallback callback) {
  auto next = std::make_shared<const LogCallback>(std::move(callback));
  if (calling) return *exchanged(std::move(next));
  // Waits for a call that runs, because what the old callback refers to may be gone after this.
  const std::lock_guard lock(sink().calls);
  return *exchanged(std::move(next));
}

void log(LogLevel level, std::string_view message) {
  if (calling) return to_standard_error(level, message);
  const std::lock_guard lock(sink().calls);
  std::shared_ptr<const LogCallback> callback;
  {
    const std::lock_guard current(sink().current);
    callback = sink().callback;
  }
  const CallingScope scope;
  if (*callback) (*callback)(level, message);
}

}  // namespace weft
