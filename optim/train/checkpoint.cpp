// SPDX-License-Identifier: Apache-2.0
#include "weft/checkpoint.h"

#include <set>
#include <system_error>

#include "core/base/check.h"
#include "weft/safetensors.h"

namespace weft {
namespace detail {
namespace {

Saved saved_variable(std::string name, const Variable& variable) {
  return {std::move(name), variable.shape(), variable.dtype(), [variable] { return variable.value(); },
          [variable](const Tensor& value) { variable.assign(value); }};
}

}  // namespace

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
  for (std::size_t i = 0; i < state.size(); ++i) out.push_back(saved_variable(state.name(i), state[i]));
  return out;
}

std::vector<Saved> saved(Generator& generator) { return {saved_variable("generator", generator.state())}; }

Saved saved_number(std::string name, std::function<std::int64_t()> read, std::function<void(std::int64_t)> write) {
  return {std::move(name), Shape{}, DType::kI64, [read = std::move(read)] { return Tensor::scalar(read()); },
          [write = std::move(write)](const Tensor& value) { write(value.item<std::int64_t>()); }};
}

}  // namespace detail

std::vector<detail::Saved> Checkpoint::all() const {
  std::vector<detail::Saved> out;
  for (std::size_t i = 0; i < things_.size(); ++i) {
    for (detail::Saved& entry : things_[i]()) {
      entry.name = std::to_string(i) + "/" + entry.name;
      out.push_back(std::move(entry));
    }
  }
  return out;
}

void Checkpoint::save(const std::filesystem::path& path) const {
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (const detail::Saved& entry : all()) tensors.emplace_back(entry.name, entry.read());
  write_safetensors(path, std::move(tensors), {{"format", "weft checkpoint"}});
}

bool Checkpoint::resume(const std::filesystem::path& path) const {
  // A path that cannot be looked at is opened, because opening it says why.
  if (std::error_code error; !std::filesystem::exists(path, error) && !error) return false;
  const SafetensorsFile file(path, {.map = false});  // another program may shorten it meanwhile
  const std::vector<detail::Saved> entries = all();
  for (const detail::Saved& entry : entries) {
    if (!file.contains(entry.name))
      fail_at<FormatError>("resume", path.string(), "it has no '", entry.name, "'; was it saved from the same things?");
    const TensorSpec& given = file.spec(entry.name);
    const std::string message = "'" + entry.name + "' is " + given.text() + " in the file, here it is " +
                                TensorSpec{entry.shape, entry.dtype}.text();
    if (given.shape != entry.shape) fail_at<ShapeError>("resume", path.string(), message);
    if (given.dtype != entry.dtype) fail_at<DTypeError>("resume", path.string(), message);
  }
  if (file.names().size() != entries.size())
    fail_at<FormatError>("resume", path.string(), "it has ", file.names().size(), " values, here there are ",
                         entries.size(), "; was it saved from the same things?");
  // All are read before one is written: what cannot be read changes nothing.
  std::vector<Tensor> values;
  for (const detail::Saved& entry : entries) values.push_back(file.tensor(entry.name));
  for (std::size_t i = 0; i < entries.size(); ++i) entries[i].write(values[i]);
  return true;
}

}  // namespace weft
