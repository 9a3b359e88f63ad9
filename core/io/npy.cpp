// SPDX-License-Identifier: Apache-2.0
#include "core/io/npy.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <system_error>

#include "core/base/check.h"
#include "core/io/file_bytes.h"
#include "core/io/file_writer.h"
#include "core/io/host_memory.h"
#include "core/io/printable.h"
#include "weft/detail/host_allocation.h"
#include "weft/error.h"

namespace weft::data {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

struct Header {
  std::string descr;
  bool is_fortran = false;
  std::vector<std::int64_t> dims;
};

// Reads the Python literal {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& place) : text_(text), place_(place) {}

  Header read() {
    Header out;
    bool has_descr = false, has_order = false, has_shape = false;
    expect('{');
    while (!take('}')) {
      const std::string key = quoted_text();
      expect(':');
      if (key == "descr" && !has_descr) {
        has_descr = true;
        if (next() == '[') fail_at<DTypeError>("npy", place_, "its elements are records; store each field as an array");
        out.descr = quoted_text();
      } else if (key == "fortran_order" && !has_order) {
        has_order = true;
        out.is_fortran = boolean();
      } else if (key == "shape" && !has_shape) {
        has_shape = true;
        out.dims = tuple();
      } else {
        refuse();
      }
      if (!take(',') && next() != '}') refuse();
    }
    if (next() != '\0' || !has_descr || !has_order || !has_shape) refuse();
    return out;
  }

 private:
  [[noreturn]] void refuse() const {
    fail_at<FormatError>("npy", place_, "its header is none of NumPy's: '", detail::printable(text_, 100), "'");
  }
  // The next character that is no blank; 0 at the end.
  char next() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (next() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) refuse();
  }
  std::string quoted_text() {
    const char quote = next();
    if (quote != '\'' && quote != '"') refuse();
    const std::size_t end = text_.find(quote, ++at_);
    if (end == std::string_view::npos) refuse();
    std::string out(text_.substr(at_, end - at_));
    at_ = end + 1;
    return out;
  }
  bool boolean() {
    next();
    for (const std::string_view word : {"True", "False"})
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return word == "True";
      }
    refuse();
  }
  std::vector<std::int64_t> tuple() {
    std::vector<std::int64_t> out;
    expect('(');
    while (!take(')')) {
      next();
      std::int64_t size = 0;
      const auto [stop, status] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), size);
      if (status != std::errc() || size < 0) refuse();
      at_ = static_cast<std::size_t>(stop - text_.data());
      take('L');  // a long of Python 2
      out.push_back(size);
      if (!take(',') && next() != ')') refuse();
    }
    return out;
  }

  std::string_view text_;
  const std::string& place_;
  std::size_t at_ = 0;
};

struct Type {
  std::string_view name;  // without the byte order
  DType dtype;
};
constexpr Type kTypes[] = {{"f4", DType::kF32}, {"f8", DType::kF64}, {"f2", DType::kF16}, {"i4", DType::kI32},
                           {"i8", DType::kI64}, {"u1", DType::kU8},  {"b1", DType::kBool}};

DType dtype_of_descr(const std::string& descr, const std::string& place) {
  constexpr std::string_view kOrders = "<>|=";
  if (!descr.empty() && kOrders.find(descr[0]) != std::string_view::npos)
    for (const Type& type : kTypes)
      if (descr.substr(1) == type.name) return type.dtype;
  fail_at<DTypeError>("npy", place, "its elements are '", detail::printable(descr),
                      "'; weft reads f4, f8, f2, i4, i8, u1 and b1, convert it with astype()");
}

// The spec of the array. FormatError where no memory can hold it.
TensorSpec spec_of(const Header& header, DType dtype, const std::string& place) {
  constexpr std::int64_t kMost = std::int64_t{1} << 48;
  std::int64_t bound = 1;
  for (const std::int64_t size : header.dims) {
    const std::int64_t factor = std::max<std::int64_t>(size, 1);
    if (bound > kMost / factor)
      fail_at<FormatError>("npy", place, "its header promises more elements than any file has");
    bound *= factor;
  }
  return {Shape(header.dims), dtype};
}

// The elements in row-major order, from Fortran's order where the first axis runs fastest.
void from_fortran(const Shape& shape, std::size_t size, const std::byte* from, std::byte* to) {
  const std::vector<std::int64_t>& dims = shape.dims();
  std::vector<std::int64_t> stride(dims.size()), index(dims.size());
  for (std::size_t i = 0, step = 1; i < dims.size(); step *= static_cast<std::size_t>(dims[i]), ++i)
    stride[i] = static_cast<std::int64_t>(step);
  std::int64_t at = 0;
  for (std::int64_t n = shape.numel(); n > 0; --n, to += size) {
    std::memcpy(to, from + static_cast<std::size_t>(at) * size, size);
    for (std::size_t axis = dims.size(); axis-- > 0;) {
      at += stride[axis];
      if (++index[axis] < dims[axis]) break;
      at -= stride[axis] * dims[axis];
      index[axis] = 0;
    }
  }
}

void check_bools(const std::byte* bytes, std::size_t size, const std::string& place) {
  if (std::any_of(bytes, bytes + size, [](std::byte b) { return b > std::byte{1}; }))
    fail_at<FormatError>("npy", place, "a bool is neither 0 nor 1");
}

}  // namespace

Tensor parse_npy(std::span<const std::byte> bytes, const std::shared_ptr<const void>& keep, const std::string& place) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  constexpr std::size_t kShortest = 10;
  if (!text.starts_with(kMagic) || text.size() < kShortest)
    fail_at<FormatError>("npy", place, "this is no array of NumPy's; it does not begin as one");
  const int version = static_cast<unsigned char>(text[6]);
  if (version < 1 || version > 3) fail_at<FormatError>("npy", place, "its version is ", version, "; 1 to 3 are read");
  const std::size_t length_bytes = version == 1 ? 2 : 4, prefix = 8 + length_bytes;
  std::uint64_t length = 0;
  if (text.size() < prefix) fail_at<FormatError>("npy", place, "the file ends within its header");
  for (std::size_t i = length_bytes; i-- > 0;) length = length << 8 | static_cast<unsigned char>(text[8 + i]);
  if (length > text.size() - prefix) fail_at<FormatError>("npy", place, "the file ends within its header");
  const Header header = HeaderReader(text.substr(prefix, length), place).read();
  const TensorSpec spec = spec_of(header, dtype_of_descr(header.descr, place), place);
  const auto wanted = static_cast<std::size_t>(spec.bytes()), size = size_of(spec.dtype);
  const std::byte* data = bytes.data() + prefix + length;
  const std::size_t have = bytes.size() - prefix - length;
  if (have != wanted)
    fail_at<FormatError>("npy", place, "its header promises ", spec, ", ", wanted, " bytes; ", have, " are there");
  if (spec.dtype == DType::kBool) check_bools(data, wanted, place);
  const bool is_swapped = header.descr[0] == '>' && size > 1, is_turned = header.is_fortran && spec.shape.rank() > 1;
  if (!is_swapped && !is_turned && reinterpret_cast<std::uintptr_t>(data) % size == 0)
    return detail::host_tensor(data, spec, keep);
  const auto memory = detail::host_memory(wanted);
  if (is_turned) {
    from_fortran(spec.shape, size, data, memory.get());
  } else if (wanted > 0) {
    std::memcpy(memory.get(), data, wanted);
  }
  for (std::size_t i = 0; is_swapped && i < wanted; i += size) std::reverse(memory.get() + i, memory.get() + i + size);
  return detail::host_tensor(memory.get(), spec, memory);
}

std::string npy_header(const Tensor& tensor, const std::string& place) {
  const auto* type =
      std::find_if(std::begin(kTypes), std::end(kTypes), [&](const Type& t) { return t.dtype == tensor.dtype(); });
  if (type == std::end(kTypes))
    fail_at<DTypeError>("npy", place, "the tensor is ", tensor.dtype(), ", which NumPy lacks; convert it with to()");
  std::string text = "{'descr': '";
  text += size_of(tensor.dtype()) == 1 ? '|' : '<';
  text += std::string(type->name) + "', 'fortran_order': False, 'shape': (";
  for (const std::int64_t size : tensor.shape()) text += std::to_string(size) + (tensor.rank() == 1 ? "," : ", ");
  if (tensor.rank() > 1) text.resize(text.size() - 2);
  text += "), }";
  // The elements begin at a multiple of 64 bytes.
  constexpr std::size_t kPrefix = 10, kAlignment = 64;
  const std::size_t end = (kPrefix + text.size() + 1 + kAlignment - 1) / kAlignment * kAlignment;
  text.resize(end - kPrefix - 1, ' ');
  text += '\n';
  if (text.size() > 0xffff) fail_at<ValueError>("npy", place, "the shape has too many axes for the format");
  std::string out(kMagic);
  out += {'\x01', '\x00', static_cast<char>(text.size() & 0xff), static_cast<char>(text.size() >> 8)};
  return out + text;
}

Tensor read_npy(const std::filesystem::path& path) {
  return detail::allocating(
      "npy", 0,
      [&] {
        const detail::FileBytes file(path, "npy", false);
        const auto size = static_cast<std::size_t>(file.size());
        const auto memory = detail::host_memory(size);
        file.read(0, size, memory.get());
        return parse_npy({memory.get(), size}, memory, path.string());
      },
      path.string());
}

void write_npy(const std::filesystem::path& path, const Tensor& tensor) {
  const std::string header = npy_header(tensor, path.string());
  const Tensor host = tensor.to(Device::cpu());
  detail::FileWriter file(path, "npy");
  file.write(header.data(), header.size());
  file.write(detail::host_bytes(host), static_cast<std::size_t>(TensorSpec{host.shape(), host.dtype()}.bytes()));
  file.commit();
}

}  // namespace weft::data
