// SPDX-License-Identifier: Apache-2.0
#include "weft/loader.h"

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <numeric>
#include <span>
#include <string>
#include <system_error>
#include <thread>

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
  Pass(Dataset dataset, std::vector<std::int64_t> order, std::int64_t batch_size, std::int64_t first,
       std::int64_t batches, Device device)
      : dataset_(std::move(dataset)),
        order_(std::move(order)),
        batch_size_(batch_size),
        first_(first),
        batches_(batches),
        lease_(dataset_, batch_size, device, kAhead + 2),
        taken_(first),
        gatherer_(started()) {
    try {
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
    Batch next = gatherer_.joinable() ? waited_for() : gathered(taken_);
    batch_ = std::move(next).tensors();
    ++taken_;
  }

 private:
  static constexpr int kAhead = 3;  // batches waiting at most; one more is being gathered, one is at hand

  // Without a thread, if the system gives none: batches are then gathered one by one.
  std::thread started() {
    try {
      return std::thread([this] { gather(); });
    } catch (const std::system_error& e) {
      log(LogLevel::kWarning, cat("the system gives no thread (", e.what(), "): batches are gathered between steps"));
      return {};
    }
  }

  Batch gathered(std::int64_t b) {
    const std::span<const std::int64_t> rest = std::span(order_).subspan(static_cast<std::size_t>(b * batch_size_));
    const auto rows = rest.first(std::min(rest.size(), static_cast<std::size_t>(batch_size_)));
    return Batch(dataset_, rows, lease_.upload());
  }

  Batch waited_for() {
    Batch next;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !ready_.empty() || failure_; });
      if (ready_.empty()) std::rethrow_exception(failure_);
      next = std::move(ready_.front());
      ready_.pop_front();
    }
    changed_.notify_all();
    return next;
  }

  void gather() {
    try {
      for (std::int64_t b = first_; b < batches_; ++b) {
        {
          std::unique_lock lock(mutex_);
          changed_.wait(lock, [this] { return std::ssize(ready_) < kAhead || stopped_; });
          if (stopped_) return;
        }
        Batch batch = gathered(b);
        const std::lock_guard lock(mutex_);
        ready_.push_back(std::move(batch));
        changed_.notify_all();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
      changed_.notify_all();
    }
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    if (gatherer_.joinable()) gatherer_.join();
  }

  const Dataset dataset_;
  const std::vector<std::int64_t> order_;
  const std::int64_t batch_size_, first_, batches_;
  const UploadLease lease_;
  std::vector<Tensor> batch_;
  std::int64_t taken_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Batch> ready_;
  std::exception_ptr failure_;
  bool stopped_ = false;
  std::thread gatherer_;  // last: it uses all of the above
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

void check_sampling(const Dataset& dataset, const LoaderOptions& options) {
  const auto refuse = [](const std::string& message) { fail_at<ValueError>("loader", "", message); };
  if (options.weights.empty() && !options.balance) return;
  if (!options.shuffle) refuse("shuffle is false, but weights or balance ask for another order; give one of them");
  if (options.balance) {
    if (!options.weights.empty()) refuse("weights and balance are given; give one of them");
    const Tensor& classes = dataset.column(*options.balance);
    if (classes.numel() != dataset.size())
      refuse("balance names column " + std::to_string(*options.balance) + ", which is " + classes.shape().text() +
             "; a column of classes has one element per row");
    const std::vector<double> values = classes.to(DType::kF64).to_vector<double>();
    if (std::any_of(values.begin(), values.end(), [](double value) { return std::isnan(value); }))
      refuse("the column of classes holds NaN");
    return;
  }
  if (std::ssize(options.weights) != dataset.size())
    refuse(std::to_string(options.weights.size()) + " weights for " + std::to_string(dataset.size()) +
           " rows; there must be one for each");
  double sum = 0;
  for (const double weight : options.weights) {
    if (!(weight >= 0)) refuse("a weight is " + std::to_string(weight) + ", it must not be negative");
    sum += weight;
  }
  if (!(sum > 0 && std::isfinite(sum))) refuse("the sum of the weights must be positive and finite");
}

}  // namespace

std::vector<std::int64_t> order_of_rows(const Dataset& dataset, const LoaderOptions& options, std::int64_t epoch) {
  const auto rows = static_cast<std::size_t>(dataset.size());
  return allocating("loader", rows * sizeof(std::int64_t), [&] {
    const auto stream = static_cast<std::uint64_t>(epoch);
    const std::uint64_t seed = options.seed.value_or(0);
    if (options.balance) return balanced_order(dataset.column(*options.balance), seed, stream);
    if (!options.weights.empty()) return weighted_draws(options.weights, dataset.size(), seed, stream);
    if (options.shuffle) return permutation(dataset.size(), seed, stream);
    std::vector<std::int64_t> order(rows);
    std::iota(order.begin(), order.end(), 0);
    return order;
  });
}

PassHandle start_pass(const Dataset& dataset, const LoaderOptions& options, std::int64_t epoch, std::int64_t first) {
  if (dataset.columns().empty())
    fail_at<ValueError>("loader", "", "the loader has no dataset: it was moved from; use the one that it was moved to");
  const Device device = options.device ? *options.device : default_device();
  return {std::make_shared<Pass>(dataset, order_of_rows(dataset, options, epoch), options.batch_size, first,
                                 count_batches(dataset, options), device)};
}

void check_loader(const Dataset& dataset, const LoaderOptions& options, std::size_t columns) {
  if (options.batch_size < 1)
    fail_at<ValueError>("loader", "", "batch_size is " + std::to_string(options.batch_size) + ", it must be positive");
  if (dataset.columns().size() != columns)
    fail_at<ValueError>("loader", "",
                        "the dataset has " + std::to_string(dataset.columns().size()) + " columns, the loader gives " +
                            std::to_string(columns));
  check_sampling(dataset, options);
}

std::int64_t count_batches(const Dataset& dataset, const LoaderOptions& options) {
  const std::int64_t full = dataset.size() / options.batch_size;
  return full + (!options.drop_last && dataset.size() % options.batch_size != 0 ? 1 : 0);
}

}  // namespace weft::detail
