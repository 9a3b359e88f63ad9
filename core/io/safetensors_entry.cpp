// SPDX-License-Identifier: Apache-2.0
#include "core/io/safetensors_entry.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/io/printable.h"
#include "weft/error.h"

namespace weft::detail {
namespace {

// Bytes of all elements; kept below 2^62 bits at every step, zero sizes included, so that no product of sizes
// overflows.
std::uint64_t bytes_of(const std::string& name, const std::string& dtype, int bits,
                       const std::vector<std::uint64_t>& shape, const SafetensorsFault& fault) {
  std::uint64_t total = static_cast<std::uint64_t>(bits), bound = total;
  for (const std::uint64_t size : shape) {
    const std::uint64_t factor = std::max<std::uint64_t>(size, 1);
    if (bound > (std::uint64_t{1} << 62) / factor) fault.fail(name, "its shape is too large");
    bound *= factor;
    total *= size;
  }
  if (total % 8 != 0) fault.fail(name, "its elements, " + dtype + ", do not fill whole bytes");
  return total / 8;
}

}  // namespace

void SafetensorsFault::fail(const std::string& message) const { fail_at<FormatError>("safetensors", file, message); }

void SafetensorsFault::fail(std::string_view tensor, const std::string& message) const {
  constexpr std::size_t kLongestName = 200;
  fail("tensor '" + printable(tensor, kLongestName) + "': " + message);
}

SafetensorsEntry checked_entry(std::string name, RawEntry raw, const SafetensorsFault& fault) {
  if (!raw.dtype) fault.fail(name, "its entry has no dtype");
  if (!raw.shape) fault.fail(name, "its entry has no shape");
  if (!raw.offsets) fault.fail(name, "its entry has no data_offsets");
  if (raw.offsets->size() != 2) fault.fail(name, "data_offsets are not two numbers");
  SafetensorsEntry out{std::move(name), std::move(*raw.dtype), {}, {}, (*raw.offsets)[0], (*raw.offsets)[1]};
  out.known = safetensors_dtype(out.dtype);
  // Elements of a type that the format does not have are taken for bytes, so that the sizes' product is bounded.
  const std::optional<int> bits = safetensors_bits(out.dtype);
  const std::uint64_t bytes = bytes_of(out.name, out.dtype, bits.value_or(8), *raw.shape, fault);
  out.shape = Shape(std::vector<std::int64_t>(raw.shape->begin(), raw.shape->end()));
  const std::string range = "its bytes are " + std::to_string(out.begin) + " to " + std::to_string(out.end);
  if (!bits && out.end < out.begin) fault.fail(out.name, range);
  if (bits && (out.end < out.begin || out.end - out.begin != bytes)) {
    const std::string spec = out.known ? TensorSpec{out.shape, *out.known}.text() : out.dtype + out.shape.text();
    fault.fail(out.name, range + ", " + spec + " takes " + std::to_string(bytes));
  }
  return out;
}

void check_layout(std::vector<SafetensorsEntry>& entries, std::uint64_t data_bytes, const SafetensorsFault& fault) {
  std::stable_sort(entries.begin(), entries.end(), [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::uint64_t at = 0;
  for (const SafetensorsEntry& e : entries) {
    if (e.begin != at)
      fault.fail(e.name,
                 "its bytes begin at " + std::to_string(e.begin) + ", the tensor before ends at " + std::to_string(at));
    at = e.end;
  }
  if (at != data_bytes)
    fault.fail("the header describes " + std::to_string(at) + " bytes of tensors, the file has " +
               std::to_string(data_bytes));
}

}  // namespace weft::detail
