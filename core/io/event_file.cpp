// SPDX-License-Identifier: Apache-2.0
#include "weft/event_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <limits>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/io/descriptor.h"
#include "core/io/event_record.h"
#include "core/io/host_values.h"
#include "core/io/image_pixels.h"
#include "core/io/png.h"
#include "core/io/printable.h"

namespace weft {
namespace {

constexpr const char* kOp = "event_file";

std::atomic<unsigned> files_begun{0};

double now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

// The name of this machine, as it may stand in a file's name.
std::string host() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  std::string out = name.data();
  const auto plain = [](char c) {
    return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9') || c == '-';
  };
  std::replace_if(
      out.begin(), out.end(), [&](char c) { return !plain(c); }, '_');
  return out;
}

// Numbers beyond f32 are infinite.
float as_float(double value) {
  constexpr double kMost = std::numeric_limits<float>::max();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (std::abs(value) > kMost) return value > 0 ? kInfinity : -kInfinity;
  return static_cast<float>(value);
}

// A tag as it is written, because protocol buffers hold UTF-8.
std::string checked(const char* op, const std::string& tag) {
  if (tag.empty()) fail<ValueError>(op, "the tag is empty; give a name such as \"loss/training\"");
  return detail::printable(tag, 1000);
}

detail::Bins bins_of(std::vector<double> values) {
  constexpr std::size_t kBins = 64;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  detail::Bins bins{.lowest = *low, .highest = *high};
  // Halves, because the range of the largest numbers is not finite.
  const double width = (bins.highest / 2 - bins.lowest / 2) / kBins;
  const std::size_t count = width > 0 ? kBins : 1;
  for (std::size_t i = 1; i < count; ++i) bins.upper_edges.push_back(bins.lowest + 2 * width * static_cast<double>(i));
  bins.upper_edges.push_back(bins.highest);
  bins.counts.resize(count);
  for (const double value : values) {
    const double place = width > 0 ? (value / 2 - bins.lowest / 2) / width : 0;
    ++bins.counts[std::min(static_cast<std::size_t>(place), count - 1)];
    ++bins.count;
    bins.sum += value;
    bins.sum_of_squares += value * value;
  }
  return bins;
}

}  // namespace

struct EventWriter::State {
  void add(const std::string& event) {
    const std::string record = detail::record_of(event);
    const std::lock_guard<std::mutex> one(mutex);
    if (broken) fail_at<FormatError>(kOp, path.string(), "half a record stands at its end; begin a new file");
    std::size_t written = 0;
    while (written < record.size()) {
      const ssize_t n = ::write(file.get(), record.data() + written, record.size() - written);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) {
        const int error = errno;
        // Half a record would hide all that come behind it.
        broken = ::ftruncate(file.get(), size) != 0;
        errno = error;
        detail::fail_errno(path, kOp, "cannot be written");
      }
      written += static_cast<std::size_t>(n);
    }
    size += static_cast<off_t>(record.size());
  }

  std::filesystem::path path;
  detail::Descriptor file;
  off_t size = 0;  // whole records
  bool broken = false;
  std::mutex mutex;
};

EventWriter::EventWriter(const std::filesystem::path& directory, std::optional<std::int64_t> purge_step)
    : state_(std::make_unique<State>()) {
  detail::check_path(directory, kOp);
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) fail_at<FormatError>(kOp, directory.string(), "the directory cannot be made: ", error.message());
  constexpr mode_t kReadableByAll = 0666;  // less the umask
  do {
    state_->path = directory / ("events.out.tfevents." + std::to_string(static_cast<std::int64_t>(now())) + "." +
                                host() + "." + std::to_string(::getpid()) + "." + std::to_string(files_begun++));
    state_->file = detail::Descriptor(
        ::open(state_->path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, kReadableByAll));
  } while (!state_->file && errno == EEXIST);
  if (!state_->file) detail::fail_errno(state_->path, kOp, "cannot be made");
  state_->add(detail::version_event(now()));
  if (purge_step) state_->add(detail::purge_event(now(), *purge_step));
}

EventWriter::~EventWriter() = default;
EventWriter::EventWriter(EventWriter&&) noexcept = default;
EventWriter& EventWriter::operator=(EventWriter&&) noexcept = default;

EventWriter::State& EventWriter::state() const {
  if (!state_) fail<ValueError>(kOp, "this writer was moved from; use the one that it was moved to");
  return *state_;
}

void EventWriter::scalar(const std::string& tag, std::int64_t step, double value) {
  State& to = state();
  to.add(detail::scalar_event(now(), step, checked("scalar", tag), as_float(value)));
}

void EventWriter::histogram(const std::string& tag, std::int64_t step, const Tensor& values) {
  State& to = state();
  const std::string name = checked("histogram", tag);
  std::vector<double> finite = detail::numbers_of("histogram", "values", values);
  std::erase_if(finite, [](double value) { return !std::isfinite(value); });
  if (finite.empty())
    fail<ValueError>("histogram", "'", name, "' at step ", step, " has no finite value among ", values.numel(),
                     "; leave it out");
  to.add(detail::histogram_event(now(), step, name, bins_of(std::move(finite))));
}

void EventWriter::image(const std::string& tag, std::int64_t step, const Tensor& image) {
  State& to = state();
  const std::string name = checked("image", tag);
  detail::check_known("image", "image", image);
  if (image.rank() != 2 && image.rank() != 3)
    fail<ShapeError>("image", "image is ", image.shape(), "; it must be (h, w) or (h, w, 1 | 3 | 4)");
  const Tensor one = image.unsqueeze(0);
  const detail::ImageSizes sizes = detail::image_sizes("image", one);
  const std::string png = detail::png_bytes(detail::pixels_of(one, sizes)[0], "image");
  to.add(detail::image_event(now(), step, name, sizes.rows, sizes.columns, png));
}

void EventWriter::flush() {
  State& to = state();
  const std::lock_guard<std::mutex> one(to.mutex);
  if (::fsync(to.file.get()) != 0) detail::fail_errno(to.path, kOp, "cannot be synced");
}

const std::filesystem::path& EventWriter::path() const { return state().path; }

}  // namespace weft
