// SPDX-License-Identifier: Apache-2.0
#include "weft/detail/watch.h"

#include <atomic>
#include <utility>

#include "core/api/trace/cell.h"
#include "core/api/trace/tracer.h"
#include "core/exec/data_fault.h"

namespace weft::detail {

struct Watch::State : exec::Watch {
  State(Array array, std::function<Next(std::int64_t)> f) : number(std::move(array)), tell(std::move(f)) {}

  void look() override {
    if (ended) return;
    std::int64_t now = 0;
    number.copy_to_host(&now);
    if (seen.exchange(now) == now || now == 0) return;
    const Next next = tell(now);
    closer->store(next == Next::kLookCloser);
    ended = next == Next::kEnd;
  }
  bool over() const override { return ended; }

  const Array number;  // the memory alone, because the variable carries the watch
  const std::function<Next(std::int64_t)> tell;
  const Flag::State closer = std::make_shared<std::atomic<bool>>(false);
  std::atomic<std::int64_t> seen{0};
  std::atomic<bool> ended{false};
};

Watch::Watch(const Variable& number, std::function<Next(std::int64_t)> tell)
    : state_(std::make_shared<State>(number.cell()->storage(number.device()), std::move(tell))) {}

bool Watch::attach() const {
  Tracer& tracer = *Tracer::current();
  tracer.watch(state_);
  return tracer.wish(state_->closer);
}

}  // namespace weft::detail
