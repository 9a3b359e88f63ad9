// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <optional>
#include <string>

namespace weft::elementwise {

// The rule that keeps a body from being one program.
struct Refusal {
  enum class Kind { kShape, kValue };  // of the error that a kernel throws for it
  Kind kind = Kind::kValue;
  std::string text;  // "needs 9 outputs; at most 8"
};

// A refusal if there are more than `room` things: "needs 9 outputs; at most 8".
inline std::optional<Refusal> refuse_beyond(const char* things, std::size_t count, int room) {
  if (count <= static_cast<std::size_t>(room)) return std::nullopt;
  return Refusal{Refusal::Kind::kValue,
                 "needs " + std::to_string(count) + " " + things + "; at most " + std::to_string(room)};
}

}  // namespace weft::elementwise
