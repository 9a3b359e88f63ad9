// SPDX-License-Identifier: Apache-2.0
#include "weft/report.h"

#include <optional>
#include <utility>

#include "core/base/check.h"
#include "optim/train/report_page.h"
#include "weft/file.h"
#include "weft/trainer.h"

namespace weft {
namespace {

// Result of `f`; none before this program has built the training step.
template <class F>
auto once_traced(F f) -> std::optional<decltype(f())> {
  try {
    return f();
  } catch (const TraceError&) {
    return std::nullopt;
  }
}

class ReportWriter : public Callback {
 public:
  ReportWriter(std::filesystem::path path, callbacks::ReportOptions options)
      : path_(std::move(path)), options_(std::move(options)) {}

  void on_train_begin(FitState& at) override {
    epochs_ = at.epochs + static_cast<int>(at.history.epochs.size());
    write(page_of(at));
  }
  void on_epoch(FitState& at) override { write(page_of(at)); }
  void on_train_end(FitState& at) override {
    detail::ReportPage page = page_of(at);
    page.running = false;
    if (options_.sections) page.sections = options_.sections();
    if (options_.kernels > 0) page.profile = once_traced([&] { return at.trainer.profile(); });
    write(page);
  }

 private:
  detail::ReportPage page_of(FitState& at) const {
    const Parameters& parameters = at.trainer.optimizer().parameters();
    return {.options = options_,
            .device = parameters.empty() ? "" : parameters[0].device().describe(),
            .epochs = epochs_,
            .running = true,
            .history = at.history,
            .summary = once_traced([&] { return at.trainer.summary(); }),
            .memory = once_traced([&] { return at.trainer.memory_plan(); })};
  }
  void write(const detail::ReportPage& page) const { replace_file(path_, detail::html_of(page), "report"); }

  std::filesystem::path path_;
  callbacks::ReportOptions options_;
  int epochs_ = 0;  // of the whole run
};

}  // namespace

std::shared_ptr<Callback> callbacks::report(std::filesystem::path path, ReportOptions options) {
  if (options.kernels < 0)
    fail<ValueError>("report", "kernels is ", options.kernels, "; it must be positive, or 0 for none");
  return std::make_shared<ReportWriter>(std::move(path), std::move(options));
}

}  // namespace weft
