// SPDX-License-Identifier: Apache-2.0
// The update alone: parameters whose gradients stand in variables, as a framework with a .grad has them. Adam and AdamW
// beside PyTorch, and every recipe beside AdamW.
#include "bench/case.h"

#include <algorithm>

namespace weft::bench {
namespace {

struct Update {
  std::string name;
  Recipe recipe;
  std::vector<Shape> shapes;
  double state = 2;  // tensors of a parameter's shape that the recipe keeps
  double reads = 1;  // of the gradient
};

// Muon takes matrices alone; AdamW has the rest, as in its paper.
std::vector<Group> groups_of(const Parameters& all, const Recipe& recipe) {
  Parameters matrices, others;
  for (std::size_t i = 0; i < all.size(); ++i)
    (recipe.name() == "muon" && all[i].shape().rank() != 2 ? others : matrices).add(all.name(i), all[i]);
  std::vector<Group> groups{{matrices, recipe}};
  if (others.size() > 0) groups.push_back({others, AdamW{.lr = 1e-3}});
  return groups;
}

class Updating {
 public:
  explicit Updating(const Update& update)
      : parameters_(variables("p", update.shapes)),
        gradients_(side_by_side(variables("g", update.shapes))),
        optimizer_(groups_of(parameters_, update.recipe)),
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
  static Parameters variables(const std::string& prefix, const std::vector<Shape>& shapes) {
    Parameters all;
    for (std::size_t i = 0; i < shapes.size(); ++i) all.add(prefix + std::to_string(i), Variable(noise(shapes[i])));
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

// Multiplications and additions of Muon's products.
double muon_flops(const Shape& shape) {
  if (shape.rank() != 2) return 0;
  const auto narrow = static_cast<double>(std::min(shape[0], shape[1]));
  const auto wide = static_cast<double>(std::max(shape[0], shape[1]));
  return 5 * (4 * narrow * narrow * wide + 2 * narrow * narrow * narrow);
}

Case make(Update update, const Setup& setup) {
  if (setup.tiny) {
    update.shapes.resize(std::min<std::size_t>(update.shapes.size(), 5));
    for (Shape& shape : update.shapes) {
      std::vector<std::int64_t> sizes;
      for (int axis = 0; axis < shape.rank(); ++axis) sizes.push_back(std::min<std::int64_t>(shape[axis], 33));
      shape = Shape(sizes);
    }
  }
  double parameters = 0, flops = 0;
  std::vector<std::int64_t> sizes;
  for (const Shape& shape : update.shapes) {
    sizes.push_back(shape.numel());
    parameters += static_cast<double>(shape.numel());
    if (update.recipe.name() == "muon") flops += muon_flops(shape);
  }
  Case made{.about = About("adam").add("optimizer", update.recipe.name()).add("sizes", sizes).text()};
  made.flops = flops;
  made.bytes =
      (12 + 8 * update.state) * parameters;  // reads parameter, gradient and state, writes all but the gradient
  made.footprint = (8 + 4 * update.state) * parameters;
  const auto updating = std::make_shared<Updating>(update);
  made.step = [updating] { updating->step(); };
  made.probe = [updating] { return updating->probe(); };
  made.explain = [updating] { return updating->explain(); };
  return made;
}

// The tensors of a GPT-2: 150 tensors, most of them in 12 blocks. A width of 768 makes 100 million parameters, 256 10
// million.
std::vector<Shape> transformer_shapes(std::int64_t width, std::int64_t words, std::int64_t places) {
  std::vector<Shape> shapes = {{words, width}, {places, width}};
  for (int block = 0; block < 12; ++block)
    for (const Shape& shape :
         {Shape{width}, Shape{width}, Shape{3 * width, width}, Shape{3 * width}, Shape{width, width}, Shape{width},
          Shape{width}, Shape{width}, Shape{4 * width, width}, Shape{4 * width}, Shape{width, 4 * width}, Shape{width}})
      shapes.push_back(shape);
  shapes.insert(shapes.end(), 4, Shape{width});
  return shapes;
}

std::vector<Row> rows_of(const std::vector<Update>& updates) {
  std::vector<Row> rows;
  for (const Update& update : updates)
    rows.push_back({update.name, [update](const Setup& setup) { return make(update, setup); }});
  return rows;
}

}  // namespace

std::vector<Row> adam_rows() {
  const Recipe adam = Adam{.lr = 1e-3}, adamw = AdamW{.lr = 1e-3};
  return rows_of({{"adam-10m", adam, {{10'000'000}}},
                  {"adam-tiny", adam, std::vector<Shape>(2000, {64})},
                  {"adamw-100m-1", adamw, {{100'000'000}}},
                  {"adamw-100m-150", adamw, transformer_shapes(768, 20000, 1024)},
                  {"adamw-tiny", adamw, std::vector<Shape>(2000, {64})}});
}

std::vector<Row> recipe_rows() {
  std::vector<Update> updates;
  const auto add = [&](const std::string& name, const Recipe& recipe, double state) {
    // Their floor has one more read of the gradient: the check that it is finite comes before the update.
    updates.push_back({"update-" + name, recipe, transformer_shapes(256, 2000, 512), state, 2});
  };
  add("adamw", AdamW{.lr = 1e-3}, 2);
  add("adam", Adam{.lr = 1e-3}, 2);
  add("adam-amsgrad", Adam{.lr = 1e-3, .amsgrad = true}, 3);
  add("adadelta", Adadelta{}, 2);
  add("adafactor", Adafactor{}, 0);
  add("adagrad", Adagrad{}, 1);
  add("adamax", Adamax{}, 2);
  add("heavyball", HeavyBall{}, 1);
  add("lamb", LAMB{}, 2);
  add("lars", LARS{}, 1);
  add("lion", Lion{}, 1);
  add("muon", Muon{}, 1);
  add("nadam", NAdam{}, 2);
  add("radam", RAdam{}, 2);
  add("rmsprop", RMSprop{}, 1);
  add("rmsprop-centered", RMSprop{.momentum = 0.9, .centered = true}, 3);
  add("schedulefreeadamw", ScheduleFreeAdamW{}, 2);
  add("sgd", SGD{}, 0);
  add("sgd-momentum", SGD{.momentum = 0.9}, 1);
  add("adamw-ema", ema(AdamW{.lr = 1e-3}, 0.999), 3);
  add("adamw-swa", swa(AdamW{.lr = 1e-3}, 2, 2), 3);
  add("adamw-lookahead", lookahead(AdamW{.lr = 1e-3}), 3);
  add("adamw-l1", l1(AdamW{.lr = 1e-3}, 1e-4), 2);
  add("adamw-l2", l2(AdamW{.lr = 1e-3}, 1e-4), 2);
  add("adamw-max-norm", max_norm(AdamW{.lr = 1e-3}, 3), 2);
  add("adamw-gradient-noise", gradient_noise(AdamW{.lr = 1e-3}, 1e-2), 2);
  return rows_of(updates);
}

}  // namespace weft::bench
