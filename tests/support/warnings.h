// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "weft/log.h"

namespace weft::testing {

// The warnings that are logged while it lives.
struct Warnings {
  Warnings() {
    before = set_log_callback([this](LogLevel level, std::string_view message) {
      if (level == LogLevel::kWarning) texts.emplace_back(message);
    });
  }
  ~Warnings() { set_log_callback(before); }
  Warnings(const Warnings&) = delete;
  Warnings& operator=(const Warnings&) = delete;

  std::vector<std::string> texts;
  LogCallback before;
};

}  // namespace weft::testing
