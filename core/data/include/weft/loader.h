// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "weft/detail/export.h"
#include "weft/random.h"
#include "weft/source.h"

namespace weft WEFT_EXPORT {

// Batch size, order and device of a Loader. At most one of `weights` and `balance` is given, and then `shuffle` is
// true; a pass has as many rows as the source all the same.
struct LoaderOptions {
  std::int64_t batch_size = 32;  // rows of a batch
  bool shuffle = true;           // false: rows in the order of the source
  bool drop_last = false;        // leave out a last batch that is not full
  // Seed of the order. Empty: each loader has one of its own from draw_seed(), so that weft::seed() decides all.
  std::optional<std::uint64_t> seed{};
  std::optional<Device> device{};        // device of the batches; default: default_device() when the pass begins
  std::vector<double> weights{};         // by row: rows are drawn with replacement, by chances in proportion to these
  std::optional<std::size_t> balance{};  // column of classes: each batch holds all of them equally often, within one
};

namespace detail {

// One pass over a source: threads read the next batches while the caller works on this one.
class Pass;

struct PassHandle {
  std::shared_ptr<Pass> pass;
  // The batch at hand; null after the last one.
  const std::vector<Tensor>* batch() const;
  void advance() const;
};
// The rows of an epoch in their order. The options of a shuffled pass have a seed.
std::vector<std::int64_t> order_of_rows(const Source& source, const LoaderOptions& options, std::int64_t epoch);
// A pass that begins with batch `first` of its epoch.
PassHandle start_pass(const Source& source, const LoaderOptions& options, std::int64_t epoch, std::int64_t first = 0);
void check_loader(const Source& source, const LoaderOptions& options, std::size_t columns);
std::int64_t count_batches(const Source& source, const LoaderOptions& options);

}  // namespace detail

// Batches of a source's columns, one pass per begin(). The order is a function of (seed, epoch) alone. Batches are read
// ahead by the threads that the source asks for, or fewer if the system gives no more; what one throws comes in place
// of its batch. The end of a pass joins them.
template <class... Columns>
class LoaderOf {
  static_assert(sizeof...(Columns) > 0 && (std::same_as<Columns, Tensor> && ...),
                "LoaderOf<Tensor, ...>, one per column");

 public:
  // Position in a pass; an input iterator over tuples with a tensor per column.
  class Iterator {
   public:
    // Types that the standard library asks of an input iterator.
    using value_type = std::tuple<Columns...>;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;

    Iterator() = default;
    // At the first batch of a pass.
    explicit Iterator(detail::PassHandle handle) : handle_(std::move(handle)) {}
    // The batch at hand.
    value_type operator*() const {
      return [&]<std::size_t... i>(std::index_sequence<i...>) { return value_type{(*handle_.batch())[i]...}; }
      (std::index_sequence_for<Columns...>{});
    }
    // The next batch; waits until it is gathered.
    Iterator& operator++() {
      handle_.advance();
      return *this;
    }
    void operator++(int) { handle_.advance(); }
    // Equal where both are at the same batch, or both after the last.
    bool operator==(const Iterator& other) const { return batch() == other.batch(); }

   private:
    const void* batch() const { return handle_.pass ? handle_.batch() : nullptr; }
    detail::PassHandle handle_;
  };

  // ValueError unless the source has these many columns and batch_size is positive. Likewise for weights that are
  // negative, all 0 or not one for each row, for a column of classes with more than one element per row, and for
  // `balance` of a source that is no Dataset.
  explicit LoaderOf(Source source, LoaderOptions options = {})
      : source_(std::move(source)), options_(std::move(options)), given_seed_(options_.seed) {
    detail::check_loader(source_, options_, sizeof...(Columns));
    if (!given_seed_) options_.seed = draw_seed();
  }
  // Starts a pass and advances the epoch number. Leaving the loop early ends the pass.
  Iterator begin() { return Iterator(detail::start_pass(source_, options_, epoch_++)); }
  // After the last batch.
  Iterator end() { return {}; }
  // Batches of a pass.
  std::int64_t batches() const { return detail::count_batches(source_, options_); }
  // The rows that are batched.
  const Source& source() const { return source_; }
  // The number of the next pass: all there is to save for an exact resume.
  std::int64_t epoch() const { return epoch_; }
  void set_epoch(std::int64_t epoch) { epoch_ = epoch; }
  // The seed of the order, and the one that the options have given.
  std::uint64_t seed() const { return *options_.seed; }
  std::optional<std::uint64_t> given_seed() const { return given_seed_; }
  void set_seed(std::uint64_t seed) { options_.seed = seed; }

 private:
  Source source_;
  LoaderOptions options_;  // with a seed
  std::optional<std::uint64_t> given_seed_;
  std::int64_t epoch_ = 0;
};

// Batches of inputs and targets.
using Loader = LoaderOf<Tensor, Tensor>;

}  // namespace weft
