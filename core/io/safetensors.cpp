// SPDX-License-Identifier: Apache-2.0
#include "weft/safetensors.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unordered_map>

#include "core/base/check.h"
#include "core/io/file_writer.h"
#include "core/io/host_memory.h"
#include "core/io/safetensors_header.h"
#include "weft/error.h"

namespace weft {
namespace {

constexpr std::uint64_t kPrefix = 8;  // the header's length, little-endian

// A file mapped into memory.
class Mapping {
 public:
  explicit Mapping(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status {};
    if (descriptor < 0) fail(path, "cannot be opened");
    if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
      ::close(descriptor);
      fail_at<FormatError>("safetensors", path, "this is no regular file");
    }
    size_ = static_cast<std::uint64_t>(status.st_size);
    if (size_ > 0) data_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
    const int error = errno;
    ::close(descriptor);
    errno = error;
    if (data_ == MAP_FAILED) fail(path, "cannot be mapped");
  }
  ~Mapping() {
    if (size_ > 0) ::munmap(data_, size_);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  const char* data() const { return static_cast<const char*>(data_); }
  std::uint64_t size() const { return size_; }

 private:
  [[noreturn]] static void fail(const std::string& path, const char* what) {
    fail_at<FormatError>("safetensors", path, std::string(what) + ": " + std::strerror(errno));
  }
  void* data_ = nullptr;
  std::uint64_t size_ = 0;
};

}  // namespace

struct SafetensorsFile::State {
  explicit State(const std::string& file) : path(file), mapping(std::make_shared<Mapping>(file)) {
    if (mapping->size() < kPrefix) fail("it has " + std::to_string(mapping->size()) + " bytes, too few for a header");
    std::uint64_t length = 0;
    for (std::uint64_t i = kPrefix; i-- > 0;) length = length << 8 | static_cast<unsigned char>(mapping->data()[i]);
    if (length > detail::kMaxSafetensorsHeader)
      fail("the header would have " + std::to_string(length) + " bytes, at most " +
           std::to_string(detail::kMaxSafetensorsHeader) + " are allowed");
    if (length > mapping->size() - kPrefix)
      fail("the header would have " + std::to_string(length) + " bytes, the file has " +
           std::to_string(mapping->size()));
    data = mapping->data() + kPrefix + length;
    header =
        detail::parse_safetensors_header({mapping->data() + kPrefix, length}, mapping->size() - kPrefix - length, path);
    for (std::size_t i = 0; i < header.entries.size(); ++i) index[header.entries[i].name] = i;
  }

  [[noreturn]] void fail(const std::string& message) const { fail_at<FormatError>("safetensors", path, message); }

  const detail::SafetensorsEntry& entry(const std::string& name) const {
    const auto place = index.find(name);
    if (place == index.end()) fail("tensor '" + name + "' is not there");
    return header.entries[place->second];
  }

  std::string path;
  std::shared_ptr<const Mapping> mapping;
  const char* data = nullptr;  // bytes of the tensors
  detail::SafetensorsHeader header;
  std::unordered_map<std::string, std::size_t> index;
};

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    : state_(std::make_shared<const State>(path.string())) {}

std::vector<std::string> SafetensorsFile::names() const {
  std::vector<std::string> out;
  for (const auto& entry : state_->header.entries) out.push_back(entry.name);
  return out;
}

bool SafetensorsFile::contains(const std::string& name) const { return state_->index.contains(name); }
const TensorSpec& SafetensorsFile::spec(const std::string& name) const { return state_->entry(name).spec; }
const std::map<std::string, std::string>& SafetensorsFile::metadata() const { return state_->header.metadata; }

Tensor SafetensorsFile::tensor(const std::string& name) const {
  const detail::SafetensorsEntry& entry = state_->entry(name);
  const char* data = state_->data + entry.begin;
  if (entry.spec.dtype == DType::kBool &&
      std::any_of(data, state_->data + entry.end, [](char c) { return c < 0 || c > 1; }))
    state_->fail("tensor '" + name + "': a BOOL is neither 0 nor 1");
  if (reinterpret_cast<std::uintptr_t>(data) % size_of(entry.spec.dtype) == 0)
    return detail::host_tensor(data, entry.spec, state_->mapping);
  const auto aligned = detail::host_memory(entry.end - entry.begin);
  std::memcpy(aligned.get(), data, entry.end - entry.begin);
  return detail::host_tensor(aligned.get(), entry.spec, aligned);
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
    header.entries.push_back({name, spec, at, end});
    at = end;
  }
  const std::string json = detail::write_safetensors_header(header);
  unsigned char prefix[kPrefix];
  for (std::uint64_t i = 0; i < kPrefix; ++i) prefix[i] = static_cast<unsigned char>(json.size() >> (8 * i));
  detail::FileWriter file(path, "safetensors");
  file.write(prefix, kPrefix);
  file.write(json.data(), json.size());
  for (const auto& [name, tensor] : tensors) {
    const Tensor host = tensor.to(Device::cpu());
    file.write(detail::host_bytes(host), static_cast<std::size_t>(TensorSpec{host.shape(), host.dtype()}.bytes()));
  }
  file.commit();
}

}  // namespace weft
