// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weft/detail/export.h"
#include "weft/lbfgs.h"
#include "weft/loader.h"
#include "weft/module.h"
#include "weft/optimizer.h"
#include "weft/random.h"

namespace weft WEFT_EXPORT {

class Checkpoint;

namespace detail {

// One value that is saved and restored.
struct Saved {
  std::string name;
  Shape shape;  // with `rows`: axis 0 is the most rows that a file may have
  DType dtype;
  std::function<Tensor()> read;
  std::function<void(const Tensor&)> write;
  // Throws for a value of this file that must not be restored. Called before any value is written.
  std::function<void(const Tensor&, const std::filesystem::path&)> check{};
  // Replaces write() for files from before the value was saved. Empty: such a file is refused.
  std::function<void()> absent{};
  // True if a file may have fewer rows.
  bool rows = false;
};
WEFT_EXPORT std::vector<Saved> entries_of(const Checkpoint& things);
WEFT_EXPORT std::vector<Saved> saved(Module& module);
WEFT_EXPORT std::vector<Saved> saved(Optimizer& optimizer);
WEFT_EXPORT std::vector<Saved> saved(LBFGS& optimizer);
WEFT_EXPORT std::vector<Saved> saved(Generator& generator);
WEFT_EXPORT Saved saved_number(std::string name, std::function<std::int64_t()> read,
                               std::function<void(std::int64_t)> write);
// A seed. A file must agree with the one that was given, ValueError if it does not; without one that of the file is
// taken. So is a file without a seed.
WEFT_EXPORT Saved saved_seed(std::optional<std::uint64_t> given, std::function<std::uint64_t()> read,
                             std::function<void(std::uint64_t)> write, std::string owner);
template <class... Columns>
std::vector<Saved> saved(LoaderOf<Columns...>& loader) {
  return {
      saved_number(
          "epoch", [&loader] { return loader.epoch(); }, [&loader](std::int64_t epoch) { loader.set_epoch(epoch); }),
      saved_seed(
          loader.given_seed(), [&loader] { return loader.seed(); },
          [&loader](std::uint64_t seed) { loader.set_seed(seed); }, "the loader")};
}

}  // namespace detail

// Saves and restores modules, optimizers (LBFGS, too), generators and loaders together, so that training goes on bit
// for bit as if it had not been interrupted. The things are held by reference, in the same order when saving and
// resuming. Modules and generators may move meanwhile.
class Checkpoint {
 public:
  // The things must outlive the checkpoint.
  template <class... Things>
  requires((!std::same_as<Things, Checkpoint> && ...)) explicit Checkpoint(Things&... things) {
    (things_.push_back(source(things)), ...);
  }
  // Writes one safetensors file, complete or not at all.
  void save(const std::filesystem::path& path) const;
  // False when there is no such file. FormatError, ShapeError or DTypeError if the file and the things differ in names,
  // shapes or dtypes, ValueError if a loader was given another seed; then nothing has changed.
  bool resume(const std::filesystem::path& path) const;

 private:
  friend std::vector<detail::Saved> detail::entries_of(const Checkpoint& things);
  template <class T>
  static std::function<std::vector<detail::Saved>()> source(T& thing) {
    using detail::saved;
    if constexpr (std::derived_from<T, Module>) {
      return [ref = detail::ModuleRef(thing)] { return saved(ref.get("checkpoint")); };
    } else if constexpr (std::same_as<T, Generator>) {
      return [copy = thing]() mutable { return saved(copy); };
    } else {
      return [&thing] { return saved(thing); };
    }
  }
  std::vector<std::function<std::vector<detail::Saved>()>> things_;
};

}  // namespace weft
