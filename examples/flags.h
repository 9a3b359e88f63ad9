// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cinttypes>
#include <cstdio>
#include <string_view>
#include <vector>

#include "weft/weft.h"

// The options that the small examples share.
struct Flags {
  bool dry_run = false;  // print the memory plan of a step and stop
  bool explain = false;  // print the kernels of a step and their times
  std::vector<const char*> rest{};
};

inline Flags parse_flags(int argc, char** argv) {
  Flags flags;
  for (int i = 1; i < argc; ++i) {
    const std::string_view text = argv[i];
    if (text == "--dry-run") {
      flags.dry_run = true;
    } else if (text == "--explain") {
      flags.explain = true;
    } else {
      flags.rest.push_back(argv[i]);
    }
  }
  return flags;
}

// Plans the step for these arguments and prints what was asked for. True when that is all there is to do.
template <class Step, class... Given>
bool only_planned(const Flags& flags, Step& step, const Given&... given) {
  if (!flags.dry_run && !flags.explain) return false;
  step.prepare(given...);
  if (flags.explain) std::printf("%s\n", step.explain().c_str());
  if (!flags.dry_run) return false;
  const std::int64_t free = weft::free_memory(weft::default_device());
  std::printf("%s\nlargest batch for the %.1f GiB that are free: %" PRId64 " rows\n", step.memory_plan().text().c_str(),
              static_cast<double>(free) / (1 << 30), step.largest_batch(free, given...));
  return true;
}
