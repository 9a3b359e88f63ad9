// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cinttypes>
#include <cstdio>
#include <string_view>
#include <vector>

#include "weft/weft.h"

// The options that the small examples share.
struct Options {
  bool dry_run = false;  // print the memory plan of a step and stop
  bool explain = false;  // print the kernels of a step and their times
  std::vector<const char*> rest{};
};

inline Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view text = argv[i];
    if (text == "--dry-run") {
      options.dry_run = true;
    } else if (text == "--explain") {
      options.explain = true;
    } else {
      options.rest.push_back(argv[i]);
    }
  }
  return options;
}

// Plans the step for these arguments and prints what was asked for. True when that is all there is to do.
template <class Step, class... Given>
bool only_planned(const Options& options, Step& step, const Given&... given) {
  if (!options.dry_run && !options.explain) return false;
  step.prepare(given...);
  if (options.explain) std::printf("%s\n", step.explain().c_str());
  if (!options.dry_run) return false;
  const std::int64_t free = weft::free_memory(weft::default_device());
  std::printf("%s\nlargest batch for the %.1f GiB that are free: %" PRId64 " rows\n", step.memory_plan().text().c_str(),
              static_cast<double>(free) / (1 << 30), step.largest_batch(free, given...));
  return true;
}
