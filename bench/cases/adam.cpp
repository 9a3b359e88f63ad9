// SPDX-License-Identifier: Apache-2.0
// The update alone: Adam and AdamW on parameters whose gradients stand in variables, as a framework with a .grad has
// them.
#include "bench/case.h"

#include <algorithm>

namespace weft::bench {
namespace {

struct Update {
  std::string name, optimizer;
  std::vector<std::int64_t> sizes;
};

class Updating {
 public:
  explicit Updating(const Update& update)
      : parameters_(variables("p", update.sizes)),
        gradients_(side_by_side(variables("g", update.sizes))),
        optimizer_(parameters_, update.optimizer == "adamw" ? Recipe(AdamW{.lr = 1e-3}) : Recipe(Adam{.lr = 1e-3})),
        step_(compile([this] {
          Gradients given{parameters_, {}};
          for (const Variable& gradient : gradients_) given.values.push_back(gradient.value());
          optimizer_.apply(given);
        })) {}

  void step() { step_(); }

  std::string explain() const { return step_.explain(); }

  Named probe() {
    constexpr int kSteps = 3;
    Named named = values(parameters_, "before.");
    for (auto& value : values(gradients_, "gradient.")) named.push_back(std::move(value));
    for (int i = 0; i < kSteps; ++i) step_();
    for (auto& value : values(parameters_, "after.")) named.push_back(std::move(value));
    return named;
  }

 private:
  static Parameters variables(const std::string& prefix, const std::vector<std::int64_t>& sizes) {
    Parameters all;
    for (std::size_t i = 0; i < sizes.size(); ++i) all.add(prefix + std::to_string(i), Variable(noise({sizes[i]})));
    return all;
  }
  // In one allocation, as the optimizer lays out the parameters, so that it reads them where they are.
  static Parameters side_by_side(Parameters all) {
    lay_out({all.begin(), all.end()});
    return all;
  }
  static Named values(const Parameters& all, const std::string& prefix) {
    Named named;
    for (std::size_t i = 0; i < all.size(); ++i) named.emplace_back(prefix + std::to_string(i), all[i].value());
    return named;
  }

  Parameters parameters_, gradients_;
  Optimizer optimizer_;
  Compiled<void()> step_;
};

Case make(Update update, const Setup& setup) {
  if (setup.tiny) {
    update.sizes.resize(std::min<std::size_t>(update.sizes.size(), 5));
    for (std::int64_t& size : update.sizes) size = std::min<std::int64_t>(size, 33);
  }
  double parameters = 0;
  for (const std::int64_t size : update.sizes) parameters += static_cast<double>(size);
  Case made{.about = About("adam").add("optimizer", update.optimizer).add("sizes", update.sizes).text()};
  made.bytes = 28 * parameters;  // reads parameter, gradient and two moments, writes all but the gradient
  made.footprint = 16 * parameters;
  const auto updating = std::make_shared<Updating>(update);
  made.step = [updating] { updating->step(); };
  made.probe = [updating] { return updating->probe(); };
  made.explain = [updating] { return updating->explain(); };
  return made;
}

// The tensors of a GPT-2 of about 100 million parameters: 150 tensors, most of them in 12 blocks of width 768.
std::vector<std::int64_t> transformer_sizes() {
  constexpr std::int64_t kWidth = 768;
  std::vector<std::int64_t> sizes = {20000 * kWidth, 1024 * kWidth};
  for (int block = 0; block < 12; ++block)
    for (const std::int64_t size : {kWidth, kWidth, 3 * kWidth * kWidth, 3 * kWidth, kWidth * kWidth, kWidth, kWidth,
                                    kWidth, 4 * kWidth * kWidth, 4 * kWidth, 4 * kWidth * kWidth, kWidth})
      sizes.push_back(size);
  sizes.insert(sizes.end(), 4, kWidth);
  return sizes;
}

}  // namespace

std::vector<Row> adam_rows() {
  std::vector<Row> rows;
  for (const Update& update :
       {Update{"adam-10m", "adam", {10'000'000}}, Update{"adam-tiny", "adam", std::vector<std::int64_t>(2000, 64)},
        Update{"adamw-100m-1", "adamw", {100'000'000}}, Update{"adamw-100m-150", "adamw", transformer_sizes()},
        Update{"adamw-tiny", "adamw", std::vector<std::int64_t>(2000, 64)}})
    rows.push_back({update.name, [update](const Setup& setup) { return make(update, setup); }});
  return rows;
}

}  // namespace weft::bench
