// SPDX-License-Identifier: Apache-2.0
#include "weft/serialize.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/base/check.h"
#include "weft/safetensors.h"

namespace weft {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

std::string renamed(const std::string& name, const std::map<std::string, std::string>& rename) {
  const std::pair<const std::string, std::string>* best = nullptr;
  for (const auto& rule : rename)
    if (name.starts_with(rule.first) && (!best || rule.first.size() > best->first.size())) best = &rule;
  return best ? best->second + name.substr(best->first.size()) : name;
}

// The module's name of every tensor in the file -> its name there, aliases of tied tensors included.
std::map<std::string, std::string> names_in(const SafetensorsFile& file, const std::filesystem::path& path,
                                            const LoadOptions& options) {
  std::map<std::string, std::string> out;
  for (const std::string& name : file.names())
    if (const auto [place, fresh] = out.emplace(renamed(name, options.rename), name); !fresh)
      fail_at<FormatError>("load", path.string(), "'", name, "' and '", place->second, "' are both renamed to '",
                           place->first, "'");
  for (const auto& [alias, kept] : file.metadata())
    if (file.contains(kept)) out.emplace(renamed(alias, options.rename), kept);
  return out;
}

// For FileAxes::kChannelsSecond: the axes in the file's order, and in memory's.
std::vector<int> to_file(int rank) {
  std::vector<int> order{0, rank - 1};
  for (int i = 1; i + 1 < rank; ++i) order.push_back(i);
  return order;
}
std::vector<int> from_file(int rank) {
  std::vector<int> order{0};
  for (int i = 2; i < rank; ++i) order.push_back(i);
  order.push_back(1);
  return order;
}

bool is_permuted(const Variable& variable) {
  return variable.file_axes() == FileAxes::kChannelsSecond && variable.shape().rank() > 2;
}

Tensor file_value(const Variable& variable) {
  const Tensor value = variable.value();
  return is_permuted(variable) ? value.permute(to_file(value.rank())) : value;
}

Shape file_shape(const Variable& variable) {
  const Shape& shape = variable.shape();
  if (!is_permuted(variable)) return shape;
  std::vector<std::int64_t> dims;
  for (const int axis : to_file(shape.rank())) dims.push_back(shape[axis]);
  return Shape(std::move(dims));
}

void check_fit(const StateEntry& entry, const TensorSpec& given, const std::string& file) {
  const TensorSpec wanted{file_shape(entry.variable), entry.variable.dtype()};
  const std::string message = file + " has " + given.text() + ", the module wants " + wanted.text();
  if (given.shape != wanted.shape) fail_at<ShapeError>("load", entry.name, message);
  if (given.dtype != wanted.dtype && !(is_floating(given.dtype) && is_floating(wanted.dtype)))
    fail_at<DTypeError>("load", entry.name, message);
}

}  // namespace

std::string LoadReport::text() const {
  std::string out = std::to_string(loaded.size()) + " loaded";
  if (!missing.empty()) out += "\nmissing: " + joined(missing);
  if (!unexpected.empty()) out += "\nunexpected: " + joined(unexpected);
  if (!skipped.empty()) out += "\nskipped: " + joined(skipped);
  return out;
}

void save(Module& module, const std::filesystem::path& path, const SaveOptions& options) {
  std::vector<std::pair<std::string, Tensor>> tensors;
  std::map<std::string, std::string> metadata{{"format", "pt"}};
  std::map<const detail::Cell*, std::string> first;
  for (const StateEntry& entry : module.state_dict()) {
    const auto [place, fresh] = first.emplace(entry.variable.cell().get(), entry.name);
    if (fresh) {
      tensors.emplace_back(entry.name, file_value(entry.variable));
    } else {
      metadata[entry.name] = place->second;
    }
  }
  if (options.transforms)
    for (auto& named : options.transforms->tensors()) tensors.push_back(std::move(named));
  write_safetensors(path, std::move(tensors), metadata);
}

LoadReport load(Module& module, const std::filesystem::path& path, const LoadOptions& options) {
  const SafetensorsFile file(path, {.map = false});  // another program may shorten it meanwhile
  const std::map<std::string, std::string> names = names_in(file, path, options);
  LoadReport report;
  std::vector<std::pair<Variable, std::string>> plan;
  std::vector<StateEntry> absent;
  std::set<std::string> used;
  for (const StateEntry& entry : module.state_dict()) {
    const auto place = names.find(entry.name);
    if (place != names.end()) used.insert(place->second);
    if (std::any_of(options.skip.begin(), options.skip.end(),
                    [&](const std::string& glob) { return matches_glob(glob, entry.name); })) {
      report.skipped.push_back(entry.name);
    } else if (place == names.end()) {
      absent.push_back(entry);
    } else {
      check_fit(entry, file.spec(place->second), path.string());
      plan.emplace_back(entry.variable, place->second);
      report.loaded.push_back(entry.name);
    }
  }
  // A tied cell may stand in the file under any one of its names.
  std::set<const detail::Cell*> filled;
  for (const auto& [variable, name] : plan) filled.insert(variable.cell().get());
  for (const StateEntry& entry : absent)
    if (!filled.contains(entry.variable.cell().get())) report.missing.push_back(entry.name);
  for (const std::string& name : file.names())
    if (!used.contains(name) && !data::Pipeline::is_state(name)) report.unexpected.push_back(name);
  if (options.strict && !(report.missing.empty() && report.unexpected.empty()))
    fail_at<FormatError>("load", path.string(),
                         "it does not fit the module (strict = false loads what fits): ", report.text());
  // All are read before one is assigned: what cannot be read changes nothing.
  std::vector<Tensor> values;
  for (const auto& [variable, name] : plan) {
    const Tensor value = file.tensor(name);
    values.push_back(is_permuted(variable) ? value.permute(from_file(value.rank())) : value);
  }
  for (std::size_t i = 0; i < plan.size(); ++i) plan[i].first.assign(values[i].to(plan[i].first.dtype()));
  return report;
}

}  // namespace weft
