// SPDX-License-Identifier: Apache-2.0
#include "weft/log.h"

#include <cstdio>
#include <mutex>
#include <string>
#include <utility>

namespace weft {
namespace {

struct Sink {
  std::mutex mutex;
  LogCallback callback = [](LogLevel level, std::string_view message) {
    std::fprintf(stderr, "weft: %s%.*s\n", level == LogLevel::kWarning ? "warning: " : "",
                 static_cast<int>(message.size()), message.data());
  };
};

Sink& sink() {
  static Sink instance;
  return instance;
}

}  // namespace

LogCallback set_log_callback(LogCallback callback) {
  const std::lock_guard lock(sink().mutex);
  return std::exchange(sink().callback, std::move(callback));
}

void log(LogLevel level, std::string_view message) {
  const std::lock_guard lock(sink().mutex);
  if (sink().callback) sink().callback(level, message);
}

}  // namespace weft
