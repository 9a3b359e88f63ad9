// SPDX-License-Identifier: Apache-2.0
// Batches of many sizes, and a last batch that is not full.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/every_device.h"
#include "tests/support/files.h"
#include "weft/batch_norm.h"
#include "weft/classification_loss.h"
#include "weft/linear.h"
#include "weft/ops.h"
#include "weft/sequential.h"
#include "weft/trainer.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;

Dataset rows(std::int64_t n) {
  std::vector<float> x;
  std::vector<std::int64_t> y;
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < 4; ++j) x.push_back(std::sin(static_cast<float>(i * 7 + j * 3 + i * j)));
    y.push_back(i % 3);
  }
  return Dataset({Tensor::of(x, {n, 4}), Tensor::of(y, {n})});
}

class BatchesOn : public EveryDevice {
 protected:
  TrainerOptions options() const { return {.device = device(), .seed = 3}; }
};
WEFT_ON_EVERY_DEVICE(BatchesOn);

// The numbers of rows 1 to 20, twice: the second time those of the beginning are traced again.
TEST_P(BatchesOn, OfAnyNumberOfSizesAreTaken) {
  Sequential model{Linear(4, 3)};
  Trainer trainer(model, CrossEntropy(), SGD{.lr = 0}, options());
  const Dataset all = rows(20);
  const Tensor logits = trainer.predict(all.column(0));
  for (int pass = 0; pass < 2; ++pass) {
    for (std::int64_t n = 1; n <= 20; ++n) {
      const Dataset part = rows(n);
      const Tensor got = trainer.predict(part.column(0));
      const std::vector<float> values = got.to_vector(), wanted = logits.slice(0, 0, n).to_vector();
      for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], wanted[i], 1e-6) << n;
      const double loss = cross_entropy(got, part.column(1).to(device())).item<double>();
      EXPECT_NEAR(trainer.evaluate(part).loss, loss, 1e-6) << n;
      EXPECT_NEAR(trainer.fit(part, {.batch_size = 32, .quiet = true}).epochs[0].loss, loss, 1e-6) << n;
    }
  }
}

TEST_P(BatchesOn, TheLastOneMayBeDropped) {
  Sequential model{Linear(4, 8), BatchNorm(8), Linear(8, 3)};
  Trainer trainer(model, CrossEntropy(), SGD{.lr = 0.1}, options());
  const std::string message = message_of<ShapeError>([&] { trainer.fit(rows(9), {.batch_size = 4, .quiet = true}); });
  EXPECT_THAT(message, HasSubstr("input is (1, 8), training needs more than one value per feature; set drop_last or "
                                 "another batch_size, so that no batch has one row"));
  struct Samples : Callback {
    void on_epoch(FitState& at) override { seen.push_back(at.samples); }
    std::vector<std::int64_t> seen;
  };
  const auto samples = std::make_shared<Samples>();
  trainer.fit(rows(9), {.epochs = 2, .batch_size = 4, .callbacks = {samples}, .drop_last = true, .quiet = true});
  EXPECT_EQ(samples->seen, (std::vector<std::int64_t>{8, 8}));
  EXPECT_EQ(message_of<ValueError>([&] { trainer.fit(rows(3), {.batch_size = 4, .drop_last = true}); }),
            "[fit] drop_last leaves no batch of 3 rows, because batch_size is 4; it must be at most 3");
}

}  // namespace
}  // namespace weft::testing
