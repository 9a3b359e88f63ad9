// SPDX-License-Identifier: Apache-2.0
// Folders of images and CIFAR's files as rows: their classes, splits, transforms, and what is wrong with them.
#include "weft/images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/files.h"
#include "tests/support/warnings.h"
#include "weft/weft.h"

namespace weft::testing {
namespace {

using data::images;
using data::ImageSplit;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace fs = std::filesystem;

Tensor gray(int value, std::int64_t height = 4, std::int64_t width = 5) {
  return full({height, width, 1}, value, DType::kU8);
}

// Images "0.png", "1.png", ... of one gray each: `first`, `first` + 1, ...
void put_class(const fs::path& folder, int first, int count) {
  fs::create_directories(folder);
  for (int i = 0; i < count; ++i) write_image(folder / (std::to_string(i) + ".png"), gray(first + i));
}

using Rows = std::vector<std::pair<int, std::int64_t>>;

// The first value and the class of each row of an epoch, in their order.
Rows rows_of(const data::Images& images, std::int64_t epoch = 0) {
  Rows rows;
  for (std::int64_t row = 0; row < images.size(); ++row) {
    const std::int64_t one[] = {row};
    const std::vector<Tensor> columns = Source(images).rows(one, epoch);
    rows.emplace_back(columns[0].to_vector<int>()[0], columns[1].item<std::int64_t>());
  }
  return rows;
}

TEST(Images, AreInFoldersOfTheirClasses) {
  const TemporaryDirectory directory;
  put_class(directory / "dog", 20, 2);
  put_class(directory / "cat", 10, 3);
  fs::create_directories(directory / ".cache");
  const auto [train, test] = images(directory.path(), {.share = 1});
  EXPECT_THAT(train.class_names(), ElementsAre("cat", "dog"));
  EXPECT_EQ(train.classes(), 2);
  EXPECT_EQ(rows_of(train), (Rows{{10, 0}, {11, 0}, {12, 0}, {20, 1}, {21, 1}}));
  EXPECT_EQ(test.size(), 0);
  EXPECT_EQ(test.classes(), 2);
  const Source source = train;
  EXPECT_THAT(source.row_specs(), ElementsAre(TensorSpec{{1, 4, 5, 3}, DType::kU8}, TensorSpec{{1}, DType::kI64}));
}

TEST(Images, AreSplitByFoldersOfThatName) {
  const TemporaryDirectory directory;
  put_class(directory / "train/a", 1, 2);
  put_class(directory / "train/b", 3, 1);
  put_class(directory / "val/b", 7, 1);
  const auto [train, test] = images(directory.path());
  EXPECT_EQ(rows_of(train), (Rows{{1, 0}, {2, 0}, {3, 1}}));
  EXPECT_EQ(rows_of(test), (Rows{{7, 1}}));
  EXPECT_THAT(test.class_names(), ElementsAre("a", "b"));
  put_class(directory / "test/a", 8, 1);
  EXPECT_THAT(message_of<FormatError>([&] { images(directory.path()); }),
              HasSubstr("there are the folders test and val in it; name the one to test on by `test`"));
  EXPECT_EQ(rows_of(images(directory.path(), {.test = "test"}).test), (Rows{{8, 0}}));
  EXPECT_THAT(message_of<FormatError>([&] { images(directory.path(), {.test = "dev"}); }),
              HasSubstr("there is no folder dev in it"));
  put_class(directory / "test/c", 9, 1);
  EXPECT_THAT(message_of<FormatError>([&] { images(directory.path(), {.test = "test"}); }),
              HasSubstr("test/c: there is no such class to train on"));
}

TEST(Images, AreSplitByASeededShareOtherwise) {
  const TemporaryDirectory directory;
  put_class(directory / "a", 0, 6);
  put_class(directory / "b", 100, 4);
  const auto split = [&](std::uint64_t split_seed) {
    const ImageSplit parts = images(directory.path(), {.share = 0.7, .split_seed = split_seed});
    return std::pair(rows_of(parts.train), rows_of(parts.test));
  };
  const auto [train, test] = split(0);
  EXPECT_THAT(train, SizeIs(7));
  Rows all = train;
  all.insert(all.end(), test.begin(), test.end());
  EXPECT_EQ(std::set(all.begin(), all.end()).size(), 10u);
  seed(99);
  EXPECT_EQ(split(0), std::pair(train, test));
  EXPECT_NE(split(1), std::pair(train, test));
}

TEST(Images, AreMadeEqualByResizing) {
  const TemporaryDirectory directory;
  fs::create_directories(directory / "a");
  write_image(directory / "a/0.png", gray(1, 4, 5));
  write_image(directory / "a/1.png", gray(2, 9, 7));
  const Source sized = images(directory.path(), {.size = {6, 3}, .channels = 1, .share = 1}).train;
  EXPECT_EQ(sized.row_specs()[0].shape, (Shape{1, 6, 3, 1}));
  const std::int64_t both[] = {1, 0};
  EXPECT_EQ(sized.rows(both)[0].shape(), (Shape{2, 6, 3, 1}));
  const data::Images as_they_are = images(directory.path(), {.share = 1}).train;
  EXPECT_THAT(message_of<ShapeError>([&] { Source(as_they_are).rows(both); }), HasSubstr("u8(4, 5, 3)"));
  // Sizes may differ until the last transform.
  const data::Images cropped = as_they_are.map(data::Resize(4)).map(data::CenterCrop(3));
  EXPECT_EQ(Source(cropped).rows(both)[0].shape(), (Shape{2, 3, 3, 3}));
}

TEST(Images, OfOtherKindsAreCountedInAWarning) {
  const TemporaryDirectory directory;
  put_class(directory / "a", 1, 2);
  fs::rename(directory / "a/1.png", directory / "a/1.JPEG");
  write_file(directory / "a/notes.txt", "");
  write_file(directory / "a/z.webp", "");
  write_file(directory / "a/.hidden", "");
  write_file(directory / "list.csv", "");
  const Warnings warnings;
  EXPECT_EQ(rows_of(images(directory.path(), {.share = 1}).train), (Rows{{1, 0}, {2, 0}}));
  EXPECT_THAT(warnings.texts,
              ElementsAre(AllOf(HasSubstr("2 entries of classes are no PNG or JPEG files"), HasSubstr("notes.txt"))));
}

TEST(Images, RefuseFoldersThatAreNoDataSet) {
  const TemporaryDirectory directory;
  const auto refusal = [&] { return message_of<FormatError>([&] { images(directory.path()); }); };
  EXPECT_THAT(message_of<FormatError>([&] { images(directory / "none"); }),
              AllOf(HasSubstr("none: the folder cannot be read"), HasSubstr("No such file")));
  EXPECT_THAT(refusal(), HasSubstr("there must be one for each class"));
  put_class(directory / "a", 0, 1);
  fs::create_directories(directory / "b");
  EXPECT_THAT(refusal(), HasSubstr("b: the class has no PNG or JPEG file; put some there or remove the folder"));
  EXPECT_THAT(message_of<ValueError>([&] { images(directory.path(), {.channels = 2}); }), HasSubstr("channels is 2"));
  EXPECT_THAT(message_of<ValueError>([&] { images(directory.path(), {.max_pixels = 0}); }), HasSubstr("max_pixels"));
  EXPECT_THAT(message_of<ValueError>([&] { images(directory.path(), {.share = 1.5}); }), HasSubstr("share is 1.5"));
  EXPECT_THAT(message_of<ValueError>([&] { images(directory.path(), {.size = {0, 3}}); }), HasSubstr("0 x 3"));
}

TEST(Images, ThatAreBrokenAreNamed) {
  const TemporaryDirectory directory;
  put_class(directory / "a", 0, 3);
  write_file(directory / "a/1.png", read_file(directory / "a/1.png").substr(0, 50));
  const data::Images train = images(directory.path(), {.share = 1}).train;
  EXPECT_THAT(message_of<DataError>([&] { rows_of(train); }),
              AllOf(HasSubstr("row 1: "), HasSubstr("a/1.png: the PNG data cannot be read: the file is cut off")));
}

TEST(Images, ThatAreBrokenAreSkippedOnRequest) {
  const TemporaryDirectory directory;
  put_class(directory / "a", 10, 4);
  put_class(directory / "b", 20, 2);
  for (const char* name : {"a/1.png", "a/2.png", "b/1.png"}) write_file(directory / name, "no image");
  const Warnings warnings;
  const data::Images train = images(directory.path(), {.share = 1, .skip_broken = true}).train;
  const Rows wanted{{10, 0}, {13, 0}, {13, 0}, {13, 0}, {20, 1}, {20, 1}};
  EXPECT_EQ(rows_of(train), wanted);
  EXPECT_EQ(rows_of(train, 1), wanted);
  EXPECT_THAT(warnings.texts, SizeIs(3));
  EXPECT_THAT(warnings.texts[0], AllOf(HasSubstr("a/1.png: this is no image"), HasSubstr("the file is skipped")));
  write_file(directory / "b/0.png", "no image");
  EXPECT_THAT(
      message_of<DataError>([&] { rows_of(images(directory.path(), {.share = 1, .skip_broken = true}).train); }),
      HasSubstr("b: none of the 2 files of this class can be read"));
}

// All batches of an epoch.
std::vector<std::vector<float>> batches(const data::Images& images, std::int64_t epoch, std::int64_t first = 0) {
  std::vector<std::vector<float>> out;
  const LoaderOptions options{.batch_size = 4, .seed = 5};
  for (const detail::PassHandle pass = detail::start_pass(images, options, epoch, first); pass.batch(); pass.advance())
    out.push_back((*pass.batch())[0].to_vector<float>());
  return out;
}

// Every random transform.
data::Images augmented(const fs::path& folder) {
  return images(folder, {.size = {16, 16}, .share = 1, .seed = 3})
      .train.map(data::RandomResizedCrop({12, 12}))
      .map(data::RandomCrop(12, {.padding = 2}))
      .map(data::RandomFlip({.vertical = 0.5}))
      .map(data::RandomRotation(20))
      .map(data::ColorJitter({.brightness = 0.4, .contrast = 0.4, .saturation = 0.4, .hue = 0.1}))
      .map(data::Normalize())
      .map(data::RandomErasing());
}

// Ten images of noise in two classes.
void put_noise(const fs::path& folder) {
  seed(1);
  for (int i = 0; i < 10; ++i) {
    fs::create_directories(folder / std::to_string(i % 2));
    write_image(folder / std::to_string(i % 2) / (std::to_string(i) + ".png"), uniform({20, 24, 3}));
  }
}

TEST(Images, BatchesAreTheSameForAnyNumberOfThreads) {
  const TemporaryDirectory directory;
  put_noise(directory.path());
  const data::Images one = augmented(directory.path());
  for (const std::int64_t epoch : {0, 3}) {
    const auto wanted = batches(one, epoch);
    EXPECT_THAT(wanted, SizeIs(3));
    for (const int threads : {2, 5}) EXPECT_EQ(batches(one.threads(threads), epoch), wanted);
  }
  EXPECT_NE(batches(one, 0), batches(one, 1));
}

TEST(Images, APassThatIsResumedHasTheSameBatches) {
  const TemporaryDirectory directory;
  put_noise(directory.path());
  const auto whole = batches(augmented(directory.path()), 2);
  for (std::int64_t first = 0; first < 3; ++first) {
    const auto rest = batches(augmented(directory.path()).threads(2), 2, first);
    EXPECT_EQ(rest, (std::vector(whole.begin() + first, whole.end())));
  }
}

TEST(Images, AreReadBySeveralThreadsAtOnce) {
  const TemporaryDirectory directory;
  put_class(directory / "a", 0, 8);
  write_file(directory / "a/3.png", "no image");
  const Warnings warnings;
  const data::Images train = images(directory.path(), {.share = 1, .skip_broken = true}).train;
  const Rows wanted = rows_of(train);
  std::vector<Rows> got(4);
  std::vector<std::thread> threads;
  for (Rows& rows : got) threads.emplace_back([&rows, &train] { rows = rows_of(train); });
  for (std::thread& thread : threads) thread.join();
  for (const Rows& rows : got) EXPECT_EQ(rows, wanted);
  EXPECT_THAT(warnings.texts, SizeIs(1));
}

TEST(Images, StayU8OnTheirWayToTheDevice) {
  const TemporaryDirectory directory;
  put_class(directory / "a", 7, 4);
  const data::Images train = images(directory.path(), {.share = 1}).train;
  for (const Device device : Device::all()) {
    Loader loader(train, {.batch_size = 4, .device = device});
    const auto [x, y] = *loader.begin();
    EXPECT_EQ(x.device(), device);
    EXPECT_EQ(x.dtype(), DType::kU8);
    EXPECT_EQ(x.shape(), (Shape{4, 4, 5, 3}));
    EXPECT_EQ(y.dtype(), DType::kI64);
  }
}

TEST(Images, OfOnesOwnRowsAreMapped) {
  const Dataset rows({full({3, 4, 4, 1}, 8, DType::kU8), zeros({3}, DType::kI64)});
  const data::Images own(rows, {"all"});
  EXPECT_NE(Source(own).dataset(), nullptr);
  const data::Images smaller = own.map(data::CenterCrop(2)).threads(3);
  const Source source = smaller;
  EXPECT_EQ(source.threads(), 3);
  EXPECT_EQ(source.row_specs()[0].shape, (Shape{1, 2, 2, 1}));
  EXPECT_EQ(own.map([](const Tensor& image) { return image + 1; }).size(), 3);
  EXPECT_THROW(static_cast<void>(own.map(nullptr)), ValueError);
  EXPECT_THROW(static_cast<void>(own.threads(0)), ValueError);
  EXPECT_EQ(data::Images().size(), 0);
  EXPECT_EQ(data::Images().classes(), 0);
}

TEST(Images, TrainAModel) {
  const TemporaryDirectory directory;
  put_class(directory / "bright", 200, 20);
  put_class(directory / "dark", 10, 20);
  auto [train, test] = images(directory.path(), {.size = {4, 4}, .seed = 1});
  train = train.map(data::RandomFlip()).map(data::Normalize()).threads(2);
  test = test.map(data::Normalize());
  Sequential model{Flatten(), Linear(4 * 4 * 3, train.classes())};
  Trainer trainer(model, CrossEntropy(), AdamW{.lr = 1e-2}, {.seed = 2});
  const History history = trainer.fit(train, {.epochs = 5, .batch_size = 8, .validation = test, .quiet = true});
  EXPECT_EQ(history.epochs.size(), 5u);
  EXPECT_EQ(trainer.evaluate(test).accuracy, 1);
}

// Records of label bytes and planes: red counts the rows, green the columns, blue is the record's number.
std::string records(int count, const std::string& labels) {
  std::string bytes;
  for (int r = 0; r < count; ++r) {
    bytes += labels.substr(0, labels.size() - 1) + static_cast<char>(labels.back() + r);
    for (int plane = 0; plane < 3; ++plane)
      for (int y = 0; y < 32; ++y)
        for (int x = 0; x < 32; ++x) bytes += static_cast<char>(plane == 0 ? y : plane == 1 ? x : r);
  }
  return bytes;
}

std::string names(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "class " + std::to_string(i) + "\n";
  return text + "\n";
}

void put_cifar10(const fs::path& folder) {
  fs::create_directories(folder);
  for (int i = 1; i <= 5; ++i)
    write_file(folder / ("data_batch_" + std::to_string(i) + ".bin"), records(2, std::string(1, static_cast<char>(i))));
  write_file(folder / "test_batch.bin", records(3, std::string(1, '\0')));
  write_file(folder / "batches.meta.txt", names(10));
}

TEST(Cifar, HasImagesAndNames) {
  const TemporaryDirectory directory;
  put_cifar10(directory / "cifar-10-batches-bin");
  for (const fs::path& folder : {directory.path(), directory / "cifar-10-batches-bin"}) {
    const auto [train, test] = data::cifar10(folder);
    EXPECT_EQ(train.size(), 10);
    EXPECT_EQ(test.size(), 3);
    EXPECT_EQ(train.classes(), 10);
    EXPECT_EQ(train.class_names()[3], "class 3");
    const Source source = train;
    ASSERT_NE(source.dataset(), nullptr);
    EXPECT_EQ(source.dataset()->column(1).to_vector<std::int64_t>(),
              (std::vector<std::int64_t>{1, 2, 2, 3, 3, 4, 4, 5, 5, 6}));
    const Tensor image = source.dataset()->column(0)[1];
    EXPECT_EQ(image.dtype(), DType::kU8);
    EXPECT_EQ(image.shape(), (Shape{32, 32, 3}));
    EXPECT_EQ(image[5][7].to_vector<int>(), (std::vector<int>{5, 7, 1}));
  }
}

TEST(Cifar, OfAHundredClassesHasTheFineOnes) {
  const TemporaryDirectory directory;
  write_file(directory / "train.bin", records(4, {3, 96}));
  write_file(directory / "test.bin", records(1, {3, 0}));
  write_file(directory / "fine_label_names.txt", names(100));
  const auto [train, test] = data::cifar100(directory.path());
  EXPECT_EQ(train.classes(), 100);
  EXPECT_EQ(rows_of(train).back().second, 99);
  EXPECT_EQ(test.size(), 1);
}

TEST(Cifar, RefusesFilesThatAreNotWhatTheyShouldBe) {
  const TemporaryDirectory directory;
  put_cifar10(directory.path());
  const auto refusal = [&] { return message_of<FormatError>([&] { data::cifar10(directory.path()); }); };
  write_file(directory / "data_batch_4.bin", records(1, {10}));
  EXPECT_THAT(refusal(), HasSubstr("data_batch_4.bin: record 0 has label 10; it must lie in [0, 10)"));
  write_file(directory / "data_batch_4.bin", records(2, {1}).substr(1));
  EXPECT_THAT(refusal(), HasSubstr("data_batch_4.bin: the file has 6145 bytes; records of 3073 are expected"));
  write_file(directory / "data_batch_4.bin", "");
  EXPECT_THAT(refusal(), HasSubstr("the file has 0 bytes"));
  fs::remove(directory / "data_batch_4.bin");
  EXPECT_THAT(refusal(), HasSubstr("data_batch_4.bin: cannot be opened"));
  write_file(directory / "batches.meta.txt", names(9));
  EXPECT_THAT(refusal(), HasSubstr("batches.meta.txt: it holds 9 names; 10 are expected"));
  write_file(directory / "batches.meta.txt", "a\tb\n");
  EXPECT_THAT(refusal(), HasSubstr("is no name of a class"));
}

}  // namespace
}  // namespace weft::testing
