// SPDX-License-Identifier: Apache-2.0
#include "weft/loader.h"

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "core/base/check.h"
#include "core/data/batch.h"
#include "core/data/permutation.h"
#include "weft/detail/host_allocation.h"
#include "weft/error.h"
#include "weft/log.h"

namespace weft::detail {

class Pass {
 public:
  // The batches from `first` to `batches`.
  Pass(Source source, std::vector<std::int64_t> order, std::int64_t batch_size, std::int64_t epoch, std::int64_t first,
       std::int64_t batches, Device device)
      : source_(std::move(source)),
        order_(std::move(order)),
        batch_size_(batch_size),
        epoch_(epoch),
        batches_(batches),
        places_(static_cast<std::size_t>(kAhead + source_.threads() - 1)),
        lease_(source_, batch_size, device, kAhead + source_.threads() + 1),
        taken_(first),
        next_(first),
        end_(batches) {
    try {
      start();
      advance();
    } catch (...) {
      stop();
      throw;
    }
  }
  ~Pass() { stop(); }
  Pass(const Pass&) = delete;
  Pass& operator=(const Pass&) = delete;

  const std::vector<Tensor>* batch() const { return batch_.empty() ? nullptr : &batch_; }

  void advance() {
    batch_.clear();
    if (taken_ == batches_) return;
    Batch next = readers_.empty() ? read(taken_) : waited_for();
    batch_ = std::move(next).tensors();
    const std::lock_guard lock(mutex_);
    ++taken_;
    changed_.notify_all();
  }

 private:
  static constexpr int kAhead = 3;  // batches that one thread reads ahead; each more reads another

  // A batch on its way from its reader.
  struct Place {
    std::optional<Batch> batch;
    std::exception_ptr failure;
  };

  // Fewer threads than asked for, if the system gives no more. Without any, batches are read one by one.
  void start() {
    const int wanted = source_.threads();
    try {
      while (std::ssize(readers_) < wanted) readers_.emplace_back([this] { read_ahead(); });
    } catch (const std::system_error& e) {
      log(LogLevel::kWarning,
          readers_.empty() ? cat("the system gives no thread (", e.what(), "): batches are gathered between steps")
                           : cat("the system gives ", readers_.size(), " threads of ", wanted, " (", e.what(),
                                 "): a loader reads with those"));
    }
  }

  Batch read(std::int64_t b) {
    const std::span<const std::int64_t> rest = std::span(order_).subspan(static_cast<std::size_t>(b * batch_size_));
    const auto rows = rest.first(std::min(rest.size(), static_cast<std::size_t>(batch_size_)));
    return Batch(source_, rows, epoch_, lease_.upload());
  }

  Place& place_of(std::int64_t b) { return places_[static_cast<std::size_t>(b) % places_.size()]; }

  Batch waited_for() {
    std::unique_lock lock(mutex_);
    Place& place = place_of(taken_);
    changed_.wait(lock, [&] { return place.batch || place.failure; });
    if (place.failure) std::rethrow_exception(place.failure);
    return *std::exchange(place.batch, std::nullopt);
  }

  // Work of a reader: the next batch that nobody reads, as long as there is a place for it.
  void read_ahead() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stopped_ || next_ == end_ || next_ < taken_ + std::ssize(places_); });
      if (stopped_ || next_ == end_) return;
      const std::int64_t b = next_++;
      lock.unlock();
      Place made;
      try {
        made.batch = read(b);
      } catch (...) {
        made.failure = std::current_exception();
      }
      lock.lock();
      if (made.failure) end_ = std::min(end_, next_);  // nobody asks for the batches behind it
      place_of(b) = std::move(made);
      changed_.notify_all();
    }
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    for (std::thread& reader : readers_) reader.join();
  }

  const Source source_;
  const std::vector<std::int64_t> order_;
  const std::int64_t batch_size_, epoch_, batches_;
  std::vector<Place> places_;  // of the batches from taken_ on, round and round
  const UploadLease lease_;
  std::vector<Tensor> batch_;

  std::mutex mutex_;  // of places_, the following numbers and stopped_
  std::condition_variable changed_;
  std::int64_t taken_, next_;  // the batch that the caller takes next, and the one that is read next
  std::int64_t end_;           // the last batch + 1
  bool stopped_ = false;
  std::vector<std::thread> readers_;
};

const std::vector<Tensor>* PassHandle::batch() const { return pass->batch(); }
void PassHandle::advance() const { pass->advance(); }

namespace {

// Rows that go round the classes: each class is a cycle of its rows, in a new order on each round.
std::vector<std::int64_t> balanced_order(const Tensor& classes, std::uint64_t seed, std::uint64_t epoch) {
  const std::vector<double> values = classes.to(DType::kF64).to_vector<double>();
  std::map<double, std::vector<std::int64_t>> by_class;
  const std::vector<std::int64_t> shuffled = permutation(std::ssize(values), seed, epoch);
  for (const std::int64_t row : shuffled) by_class[values[static_cast<std::size_t>(row)]].push_back(row);
  std::vector<std::int64_t> order(values.size());
  std::size_t number = 0;
  for (auto& [value, rows] : by_class) {
    std::vector<std::int64_t> cycle = rows;
    for (std::size_t at = number, taken = 0; at < order.size(); at += by_class.size(), ++taken) {
      const std::size_t place = taken % rows.size();
      if (place == 0 && taken > 0) {
        const std::uint64_t round = taken / rows.size();
        const auto turned = permutation(std::ssize(rows), seed + number, (epoch << 20) + round);
        for (std::size_t i = 0; i < rows.size(); ++i) cycle[i] = rows[static_cast<std::size_t>(turned[i])];
      }
      order[at] = cycle[place];
    }
    ++number;
  }
  return order;
}

void check_sampling(const Source& source, const LoaderOptions& options) {
  const auto refuse = [](const std::string& message) { fail_at<ValueError>("loader", "", message); };
  if (options.weights.empty() && !options.balance) return;
  if (!options.shuffle) refuse("shuffle is false, but weights or balance ask for another order; give one of them");
  if (options.balance) {
    if (!options.weights.empty()) refuse("weights and balance are given; give one of them");
    const Dataset* dataset = source.dataset();
    if (!dataset)
      refuse("balance reads all classes before the first batch, and the rows do not lie in memory; give weights");
    const Tensor& classes = dataset->column(*options.balance);
    if (classes.numel() != dataset->size())
      refuse("balance names column " + std::to_string(*options.balance) + ", which is " + classes.shape().text() +
             "; a column of classes has one element per row");
    const std::vector<double> values = classes.to(DType::kF64).to_vector<double>();
    if (std::any_of(values.begin(), values.end(), [](double value) { return std::isnan(value); }))
      refuse("the column of classes holds NaN");
    return;
  }
  if (std::ssize(options.weights) != source.size())
    refuse(std::to_string(options.weights.size()) + " weights for " + std::to_string(source.size()) +
           " rows; there must be one for each");
  double sum = 0;
  for (const double weight : options.weights) {
    if (!(weight >= 0)) refuse("a weight is " + std::to_string(weight) + ", it must not be negative");
    sum += weight;
  }
  if (!(sum > 0 && std::isfinite(sum))) refuse("the sum of the weights must be positive and finite");
}

}  // namespace

std::vector<std::int64_t> order_of_rows(const Source& source, const LoaderOptions& options, std::int64_t epoch) {
  const auto rows = static_cast<std::size_t>(source.size());
  return allocating("loader", rows * sizeof(std::int64_t), [&] {
    const auto stream = static_cast<std::uint64_t>(epoch);
    const std::uint64_t seed = options.seed.value_or(0);
    if (options.balance) return balanced_order(source.dataset()->column(*options.balance), seed, stream);
    if (!options.weights.empty()) return weighted_draws(options.weights, source.size(), seed, stream);
    if (options.shuffle) return permutation(source.size(), seed, stream);
    std::vector<std::int64_t> order(rows);
    std::iota(order.begin(), order.end(), 0);
    return order;
  });
}

PassHandle start_pass(const Source& source, const LoaderOptions& options, std::int64_t epoch, std::int64_t first) {
  if (!source.defined())
    fail_at<ValueError>("loader", "", "the loader has no rows: it was moved from; use the one that it was moved to");
  const Device device = options.device ? *options.device : default_device();
  return {std::make_shared<Pass>(source, order_of_rows(source, options, epoch), options.batch_size, epoch, first,
                                 count_batches(source, options), device)};
}

void check_loader(const Source& source, const LoaderOptions& options, std::size_t columns) {
  if (options.batch_size < 1)
    fail_at<ValueError>("loader", "", "batch_size is ", options.batch_size, ", it must be positive");
  if (const std::size_t given = source.row_specs().size(); given != columns && (source.size() > 0 || source.dataset()))
    fail_at<ValueError>("loader", "", "the source has ", given, " columns, the loader gives ", columns);
  check_sampling(source, options);
}

std::int64_t count_batches(const Source& source, const LoaderOptions& options) {
  const std::int64_t full = source.size() / options.batch_size;
  return full + (!options.drop_last && source.size() % options.batch_size != 0 ? 1 : 0);
}

}  // namespace weft::detail
