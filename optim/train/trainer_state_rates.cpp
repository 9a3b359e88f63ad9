// SPDX-License-Identifier: Apache-2.0
// The rate finder of a trainer.
#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "optim/train/checkpoint_file.h"
#include "optim/train/rate_search.h"
#include "optim/train/trainer_state.h"

namespace weft::detail {

RateCurve TrainerState::find_rate(const Source& data, const RateFinderOptions& given) {
  if (fit) fail<ValueError>("find_rate", "a callback calls find_rate() of its own trainer; call it before fit()");
  check_rows("find_rate", "the training data", data);
  check_positive("find_rate", "batch_size", given.batch_size);
  check_rates(given);
  std::vector<Saved> all = entries();
  for (const auto& [name, variable] : figures()) all.push_back(saved_variable(name, variable));
  all.push_back(saved_number(
      "skipped", [this] { return skipped_before; }, [this](std::int64_t value) { skipped_before = value; }));
  const RestoreScope restore(std::move(all));
  const ModeScope mode(parts.model, true);
  const GeneratorScope draws(generator);
  const LoaderOptions order{.batch_size = given.batch_size, .seed = generator.seed(), .device = options.device};
  PassHandle pass = start_pass(data, order, counts.epochs);
  return search_rates(optimizer, given, [&] {
    reset_epoch();
    do {
      if (!pass.batch()) pass = start_pass(data, order, ++counts.epochs);
      train_batch(*pass.batch());
      pass.advance();
    } while (counts.waiting > 0);
    return training.read().loss;
  });
}

}  // namespace weft::detail
