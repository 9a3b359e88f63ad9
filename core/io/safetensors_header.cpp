// SPDX-License-Identifier: Apache-2.0
#include "core/io/safetensors_header.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/check.h"
#include "weft/error.h"

namespace weft::detail {
namespace {

using Json = nlohmann::ordered_json;

struct NamedDType {
  const char* name;
  DType dtype;
};
constexpr NamedDType kDTypes[] = {{"F64", DType::kF64},   {"F32", DType::kF32},  {"F16", DType::kF16},
                                  {"BF16", DType::kBF16}, {"I64", DType::kI64},  {"I32", DType::kI32},
                                  {"U8", DType::kU8},     {"BOOL", DType::kBool}};
constexpr const char* kMetadata = "__metadata__";

// Turns one file's header into entries; every error names the file.
class HeaderReader {
 public:
  explicit HeaderReader(const std::string& file) : file_(file) {}

  SafetensorsHeader read(std::string_view text, std::uint64_t data_bytes) const {
    if (!text.starts_with('{')) fail("the header does not begin with '{'");
    const Json json = parse(text);
    SafetensorsHeader out;
    for (const auto& [key, value] : json.items()) {
      if (key == kMetadata) {
        out.metadata = metadata_of(value);
      } else {
        out.entries.push_back(entry_of(key, value));
      }
    }
    check_layout(out.entries, data_bytes);
    return out;
  }

 private:
  [[noreturn]] void fail(const std::string& message) const { fail_at<FormatError>("safetensors", file_, message); }
  [[noreturn]] void fail(const std::string& tensor, const std::string& message) const {
    fail("tensor '" + tensor + "': " + message);
  }

  // Like the library's parser, but a key that comes twice in one object is an error.
  Json parse(std::string_view text) const {
    std::vector<std::set<std::string>> keys;
    const auto once = [&](int, nlohmann::detail::parse_event_t event, Json& value) {
      using Event = nlohmann::detail::parse_event_t;
      if (event == Event::object_start) keys.emplace_back();
      if (event == Event::object_end) keys.pop_back();
      if (event == Event::key && !keys.back().insert(value.get<std::string>()).second)
        fail("the header names '" + value.get<std::string>() + "' twice");
      return true;
    };
    try {
      return Json::parse(text.begin(), text.end(), once);
    } catch (const nlohmann::json::exception& e) {
      fail(std::string("the header is no JSON: ") + e.what());
    }
  }

  std::map<std::string, std::string> metadata_of(const Json& json) const {
    if (!json.is_object()) fail("the metadata are no object");
    std::map<std::string, std::string> out;
    for (const auto& [key, value] : json.items()) {
      if (!value.is_string()) fail("the metadata of '" + key + "' are no string");
      out[key] = value.get<std::string>();
    }
    return out;
  }

  const Json& field(const std::string& tensor, const Json& json, const char* name) const {
    if (!json.is_object()) fail(tensor, "its entry is no object");
    const auto place = json.find(name);
    if (place == json.end()) fail(tensor, std::string("its entry has no ") + name);
    return *place;
  }

  std::uint64_t natural(const std::string& tensor, const Json& json, const char* what) const {
    if (!json.is_number_unsigned()) fail(tensor, std::string(what) + " is no natural number");
    return json.get<std::uint64_t>();
  }

  SafetensorsEntry entry_of(const std::string& name, const Json& json) const {
    SafetensorsEntry out{name, {}, 0, 0};
    const Json& dtype = field(name, json, "dtype");
    const auto* known =
        std::find_if(std::begin(kDTypes), std::end(kDTypes), [&](const NamedDType& d) { return dtype == d.name; });
    if (known == std::end(kDTypes)) fail(name, "dtype " + dtype.dump() + " is not supported");
    out.spec.dtype = known->dtype;
    std::vector<std::int64_t> dims;
    const Json& shape = field(name, json, "shape");
    if (!shape.is_array()) fail(name, "its shape is no list");
    // Kept below 2^63 bytes at every step, zero sizes included, so that no product of sizes overflows.
    std::uint64_t bytes = size_of(out.spec.dtype), bound = bytes;
    for (const Json& d : shape) {
      const std::uint64_t size = natural(name, d, "a size");
      const std::uint64_t factor = std::max<std::uint64_t>(size, 1);
      if (bound > (std::uint64_t{1} << 62) / factor) fail(name, "its shape is too large");
      bound *= factor;
      bytes *= size;
      dims.push_back(static_cast<std::int64_t>(size));
    }
    out.spec.shape = Shape(std::move(dims));
    const Json& offsets = field(name, json, "data_offsets");
    if (!offsets.is_array() || offsets.size() != 2) fail(name, "data_offsets are not two numbers");
    out.begin = natural(name, offsets[0], "an offset");
    out.end = natural(name, offsets[1], "an offset");
    if (out.end < out.begin || out.end - out.begin != bytes)
      fail(name, "its bytes are " + std::to_string(out.begin) + " to " + std::to_string(out.end) + ", " +
                     out.spec.text() + " takes " + std::to_string(bytes));
    return out;
  }

  // No overlap, no gap, nothing missing at the end.
  void check_layout(std::vector<SafetensorsEntry>& entries, std::uint64_t data_bytes) const {
    std::stable_sort(entries.begin(), entries.end(), [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
      return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
    });
    std::uint64_t at = 0;
    for (const SafetensorsEntry& e : entries) {
      if (e.begin != at)
        fail(e.name,
             "its bytes begin at " + std::to_string(e.begin) + ", the tensor before ends at " + std::to_string(at));
      at = e.end;
    }
    if (at != data_bytes)
      fail("the header describes " + std::to_string(at) + " bytes of tensors, the file has " +
           std::to_string(data_bytes));
  }

  const std::string& file_;
};

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t data_bytes, const std::string& file) {
  return HeaderReader(file).read(json, data_bytes);
}

std::string write_safetensors_header(const SafetensorsHeader& header) {
  Json json = Json::object();
  if (!header.metadata.empty()) json[kMetadata] = header.metadata;
  for (const SafetensorsEntry& e : header.entries) {
    if (e.name == kMetadata || json.contains(e.name))
      fail_at<ValueError>("safetensors", "", "the name '" + e.name + "' is given twice or reserved");
    const auto* known = std::find_if(std::begin(kDTypes), std::end(kDTypes),
                                     [&](const NamedDType& d) { return d.dtype == e.spec.dtype; });
    json[e.name] = {{"dtype", known->name}, {"shape", e.spec.shape.dims()}, {"data_offsets", {e.begin, e.end}}};
  }
  try {
    std::string text = json.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    return text;
  } catch (const nlohmann::json::exception&) {
    fail_at<ValueError>("safetensors", "", "a name or the metadata are not UTF-8");
  }
}

}  // namespace weft::detail
