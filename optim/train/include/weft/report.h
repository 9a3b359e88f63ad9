// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weft/callbacks.h"
#include "weft/detail/export.h"

namespace weft WEFT_EXPORT {
namespace callbacks {

// A part of a report that a program adds.
struct ReportSection {
  std::string title;  // plain text
  std::string html;   // stands in the page as it is
};

// Settings of report().
struct ReportOptions {
  std::string title = "Training";  // heading of the page
  std::string about{};             // lines of plain text below the heading: the data, the settings
  int kernels = 12;                // slowest kernels of the training step that the finished report lists; 0: none
  // Called once when the training has ended; what it returns stands behind the curves, in this order.
  std::function<std::vector<ReportSection>()> sections{};
};

// Writes a page for a browser before the first epoch, after every epoch and at the end: curves of loss, accuracy,
// metrics and rate, the epochs as a table, the model's layers and memory. The page needs no other file and runs no
// script; until the training has ended it loads itself anew every few seconds. A resumed run shows its earlier epochs,
// too. FormatError where the page cannot be written, before any training; ValueError if `kernels` is negative.
WEFT_EXPORT std::shared_ptr<Callback> report(std::filesystem::path path, ReportOptions options = {});

}  // namespace callbacks
}  // namespace weft
