// SPDX-License-Identifier: Apache-2.0
#include "weft/safetensors.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <unordered_map>
#include <utility>

#include "core/base/check.h"
#include "core/io/file_bytes.h"
#include "core/io/file_writer.h"
#include "core/io/foreign_kind.h"
#include "core/io/host_memory.h"
#include "core/io/printable.h"
#include "core/io/safetensors_header.h"
#include "weft/detail/host_allocation.h"
#include "weft/error.h"

namespace weft {
namespace {

constexpr std::uint64_t kPrefix = 8;  // the header's length, little-endian

}  // namespace

struct SafetensorsFile::State {
  State(const std::filesystem::path& file, const SafetensorsOptions& options)
      : path(file.string()), bytes(file, "safetensors", options.map) {
    check_kind();
    if (bytes.size() < kPrefix) fail("it has " + std::to_string(bytes.size()) + " bytes, too few for a header");
    unsigned char prefix[kPrefix];
    bytes.read(0, kPrefix, prefix);
    std::uint64_t length = 0;
    for (std::uint64_t i = kPrefix; i-- > 0;) length = length << 8 | prefix[i];
    if (length > detail::kMaxSafetensorsHeader)
      fail("the header would have " + std::to_string(length) + " bytes, at most " +
           std::to_string(detail::kMaxSafetensorsHeader) + " are allowed");
    if (length > bytes.size() - kPrefix)
      fail("the header would have " + std::to_string(length) + " bytes, the file has " + std::to_string(bytes.size()));
    std::string json(length, '\0');
    bytes.read(kPrefix, json.size(), json.data());
    data = kPrefix + length;
    header = detail::parse_safetensors_header(json, bytes.size() - data, path);
    index.reserve(header.entries.size());
    for (std::size_t i = 0; i < header.entries.size(); ++i) {
      const detail::SafetensorsEntry& e = header.entries[i];
      index[e.name] = i;
      specs.push_back({e.shape, e.known.value_or(DType::kU8)});
    }
  }

  [[noreturn]] void fail(const std::string& message) const { fail_at<FormatError>("safetensors", path, message); }

  // A '{' behind the length is the mark of this format; other formats are known by their first bytes.
  void check_kind() const {
    char begin[16];
    const auto have = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), sizeof begin));
    bytes.read(0, have, begin);
    if (have > kPrefix && begin[kPrefix] == '{') return;
    const std::optional<detail::ForeignKind> kind = detail::foreign_kind({begin, have});
    if (!kind) return;
    fail("this is " + std::string(kind->name) + ", no safetensors file; " +
         (kind->torch ? "if PyTorch wrote it, convert it there: "
                        "safetensors.torch.save_file(torch.load(\"model.pt\", weights_only=True), "
                        "\"model.safetensors\")"
                      : "unpack or convert it first"));
  }

  std::size_t place(const std::string& name) const {
    const auto found = index.find(name);
    if (found == index.end()) fail("tensor '" + detail::printable(name) + "' is not there");
    const detail::SafetensorsEntry& e = header.entries[found->second];
    if (e.known) return found->second;
    const std::string given = cat("tensor '", detail::printable(name), "' is ", detail::printable(e.dtype), e.shape);
    if (!detail::safetensors_bits(e.dtype)) fail(given + ", a type that the format does not have");
    fail_at<DTypeError>("safetensors", path, given,
                        "; weft reads F64, F32, F16, BF16, I64, I32, U8 and BOOL, convert it where it was written");
  }

  std::string path;
  detail::FileBytes bytes;
  std::uint64_t data = 0;  // place of the first tensor
  detail::SafetensorsHeader header;
  std::vector<TensorSpec> specs;  // specs of the entries
  std::unordered_map<std::string, std::size_t> index;
};

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path, const SafetensorsOptions& options)
    : state_(detail::allocating(
          "safetensors", 0, [&] { return std::make_shared<const State>(path, options); }, path.string())) {}

std::vector<std::string> SafetensorsFile::names() const {
  std::vector<std::string> out;
  for (const auto& entry : state_->header.entries) out.push_back(entry.name);
  return out;
}

bool SafetensorsFile::contains(const std::string& name) const { return state_->index.contains(name); }
const TensorSpec& SafetensorsFile::spec(const std::string& name) const { return state_->specs[state_->place(name)]; }
const std::map<std::string, std::string>& SafetensorsFile::metadata() const { return state_->header.metadata; }

Tensor SafetensorsFile::tensor(const std::string& name) const {
  const std::size_t place = state_->place(name);
  const detail::SafetensorsEntry& entry = state_->header.entries[place];
  const TensorSpec& spec = state_->specs[place];
  const std::uint64_t begin = state_->data + entry.begin;
  const auto size = static_cast<std::size_t>(entry.end - entry.begin);
  state_->bytes.check_unchanged();
  const bool aligned = begin % size_of(spec.dtype) == 0;  // a mapping begins at a page
  std::shared_ptr<const std::byte> memory;
  if (state_->bytes.mapping() && aligned) {
    memory = {state_->bytes.mapping(), state_->bytes.mapping().get() + begin};
  } else {
    const auto own = detail::host_memory(size);
    state_->bytes.read(begin, size, own.get());
    memory = own;
  }
  if (spec.dtype == DType::kBool) {
    const std::byte* bad =
        std::find_if(memory.get(), memory.get() + size, [](std::byte b) { return b > std::byte{1}; });
    if (bad != memory.get() + size)
      state_->fail("tensor '" + detail::printable(name) + "': a BOOL is neither 0 nor 1, at byte " +
                   std::to_string(begin + static_cast<std::uint64_t>(bad - memory.get())));
  }
  return detail::host_tensor(memory.get(), spec, memory);
}

void write_safetensors(const std::filesystem::path& path, std::vector<std::pair<std::string, Tensor>> tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) {
    return std::pair(-static_cast<int>(size_of(a.second.dtype())), std::string_view(a.first)) <
           std::pair(-static_cast<int>(size_of(b.second.dtype())), std::string_view(b.first));
  });
  detail::SafetensorsHeader header{metadata, {}};
  std::uint64_t at = 0;
  for (const auto& [name, tensor] : tensors) {
    const TensorSpec spec{tensor.shape(), tensor.dtype()};
    const std::uint64_t end = at + static_cast<std::uint64_t>(spec.bytes());
    header.entries.push_back({name, detail::safetensors_name(spec.dtype), spec.shape, spec.dtype, at, end});
    at = end;
  }
  const std::string json = detail::write_safetensors_header(header, path.string());
  unsigned char prefix[kPrefix];
  for (std::uint64_t i = 0; i < kPrefix; ++i) prefix[i] = static_cast<unsigned char>(json.size() >> (8 * i));
  detail::FileWriter file(path, "safetensors");
  file.write(prefix, kPrefix);
  file.write(json.data(), json.size());
  for (auto& [name, tensor] : tensors) {
    // Let go of one by one, because a variable's value is copied here.
    const Tensor host = std::exchange(tensor, {}).to(Device::cpu());
    file.write(detail::host_bytes(host), static_cast<std::size_t>(TensorSpec{host.shape(), host.dtype()}.bytes()));
  }
  file.commit();
}

}  // namespace weft
