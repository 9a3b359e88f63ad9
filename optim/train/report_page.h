// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "weft/callbacks.h"
#include "weft/memory_report.h"
#include "weft/profile.h"
#include "weft/report.h"
#include "weft/summary.h"

namespace weft::detail {

// All that stands in a report.
struct ReportPage {
  const callbacks::ReportOptions& options;
  std::string device{};
  int epochs = 0;  // asked for, earlier ones of a resumed run included
  bool running = true;
  const History& history;
  std::optional<ModelSummary> summary{};
  std::optional<MemoryReport> memory{};
  std::optional<Profile> profile{};
  std::vector<callbacks::ReportSection> sections{};
};

// The page as one HTML file.
std::string html_of(const ReportPage& page);

}  // namespace weft::detail
