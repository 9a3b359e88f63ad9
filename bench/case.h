// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weft/weft.h"

// The benchmark's cases: one row each, written with weft's public API as a user would write it.
namespace weft::bench {

using Named = std::vector<std::pair<std::string, Tensor>>;

struct Setup {
  Device device;
  bool tiny = false;  // sizes for a test, not for a clock
};

// A case that is ready to run. `about` describes it to a peer as key=value words. The floor is `flops` at the rate of a
// matrix product plus `bytes`, read and written, at the bandwidth of a copy whose two buffers take `footprint` bytes.
struct Case {
  std::string about;
  double flops = 0, bytes = 0, footprint = 0;
  std::function<void()> step{};            // one step, on the next of several batches
  std::function<Named()> probe{};          // the first steps: what went in and what came out. Comes before any step
  std::function<std::string()> explain{};  // the kernels of a step; after a step
};

struct Row {
  std::string name;
  std::function<Case(const Setup&)> make;
};

std::vector<Row> rows();  // all of them
std::vector<Row> mlp_rows();
std::vector<Row> chain_rows();
std::vector<Row> cross_entropy_rows();
std::vector<Row> norm_rows();
std::vector<Row> adam_rows();
std::vector<Row> dropout_rows();
std::vector<Row> product_rows();

std::vector<Row> op_rows();      // each op of the public API alone; not among rows()
std::vector<Row> recipe_rows();  // the update of each recipe alone; not among rows()

// "f32", "tf32" or "bf16"; ValueError for another name.
Precision precision_of(const std::string& name);

// Uniform numbers of mean 0 and variance 1: the same on every device, unlike normal draws.
Tensor noise(const Shape& shape, DType dtype = DType::kF32);
// Class indices in [0, classes).
Tensor labels(std::int64_t count, std::int64_t classes);
// The number of batches to take in turn: several, with at most a quarter of a GiB in all.
std::size_t rotation(std::int64_t bytes_of_one);

// Makes `about`: key=value words.
class About {
 public:
  explicit About(const std::string& kind) : text_("kind=" + kind) {}
  About& add(const std::string& key, const std::string& value) {
    text_ += " " + key + "=" + value;
    return *this;
  }
  About& add(const std::string& key, std::int64_t value) { return add(key, std::to_string(value)); }
  About& add(const std::string& key, const std::vector<std::int64_t>& values);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// A case whose step is a program of tensors that are inputs and outputs and nothing else. `f` takes one batch of inputs
// and gives the named outputs of a step.
struct Stateless {
  std::vector<std::vector<Tensor>> batches;
  std::vector<std::string> inputs, outputs;  // their names
  std::function<std::vector<Tensor>(const std::vector<Tensor>&)> run;
  std::function<std::string()> explain{};
};
void finish(Case& made, Stateless stateless);

}  // namespace weft::bench
