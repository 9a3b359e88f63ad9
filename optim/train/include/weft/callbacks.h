// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weft/detail/export.h"
#include "weft/layer_report.h"
#include "weft/source.h"
#include "weft/tensor.h"

namespace weft WEFT_EXPORT {

class Trainer;

// Loss and accuracy over the rows that count: not those whose label is ignored. Both are NaN if no row counts, and
// `accuracy` unless the targets are class indices.
struct Metrics {
  double loss = std::numeric_limits<double>::quiet_NaN();      // weighted mean over the rows
  double accuracy = std::numeric_limits<double>::quiet_NaN();  // share of the rows whose largest output is the target
  std::vector<std::pair<std::string, double>> others{};        // the metrics that were asked for, by name
  // "loss 0.3065, accuracy 0.8712, auc 0.9321"; an accuracy that is NaN is left out.
  std::string text() const;
};

// Results of one pass over the data; the validation figures are NaN without validation data.
struct Epoch {
  int number = 0;                                                               // from 1
  double loss = 0, accuracy = 0, validation_loss = 0, validation_accuracy = 0;  // as in Metrics
  double seconds = 0, samples_per_second = 0;                        // training alone, without the validation
  std::vector<std::pair<std::string, double>> validation_metrics{};  // FitOptions::metrics, by name
  // Rate of the optimizer's first group for the update that follows; NaN if its recipe has none.
  double lr = std::numeric_limits<double>::quiet_NaN();
};
// Results of a training run.
struct History {
  std::vector<Epoch> epochs;  // all that were finished
  double best_validation_loss =
      std::numeric_limits<double>::quiet_NaN();  // lowest of all epochs; NaN without validation data
};

// The progress of Trainer::fit(). Setting `stop` ends it after the epoch at hand.
struct FitState {
  Trainer& trainer;                     // the trainer that runs fit()
  History& history;                     // results of the run's epochs finished so far, those before a resume included
  int epochs = 0;                       // epochs that were asked for
  int epoch = 0;                        // from 1; of this call of fit(); 0: the epoch before a resume
  std::int64_t batch = 0, batches = 0;  // batches of the epoch: finished, and in all
  std::int64_t samples = 0;             // samples of the epoch: finished
  double seconds = 0;                   // since the epoch began
  bool stop = false;                    // true: no further epoch
};

// Functions that Trainer::fit() calls. Do not read metrics in every batch, because reading waits for the device.
class Callback {
 public:
  virtual ~Callback();
  // Called before the first batch, and after every one.
  virtual void on_train_begin(FitState&) {}
  virtual void on_batch(FitState&) {}
  // Called after an epoch, whose figures are history.epochs.back().
  virtual void on_epoch(FitState&) {}
  virtual void on_train_end(FitState&) {}
  // State that Trainer::save() writes from within on_batch and on_epoch, by name, and that a resumed run gives back
  // after on_train_begin(). A callback without state is given none. The hook that the save interrupted goes on with the
  // callbacks behind the one that saved.
  [[nodiscard]] virtual std::map<std::string, Tensor> state_dict() const { return {}; }
  virtual void load_state_dict(const std::map<std::string, Tensor>&) {}
};

namespace callbacks {

// The figure by which epochs are judged.
struct Monitor {
  std::string metric{};   // name of one of FitOptions::metrics; empty: the validation loss, without validation data the
                          // training loss
  bool maximize = false;  // true: more is better
};

// A bar on a terminal, one line per epoch elsewhere, on standard output: epoch, loss, accuracy, validation figures,
// samples per second, time left.
WEFT_EXPORT std::shared_ptr<Callback> progress();
// Stops when the monitored figure has not become better by more than min_delta for `patience` epochs. At the end the
// model has its best values, parameters and buffers; averages of its parameters begin anew from there. ValueError
// unless patience > 0, and in fit() for a metric that it does not compute; likewise reduce_on_plateau().
WEFT_EXPORT std::shared_ptr<Callback> early_stopping(int patience, double min_delta = 0, Monitor monitor = {});

// Settings of reduce_on_plateau().
struct PlateauOptions {
  double factor = 0.1;   // of all rates, in (0, 1)
  int patience = 10;     // epochs without a better figure, positive
  double min_delta = 0;  // a figure is better by more than this
  int cooldown = 0;      // epochs after a reduction that are not counted
  int most = 0;          // reductions at most; 0: as many as come
  Monitor monitor{};     // the figure
};
// Multiplies all rates by `factor` when the monitored figure has not become better for `patience` epochs, by
// Optimizer::scale_lr(): programs are not traced again. As torch.optim.lr_scheduler.ReduceLROnPlateau, whose threshold
// is relative.
WEFT_EXPORT std::shared_ptr<Callback> reduce_on_plateau(const PlateauOptions& options = {});
// After every epoch writes epoch-0001.safetensors, from which Trainer::resume() goes on, and keeps the last `keep` of
// the run; best.safetensors is the model alone at its lowest (validation) loss, with the values for inference. A
// resumed run wants the same directory. FormatError when the directory cannot be written, before any training.
WEFT_EXPORT std::shared_ptr<Callback> checkpoint(std::filesystem::path directory, int keep = 3);
// Gives the epoch's number and Trainer::layer_report() of the first 256 rows of `data` to `listen`, after every
// `every`-th epoch. ValueError for an empty function, and unless `every` is positive.
WEFT_EXPORT std::shared_ptr<Callback> layer_report(const Source& data,
                                                   std::function<void(int epoch, const LayerReport& report)> listen,
                                                   int every = 1);
// Logs a warning, once for each kind of trouble, with the likely cure: half of a layer's units are 0 for all rows
// (dead); the gradient by the output of the first trained layer is less than 1e-4 (vanishing) or more than 1e4
// (exploding) times that of the last one; the training loss has not fallen by 0.1 % in the run's first 5 epochs. Looks
// at the first 256 rows of `data`, after epochs 1, 2, 4, 8, ...
WEFT_EXPORT std::shared_ptr<Callback> warnings(const Source& data);
// Writes the run's history as JSON after every epoch.
WEFT_EXPORT std::shared_ptr<Callback> write_history(std::filesystem::path path);
// Writes an event file for TensorBoard into the directory: after every epoch, by the epoch's number, "loss/training",
// "loss/validation", likewise accuracy and metrics, and "learning_rate"; no loss of single batches, because reading one
// waits for the device. A resumed run adds a file, in which it takes the place of the epochs that it trains again.
// FormatError where no file can be made, before any training.
WEFT_EXPORT std::shared_ptr<Callback> tensorboard(std::filesystem::path directory);

}  // namespace callbacks

}  // namespace weft
