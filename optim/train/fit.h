// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "optim/train/run_place.h"
#include "optim/train/trainer_state.h"
#include "weft/callbacks.h"
#include "weft/loader.h"
#include "weft/source.h"
#include "weft/trainer.h"

namespace weft::detail {

// One call of Trainer::fit(). Takes up a run that was resumed, and tells where a checkpoint stands in its own.
class Fit {
 public:
  // ValueError for data and options that cannot be, and for those that do not go with a resumed run.
  Fit(Trainer& trainer, TrainerState& state, const Source& data, const FitOptions& options);
  ~Fit() { state_.fit = outer_; }
  Fit(const Fit&) = delete;
  Fit& operator=(const Fit&) = delete;

  History run();
  // None unless a callback is told of a batch or an epoch.
  std::optional<RunPlace> place() const;

 private:
  struct Range {
    std::size_t first = 0, last = 0;
  };
  void check_resumed() const;
  // Restores what on_train_begin() has reset, and ends the hook that the checkpoint interrupted.
  void take_up();
  // Trains an epoch, or the rest of one; gives its seconds.
  double train_epoch(bool begun);
  void end_epoch(double seconds);
  void tell(Hook hook, Range callbacks);

  TrainerState& state_;
  const Source& data_;
  const FitOptions& options_;
  LoaderOptions order_;
  std::vector<std::shared_ptr<Callback>> callbacks_;  // those of the options; the progress bar comes last
  History history_;
  FitState at_;
  Hook hook_ = Hook::kNone;
  std::size_t told_ = 0;
  bool begun_ = false;          // true: the next epoch is a resumed one
  const Fit* outer_ = nullptr;  // the call whose callback has made this one, perhaps by exit()
  Range untold_;                // callbacks behind the one that saved the resumed epoch
};

}  // namespace weft::detail
