// SPDX-License-Identifier: Apache-2.0
#include "weft/checkpoint.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <iterator>
#include <set>
#include <system_error>
#include <type_traits>
#include <utility>

#include "core/base/check.h"
#include "optim/train/checkpoint_file.h"
#include "weft/detail/flag.h"
#include "weft/safetensors.h"

namespace weft {
namespace detail {
namespace {

// Flags of gradients that were accumulated. Files from before they were saved leave them as they are.
Saved saved_flags(std::string name, const std::vector<Flag>& flags) {
  const Shape shape{std::ssize(flags)};
  return {std::move(name),
          shape,
          DType::kU8,
          [flags, shape] {
            std::vector<std::uint8_t> on;
            for (const Flag& flag : flags) on.push_back(flag.get() ? 1 : 0);
            return Tensor::of(on, shape);
          },
          [flags](const Tensor& value) {
            const std::vector<std::uint8_t> on = value.to_vector<std::uint8_t>();
            for (std::size_t i = 0; i < on.size(); ++i) flags[i].set(on[i] != 0);
          },
          {},
          [] {}};
}

void check_fit(const Saved& entry, const TensorSpec& given, const std::filesystem::path& path) {
  const std::string message = "'" + entry.name + "' is " + given.text() + " in the file, here it is " +
                              TensorSpec{entry.shape, entry.dtype}.text();
  std::vector<std::int64_t> sizes = given.shape.dims();
  if (entry.rows && !sizes.empty()) sizes[0] = std::max(sizes[0], entry.shape[0]);
  if (sizes != entry.shape.dims()) fail_at<ShapeError>("resume", path.string(), message);
  if (given.dtype != entry.dtype) fail_at<DTypeError>("resume", path.string(), message);
}

}  // namespace

Saved saved_variable(std::string name, const Variable& variable) {
  return {std::move(name), variable.shape(), variable.dtype(), [variable] { return variable.value(); },
          [variable](const Tensor& value) { variable.assign(value); }};
}

std::vector<Saved> entries_of(const Checkpoint& things) {
  std::vector<Saved> out;
  for (std::size_t i = 0; i < things.things_.size(); ++i) add_entries(out, i, things.things_[i]());
  return out;
}

std::vector<Saved> saved(Module& module) {
  std::vector<Saved> out;
  std::set<const Cell*> seen;  // a tied cell is saved under its first name
  for (const StateEntry& entry : module.state_dict())
    if (seen.insert(entry.variable.cell().get()).second) out.push_back(saved_variable(entry.name, entry.variable));
  return out;
}

std::vector<Saved> saved(Optimizer& optimizer) {
  std::vector<Saved> out;
  const Parameters state = optimizer.state();
  Variable calls;
  for (std::size_t i = 0; i < state.size(); ++i) {
    out.push_back(saved_variable(state.name(i), state[i]));
    if (state.name(i) == "accumulated.count") calls = state[i];
    // Files from before calls had weights: each counted 1.
    if (state.name(i) == "accumulated.weight")
      out.back().absent = [weight = state[i], calls] { weight.assign(calls.value().to(DType::kF64)); };
  }
  const std::vector<std::vector<Flag>> flags = reached_flags(optimizer);
  for (std::size_t s = 0; s < flags.size(); ++s) out.push_back(saved_flags(std::to_string(s) + ".reached", flags[s]));
  return out;
}

std::vector<Saved> saved(LBFGS& optimizer) {
  const LBFGSMemory now = memory_of(optimizer);
  // An entry for one member of the memory; `read` gives it as a tensor, and `write` takes it from one.
  const auto entry = [&optimizer](std::string name, Shape shape, DType dtype, auto read, auto write) {
    return Saved{std::move(name), std::move(shape), dtype, [&optimizer, read] { return read(memory_of(optimizer)); },
                 [&optimizer, write](const Tensor& value) {
                   LBFGSMemory memory = memory_of(optimizer);
                   write(memory, value);
                   remember(optimizer, memory);
                 }};
  };
  const auto number = [&](const char* name, auto member) {
    using T = std::remove_reference_t<decltype(now.*member)>;
    return entry(
        name, Shape{}, std::is_same_v<T, const double> ? DType::kF64 : DType::kI64,
        [member](const LBFGSMemory& memory) { return Tensor::scalar(memory.*member); },
        [member](LBFGSMemory& memory, const Tensor& value) { memory.*member = value.item<std::remove_const_t<T>>(); });
  };
  const auto tensor = [&](const char* name, std::int64_t most, Tensor LBFGSMemory::*member) {
    Saved out = entry(
        name, Shape{most, 2, now.pairs.dim(2)}, now.pairs.dtype(),
        [member](const LBFGSMemory& memory) { return memory.*member; },
        [member](LBFGSMemory& memory, const Tensor& value) { memory.*member = value; });
    out.rows = true;
    return out;
  };
  Saved trainable = entry(
      "trainable", Shape{now.parameters}, DType::kU8,
      [](const LBFGSMemory& memory) {
        const std::vector<std::uint8_t> flags(memory.trainable.begin(), memory.trainable.end());
        return Tensor::of(flags, {std::ssize(flags)});
      },
      [](LBFGSMemory& memory, const Tensor& value) {
        const std::vector<std::uint8_t> flags = value.to_vector<std::uint8_t>();
        memory.trainable.assign(flags.begin(), flags.end());
      });
  trainable.rows = true;
  return {tensor("history", now.most, &LBFGSMemory::pairs),
          tensor("last", 1, &LBFGSMemory::last),
          std::move(trainable),
          number("length", &LBFGSMemory::length),
          number("curvature", &LBFGSMemory::curvature),
          number("evaluations", &LBFGSMemory::evaluations)};
}

std::vector<Saved> saved(Generator& generator) { return {saved_variable("generator", generator.state())}; }

Saved saved_number(std::string name, std::function<std::int64_t()> read, std::function<void(std::int64_t)> write) {
  return {std::move(name), Shape{}, DType::kI64, [read = std::move(read)] { return Tensor::scalar(read()); },
          [write = std::move(write)](const Tensor& value) { write(value.item<std::int64_t>()); }};
}

Saved saved_seed(std::optional<std::uint64_t> given, std::function<std::uint64_t()> read,
                 std::function<void(std::uint64_t)> write, std::string owner) {
  Saved out = saved_number(
      "seed", [read = std::move(read)] { return std::bit_cast<std::int64_t>(read()); },
      [write = std::move(write)](std::int64_t seed) { write(std::bit_cast<std::uint64_t>(seed)); });
  out.check = [given, owner = std::move(owner)](const Tensor& value, const std::filesystem::path& path) {
    const auto saved = std::bit_cast<std::uint64_t>(value.item<std::int64_t>());
    if (given && saved != *given)
      fail_at<ValueError>("resume", path.string(), "it was saved with seed ", saved, ", ", owner, " has seed ", *given,
                          "; give it the seed of the file, or none");
  };
  out.absent = [] {};
  return out;
}

void add_entries(std::vector<Saved>& to, std::size_t position, std::vector<Saved> entries) {
  for (Saved& entry : entries) {
    entry.name = std::to_string(position) + "/" + entry.name;
    to.push_back(std::move(entry));
  }
}

void write_checkpoint(const std::filesystem::path& path, const std::vector<Saved>& entries, std::string_view prefix,
                      const NamedTensors& open) {
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (const Saved& entry : entries) tensors.emplace_back(entry.name, entry.read());
  for (const auto& [name, value] : open) tensors.emplace_back(std::string(prefix) + name, value);
  write_safetensors(path, std::move(tensors), {{"format", "weft checkpoint"}});
}

std::optional<CheckpointValues> read_checkpoint(const std::filesystem::path& path, const std::vector<Saved>& entries,
                                                std::string_view prefix) {
  // A path that cannot be looked at is opened, because opening it says why.
  if (std::error_code error; !std::filesystem::exists(path, error) && !error) return std::nullopt;
  const SafetensorsFile file(path, {.map = false});  // another program may shorten it meanwhile
  CheckpointValues out;
  std::size_t used = 0;
  for (const Saved& entry : entries) {
    if (file.contains(entry.name)) {
      check_fit(entry, file.spec(entry.name), path);
      ++used;
    } else if (!entry.absent) {
      fail_at<FormatError>("resume", path.string(), "it has no '", entry.name, "'; was it saved from the same things?");
    }
  }
  const std::vector<std::string> names = file.names();
  std::vector<std::string> open;
  for (const std::string& name : names)
    if (!prefix.empty() && name.starts_with(prefix)) open.push_back(name);
  if (names.size() != used + open.size())
    fail_at<FormatError>("resume", path.string(), "it has ", names.size() - open.size(), " values, here there are ",
                         entries.size(), "; was it saved from the same things?");
  // All are read before one is written: what cannot be read changes nothing.
  for (const Saved& entry : entries) {
    std::optional<Tensor>& value = out.entries.emplace_back();
    if (file.contains(entry.name)) value = file.tensor(entry.name);
    if (value && entry.check) entry.check(*value, path);
  }
  for (const std::string& name : open) out.open.emplace(name.substr(prefix.size()), file.tensor(name));
  return out;
}

void restore(const std::vector<Saved>& entries, const CheckpointValues& values) {
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (values.entries[i]) entries[i].write(*values.entries[i]);
  // Afterwards, because a value that no file has may follow from those that it has.
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (!values.entries[i]) entries[i].absent();
}

}  // namespace detail

void Checkpoint::save(const std::filesystem::path& path) const {
  detail::write_checkpoint(path, detail::entries_of(*this), {}, {});
}

bool Checkpoint::resume(const std::filesystem::path& path) const {
  const std::vector<detail::Saved> entries = detail::entries_of(*this);
  const std::optional<detail::CheckpointValues> values = detail::read_checkpoint(path, entries, {});
  if (values) detail::restore(entries, *values);
  return values.has_value();
}

}  // namespace weft
