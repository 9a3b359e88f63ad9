// SPDX-License-Identifier: Apache-2.0
#include "weft/event_file.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/io/event_record.h"
#include "tests/support/every_device.h"
#include "tests/support/files.h"
#include "weft/array.h"
#include "weft/elementwise.h"
#include "weft/ops.h"

namespace weft::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

std::string hex(const std::string& bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) out += {kDigits[static_cast<unsigned char>(c) >> 4], kDigits[c & 15]};
  return out;
}

std::uint64_t little_endian(const std::string& bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes.at(at + i));
  return value;
}

// The events of a file, whose frames must be whole and have the right checksums.
std::vector<std::string> events_of(const fs::path& path) {
  const std::string bytes = read_file(path);
  std::vector<std::string> events;
  std::size_t at = 0;
  while (at < bytes.size()) {
    const auto length = static_cast<std::size_t>(little_endian(bytes, at, 8));
    const std::string event = bytes.substr(at + 12, length);
    const std::string record = detail::record_of(event);
    EXPECT_EQ(hex(bytes.substr(at, record.size())), hex(record));
    events.push_back(event);
    at += record.size();
  }
  return events;
}

TEST(EventRecord, HasTheChecksumsOfTheRfc) {
  EXPECT_EQ(detail::crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(detail::crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(detail::crc32c("123456789"), 0xe3069283u);
}

// Bytes that the TensorBoard package makes of the same messages: tests/core/io/event_bytes.py.
TEST(EventRecord, HasTheBytesOfTensorBoard) {
  EXPECT_EQ(hex(detail::version_event(1.5)), "09000000000000f83f1a0d627261696e2e4576656e743a32");
  EXPECT_EQ(hex(detail::purge_event(1.5, 300)), "09000000000000f83f10ac023a020801");
  EXPECT_EQ(hex(detail::scalar_event(1.5, 300, "loss/a", 0.25f)),
            "09000000000000f83f10ac022a0f0a0d0a066c6f73732f61150000803e");
  const detail::Bins bins{-1, 2, 3, 1.5, 5.25, {0.5, 2}, {1, 2}};
  EXPECT_EQ(hex(detail::histogram_event(1.5, 300, "w", bins)),
            "09000000000000f83f10ac022a580a560a01772a5109000000000000f0bf1100000000000000401900000000"
            "0000084021000000000000f83f2900000000000015403210000000000000e03f00000000000000403a100000"
            "00000000f03f0000000000000040");
  EXPECT_EQ(hex(detail::image_event(1.5, 300, "i", 2, 300, "\x89PNG")),
            "09000000000000f83f10ac022a140a120a0169220d080210ac021803220489504e47");
  EXPECT_EQ(hex(detail::record_of("weft")), "04000000000000004245520477656674b7f7298a");
}

class EventFileOn : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(EventFileOn);

TEST_P(EventFileOn, HoldsARecordForEachCall) {
  const TemporaryDirectory directory;
  EventWriter writer(directory / "runs/a", 7);
  EXPECT_THAT(writer.path().filename().string(),
              MatchesRegex("events\\.out\\.tfevents\\.[0-9]+\\.[A-Za-z0-9_-]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_THAT(events_of(writer.path()), SizeIs(2));  // version and purge, before anything else
  writer.scalar("loss", 1, 0.5);
  writer.histogram("weights", 1, Tensor::of<float>({1, 2, 3, NAN}, {2, 2}));
  writer.image("digit", 1, zeros({8, 8}));
  writer.flush();
  const auto events = events_of(writer.path());
  ASSERT_THAT(events, SizeIs(5));
  EXPECT_THAT(events[0], HasSubstr("brain.Event:2"));
  EXPECT_THAT(events[2], HasSubstr("loss"));
  EXPECT_THAT(events[3], HasSubstr("weights"));
  EXPECT_THAT(events[4], HasSubstr("PNG"));
}

TEST_P(EventFileOn, TakesEveryTypeOfValuesAndImages) {
  const TemporaryDirectory directory;
  EventWriter writer(directory.path());
  for (const DType dtype :
       {DType::kF32, DType::kF64, DType::kF16, DType::kBF16, DType::kI32, DType::kI64, DType::kU8, DType::kBool})
    writer.histogram("values", 1, Tensor::of<float>({0, 1, 1}, {3}).to(dtype));
  writer.histogram("constant", 1, full({5}, 3));
  writer.histogram("huge", 1, Tensor::of<double>({-1.7e308, 1.7e308}, {2}));
  for (const Shape& shape : {Shape{2, 3}, Shape{2, 3, 1}, Shape{2, 3, 3}, Shape{2, 3, 4}}) {
    writer.image("image", 1, zeros(shape));
    writer.image("image", 1, zeros(shape).to(DType::kU8));
  }
  writer.scalar("numbers", 1, std::numeric_limits<double>::max());
  writer.scalar("numbers", std::numeric_limits<std::int64_t>::min(), std::numeric_limits<double>::quiet_NaN());
  EXPECT_THAT(events_of(writer.path()), SizeIs(1 + 10 + 8 + 2));
}

TEST_P(EventFileOn, RefusesWhatItCannotHold) {
  const TemporaryDirectory directory;
  EventWriter writer(directory.path());
  EXPECT_THAT(message_of<ValueError>([&] { writer.scalar("", 1, 2); }), HasSubstr("the tag is empty"));
  EXPECT_THAT(message_of<ValueError>([&] { writer.histogram("w", 3, Tensor::of<float>({NAN}, {1})); }),
              HasSubstr("'w' at step 3 has no finite value among 1"));
  EXPECT_THROW(writer.histogram("w", 1, Tensor()), ValueError);
  EXPECT_THROW(writer.histogram("w", 1, zeros({0})), ValueError);
  for (const Shape& shape : {Shape{8}, Shape{1, 8, 8, 1}, Shape{8, 8, 2}, Shape{0, 8}})
    EXPECT_THROW(writer.image("i", 1, zeros(shape)), ShapeError) << shape.text();
  EXPECT_THROW(writer.image("i", 1, zeros({8, 8}).to(DType::kI64)), DTypeError);
  EventWriter moved = std::move(writer);
  EXPECT_THAT(events_of(moved.path()), SizeIs(1));  // nothing of what was refused
  // NOLINTNEXTLINE(bugprone-use-after-move): what is tested
  EXPECT_THAT(message_of<ValueError>([&] { writer.scalar("a", 1, 2); }), HasSubstr("moved from"));
}

TEST(EventFile, EscapesTagsThatAreNoText) {
  const TemporaryDirectory directory;
  EventWriter writer(directory.path());
  writer.scalar("a\xff\n", 1, 2);
  EXPECT_THAT(events_of(writer.path()).at(1), HasSubstr("a\\xff\\x0a"));
}

TEST(EventFile, StartsAFileOfItsOwnEachTime) {
  const TemporaryDirectory directory;
  const EventWriter a(directory.path()), b(directory.path());
  EXPECT_NE(a.path(), b.path());
}

TEST(EventFile, HasADirectoryOrAnError) {
  const TemporaryDirectory directory;
  write_file(directory / "file", "in the way");
  EXPECT_THAT(message_of<FormatError>([&] { EventWriter(directory / "file" / "runs"); }),
              HasSubstr("the directory cannot be made"));
  EXPECT_THROW(EventWriter{fs::path()}, FormatError);
}

TEST(EventFile, AFailedRecordLeavesNoHalf) {
  const TemporaryDirectory directory;
  EventWriter writer(directory.path());
  writer.scalar("a", 1, 1);
  const auto size = fs::file_size(writer.path());
  // A limit of the process on the size of files, as a full disk would be.
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto signal_before = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight{size + 10, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &tight);
  const std::string message = message_of<FormatError>([&] { writer.scalar("b", 2, 2); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, signal_before);
  EXPECT_THAT(message, HasSubstr("cannot be written"));
  EXPECT_EQ(fs::file_size(writer.path()), size);
  writer.scalar("c", 3, 3);
  EXPECT_THAT(events_of(writer.path()), SizeIs(3));
}

TEST(EventFile, ThreadsShareAWriter) {
  const TemporaryDirectory directory;
  EventWriter writer(directory.path());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) writer.scalar("thread/" + std::to_string(t), i, i);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(events_of(writer.path()), SizeIs(201));
}

// A script that prints what the package reads from a directory.
constexpr const char* kRead = R"(
import sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1], size_guidance={"histograms": 0, "images": 0, "scalars": 0})
events.Reload()
assert [(e.step, e.value) for e in events.Scalars("loss/training")] == [(1, 0.5), (2, 0.25), (3, 0.125)], events.Scalars("loss/training")
[h] = events.Histograms("weights")
assert (h.step, h.histogram_value.min, h.histogram_value.max, h.histogram_value.num, h.histogram_value.sum) == (2, -1, 3, 4, 4)
assert sum(h.histogram_value.bucket) == 4 and len(h.histogram_value.bucket_limit) == 64
[i] = events.Images("digit")
assert (i.height, i.width) == (2, 3) and i.encoded_image_string[1:4] == b"PNG"
)";

TEST(EventFile, IsReadByTensorBoard) {
  const char* given = std::getenv("WEFT_TENSORBOARD_PYTHON");
  if (!given || !*given)
    GTEST_SKIP() << "WEFT_TENSORBOARD_PYTHON is not set; name a Python with the tensorboard package";
  const TemporaryDirectory directory;
  {
    EventWriter cut(directory / "run");
    cut.scalar("loss/training", 1, 0.5);
    cut.scalar("loss/training", 2, 9);  // trained again behind the checkpoint
    cut.scalar("loss/training", 3, 9);
  }
  EventWriter writer(directory / "run", 2);
  writer.scalar("loss/training", 2, 0.25);
  writer.scalar("loss/training", 3, 0.125);
  writer.histogram("weights", 2, Tensor::of<float>({-1, 0, 2, 3}, {4}));
  writer.image("digit", 2, zeros({2, 3}));
  write_file(directory / "read.py", kRead);
  EXPECT_EQ(std::system(("\"" + std::string(given) + "\" -B \"" + (directory / "read.py").string() + "\" \"" +
                         (directory / "run").string() + "\"")
                            .c_str()),
            0);
}

}  // namespace
}  // namespace weft::testing
