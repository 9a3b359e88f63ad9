// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "core/io/event_record.h"
#include "tests/support/every_device.h"
#include "tests/support/files.h"
#include "weft/callbacks.h"
#include "weft/classification_loss.h"
#include "weft/linear.h"
#include "weft/metrics.h"
#include "weft/random.h"
#include "weft/sequential.h"
#include "weft/trainer.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class TensorBoardOn : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(TensorBoardOn);

Dataset labeled(std::int64_t n) {
  const DeviceScope host(Device::cpu());
  return Dataset({randn({n, 4}), randint(0, 2, {n})});
}

// Contents of the files of a directory, the oldest first.
std::vector<std::string> files_in(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> out;
  for (const auto& path : paths) out.push_back(read_file(path));
  return out;
}

// The event of a value without its time, which comes first.
std::string value_event(std::int64_t step, const std::string& tag, double value) {
  return detail::scalar_event(0, step, tag, static_cast<float>(value)).substr(9);
}

TEST_P(TensorBoardOn, FiguresOfEpochsStandInTheFile) {
  const TemporaryDirectory folder;
  seed(1);
  Sequential model{Linear(4, 2)};
  Trainer trainer(model, CrossEntropy(), AdamW{.lr = 0.1}, {.device = device()});
  const History history = trainer.fit(labeled(20), {.epochs = 2,
                                                    .validation = labeled(10),
                                                    .metrics = {metrics::auc()},
                                                    .callbacks = {callbacks::tensorboard(folder / "a/b")},
                                                    .quiet = true});
  const auto files = files_in(folder / "a/b");
  ASSERT_THAT(files, SizeIs(1));
  for (const Epoch& e : history.epochs) {
    EXPECT_THAT(files[0], HasSubstr(value_event(e.number, "loss/training", e.loss)));
    EXPECT_THAT(files[0], HasSubstr(value_event(e.number, "loss/validation", e.validation_loss)));
    EXPECT_THAT(files[0], HasSubstr(value_event(e.number, "accuracy/training", e.accuracy)));
    EXPECT_THAT(files[0], HasSubstr(value_event(e.number, "accuracy/validation", e.validation_accuracy)));
    EXPECT_THAT(files[0], HasSubstr(value_event(e.number, "auc/validation", e.validation_metrics[0].second)));
    EXPECT_THAT(files[0], HasSubstr(value_event(e.number, "learning_rate", e.lr)));
  }
}

TEST_P(TensorBoardOn, AResumedRunTakesThePlaceOfWhatCameBehindItsCheckpoint) {
  const TemporaryDirectory folder;
  const Dataset data = labeled(20);
  const auto run = [&](int epochs) {
    Sequential model{Linear(4, 2)};
    Trainer trainer(model, CrossEntropy(), AdamW{.lr = 0.1}, {.device = device(), .seed = 3});
    trainer.resume(folder / "run");
    trainer.fit(data, {.epochs = epochs,
                       .callbacks = {callbacks::checkpoint(folder / "run"), callbacks::tensorboard(folder / "events")},
                       .quiet = true});
  };
  run(3);
  std::filesystem::remove(folder / "run" / "epoch-0003.safetensors");  // a program that was cut in its third epoch
  const std::string purge = detail::purge_event(0, 3).substr(9);
  EXPECT_THAT(files_in(folder / "events").at(0), Not(HasSubstr(purge)));
  run(1);
  const auto files = files_in(folder / "events");
  ASSERT_THAT(files, SizeIs(2));
  EXPECT_EQ(std::ranges::count_if(files, [&](const std::string& file) { return file.find(purge) != file.npos; }), 1);
}

TEST(TensorBoard, LeavesOutWhatAnEpochDoesNotHave) {
  const TemporaryDirectory folder;
  seed(1);
  Sequential model{Linear(4, 2)};
  Trainer trainer(model, CrossEntropy(), SGD{}, {.device = Device::cpu()});
  trainer.fit(labeled(20), {.callbacks = {callbacks::tensorboard(folder / "a")}, .quiet = true});
  EXPECT_THAT(files_in(folder / "a").at(0), HasSubstr("loss/training"));
  EXPECT_THAT(files_in(folder / "a").at(0), Not(HasSubstr("validation")));
}

TEST(TensorBoard, RefusesBeforeTraining) {
  const TemporaryDirectory folder;
  write_file(folder / "file", "in the way");
  Sequential model{Linear(4, 2)};
  Trainer trainer(model, CrossEntropy(), SGD{}, {.device = Device::cpu()});
  const auto before = model.parameters()[0].value().to_vector();
  EXPECT_THROW(
      trainer.fit(labeled(8), {.callbacks = {callbacks::tensorboard(folder / "file" / "runs")}, .quiet = true}),
      FormatError);
  EXPECT_EQ(model.parameters()[0].value().to_vector(), before);
}

}  // namespace
}  // namespace weft::testing
