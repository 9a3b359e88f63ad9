// SPDX-License-Identifier: Apache-2.0
#include "core/io/safetensors_header.h"

#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

#include "core/base/check.h"
#include "core/io/printable.h"
#include "core/io/safetensors_entry.h"
#include "weft/error.h"

namespace weft::detail {
namespace {

using Json = nlohmann::json;

constexpr const char* kMetadataKey = "__metadata__";

// Takes the events of the JSON parser, so that the work is linear in the header and no tree is built. Fields of entries
// that the format does not have are skipped, as the reference does.
class HeaderEvents {
 public:
  explicit HeaderEvents(const SafetensorsFault& fault) : fault_(fault) {}

  SafetensorsHeader& header() { return header_; }

  // The calls that nlohmann::json::sax_parse makes; true goes on.
  bool null() {
    if (place_ == Place::kRoot && key_ == kMetadataKey) return true;  // the same as none
    return other("null");
  }
  bool boolean(bool) { return other("a boolean"); }
  bool number_integer(Json::number_integer_t) { return other("a negative number"); }
  bool number_float(Json::number_float_t, const std::string& text) { return other(text.c_str()); }
  bool binary(Json::binary_t&) { return other("binary"); }
  bool number_unsigned(Json::number_unsigned_t value) {
    if (place_ != Place::kNumbers) return other("a number");
    numbers_->push_back(value);
    return true;
  }
  bool string(std::string& value) {
    if (place_ == Place::kMetadata) {
      if (!header_.metadata.emplace(key_, std::move(value)).second) fail_twice(key_);
      return true;
    }
    if (place_ != Place::kEntry || field_ != "dtype") return other("a text");
    if (raw_.dtype) fail_twice(field_);
    raw_.dtype = std::move(value);
    return true;
  }
  bool key(std::string& value) {
    if (place_ == Place::kEntry) {
      field_ = std::move(value);
    } else if (place_ != Place::kSkipped) {
      key_ = std::move(value);
      if (place_ == Place::kRoot && !names_.insert(key_).second) fail_twice(key_);
    }
    return true;
  }
  bool start_object(std::size_t) {
    if (place_ == Place::kOutside) {
      place_ = Place::kRoot;
    } else if (place_ == Place::kRoot) {
      place_ = key_ == kMetadataKey ? Place::kMetadata : Place::kEntry;
      raw_ = {};
    } else {
      start_skipped("an object");
    }
    return true;
  }
  bool end_object() {
    if (place_ == Place::kSkipped) return end_skipped();
    if (place_ == Place::kEntry) header_.entries.push_back(checked_entry(key_, std::exchange(raw_, {}), fault_));
    place_ = place_ == Place::kRoot ? Place::kOutside : Place::kRoot;
    return true;
  }
  bool start_array(std::size_t) {
    const bool shape = field_ == "shape";
    if (place_ == Place::kEntry && (shape || field_ == "data_offsets")) {
      std::optional<std::vector<std::uint64_t>>& to = shape ? raw_.shape : raw_.offsets;
      if (to) fail_twice(field_);
      numbers_ = &to.emplace();
      place_ = Place::kNumbers;
    } else {
      start_skipped("a list");
    }
    return true;
  }
  bool end_array() {
    if (place_ == Place::kSkipped) return end_skipped();
    place_ = Place::kEntry;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const Json::exception& e) {
    constexpr std::size_t kLongest = 300;
    fault_.fail("the header is no JSON: " + printable(e.what(), kLongest));
  }

 private:
  // Places of the parser: in front of or behind the whole, in an object, in a list of numbers, or in what is
  // skipped.
  enum class Place { kOutside, kRoot, kMetadata, kEntry, kNumbers, kSkipped };

  [[noreturn]] void fail_twice(const std::string& key) const {
    fault_.fail("the header names '" + printable(key) + "' twice");
  }
  // A value that is none of the format's: an error, or skipped where the format does not have the field.
  bool other(const char* given) const {
    if (place_ == Place::kOutside) fault_.fail("the header is no object");
    if (place_ == Place::kMetadata) fault_.fail("the metadata of '" + printable(key_) + "' are no string");
    if (place_ == Place::kRoot && key_ == kMetadataKey) fault_.fail("the metadata are no object");
    if (place_ == Place::kRoot) fault_.fail(key_, "its entry is no object");
    if (place_ == Place::kNumbers)
      fault_.fail(key_, std::string(field_ == "shape" ? "a size" : "an offset") + " is no natural number");
    if (place_ == Place::kEntry) {
      if (field_ == "dtype") fault_.fail(key_, std::string("its dtype is no text but ") + given);
      if (field_ == "shape") fault_.fail(key_, "its shape is no list");
      if (field_ == "data_offsets") fault_.fail(key_, "data_offsets are not two numbers");
    }
    return true;
  }
  void start_skipped(const char* given) {
    other(given);
    if (depth_++ == 0) place_ = Place::kSkipped;
  }
  bool end_skipped() {
    if (--depth_ == 0) place_ = Place::kEntry;
    return true;
  }

  const SafetensorsFault& fault_;
  SafetensorsHeader header_;
  std::unordered_set<std::string> names_;
  Place place_ = Place::kOutside;
  std::size_t depth_ = 0;  // depth of what is skipped
  std::string key_;        // key of the root or the metadata
  std::string field_;      // key of an entry
  RawEntry raw_;
  std::vector<std::uint64_t>* numbers_ = nullptr;
};

std::string quoted(const std::string& text, const std::string& file) {
  try {
    return Json(text).dump();
  } catch (const Json::exception&) {
    fail_at<ValueError>("safetensors", file, "'", printable(text), "' is not UTF-8; names and metadata must be");
  }
}

// Members of an object, written one after another.
class Members {
 public:
  explicit Members(const std::string& file) : file_(file) {}

  void add(const std::string& key, const std::string& json) {
    if (!text_.empty()) text_ += ',';
    text_.append(quoted(key, file_)).append(1, ':').append(json);
  }
  std::string text() const { return cat("{", text_, "}"); }

 private:
  const std::string& file_;
  std::string text_;
};

std::string entry_json(const SafetensorsEntry& e) {
  std::string out = R"({"dtype":")";
  out.append(e.dtype).append(R"(","shape":[)");
  for (int axis = 0; axis < e.shape.rank(); ++axis)
    out.append(axis == 0 ? 0 : 1, ',').append(std::to_string(e.shape[axis]));
  out.append(R"(],"data_offsets":[)").append(std::to_string(e.begin)).append(1, ',');
  return out.append(std::to_string(e.end)).append("]}");
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t data_bytes, const std::string& file) {
  const SafetensorsFault fault{file};
  if (!json.starts_with('{')) fault.fail("the header does not begin with '{'");
  // The parser takes a NUL byte for the end.
  if (const std::size_t at = json.find('\0'); at != std::string_view::npos)
    fault.fail("the header is no JSON: there is a NUL byte at " + std::to_string(at));
  HeaderEvents events(fault);
  Json::sax_parse(json.begin(), json.end(), &events);
  check_layout(events.header().entries, data_bytes, fault);
  return std::move(events.header());
}

std::string write_safetensors_header(const SafetensorsHeader& header, const std::string& file) {
  Members members(file);
  if (!header.metadata.empty()) {
    Members metadata(file);
    for (const auto& [key, value] : header.metadata) metadata.add(key, quoted(value, file));
    members.add(kMetadataKey, metadata.text());
  }
  std::unordered_set<std::string_view> names{kMetadataKey};
  for (const SafetensorsEntry& e : header.entries) {
    if (!names.insert(e.name).second)
      fail_at<ValueError>("safetensors", file, "the name '", printable(e.name), "' is given twice or reserved");
    members.add(e.name, entry_json(e));
  }
  std::string text = members.text();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  if (text.size() > kMaxSafetensorsHeader)
    fail_at<ValueError>("safetensors", file, "names and metadata take ", text.size(), " bytes; no reader takes over ",
                        kMaxSafetensorsHeader);
  return text;
}

}  // namespace weft::detail
