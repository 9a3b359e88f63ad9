// SPDX-License-Identifier: Apache-2.0
#include "core/io/event_record.h"

#include <array>
#include <bit>

namespace weft::detail {
namespace {

// Tables of the checksum, a byte at a time, with the polynomial of Castagnoli in reversed order.
constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0u);
    table[i] = crc;
  }
  return table;
}

template <class T>
std::string little_endian(T value) {
  std::string out;
  for (std::size_t i = 0; i < sizeof(T); ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
  return out;
}

// A checksum as records hold it, because checksums of bytes that hold checksums are weak.
std::string masked_crc(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return little_endian(std::rotr(crc, 15) + 0xa282ead8u);
}

std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7f) | 0x80);
  return out + static_cast<char>(value);
}

// Fields of a message: a key of number and kind, then the value.
std::string key(unsigned number, unsigned kind) { return varint(number << 3 | kind); }
std::string field(unsigned number, std::int64_t value) {
  return key(number, 0) + varint(static_cast<std::uint64_t>(value));
}
std::string field(unsigned number, double value) {
  return key(number, 1) + little_endian(std::bit_cast<std::uint64_t>(value));
}
std::string field(unsigned number, float value) {
  return key(number, 5) + little_endian(std::bit_cast<std::uint32_t>(value));
}
std::string field(unsigned number, std::string_view bytes) {
  return (key(number, 2) + varint(bytes.size())).append(bytes);
}
std::string field(unsigned number, const std::vector<double>& values) {
  std::string packed;
  for (const double value : values) packed += little_endian(std::bit_cast<std::uint64_t>(value));
  return field(number, std::string_view(packed));
}

// Event: wall_time = 1, step = 2, file_version = 3, summary = 5, session_log = 7.
std::string event(double time, std::int64_t step) { return field(1, time) + field(2, step); }

// Summary: value = 1. Summary.Value: tag = 1, simple_value = 2, image = 4, histo = 5.
std::string summary_event(double time, std::int64_t step, const std::string& tag, const std::string& value) {
  const std::string tagged = field(1, std::string_view(tag)) + value;
  return event(time, step) + field(5, std::string_view(field(1, std::string_view(tagged))));
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static constexpr std::array<std::uint32_t, 256> kTable = crc_table();
  std::uint32_t crc = 0xffffffffu;
  for (const char c : bytes) crc = crc >> 8 ^ kTable[(crc ^ static_cast<unsigned char>(c)) & 0xff];
  return ~crc;
}

std::string record_of(std::string_view bytes) {
  const std::string length = little_endian(static_cast<std::uint64_t>(bytes.size()));
  return (length + masked_crc(length)).append(bytes) + masked_crc(bytes);
}

std::string version_event(double time) { return field(1, time) + field(3, std::string_view("brain.Event:2")); }

// SessionLog: status = 1, whose START is 1.
std::string purge_event(double time, std::int64_t step) {
  return event(time, step) + field(7, std::string_view(field(1, std::int64_t{1})));
}

std::string scalar_event(double time, std::int64_t step, const std::string& tag, float value) {
  return summary_event(time, step, tag, field(2, value));
}

// HistogramProto: min = 1, max = 2, num = 3, sum = 4, sum_squares = 5, bucket_limit = 6, bucket = 7.
std::string histogram_event(double time, std::int64_t step, const std::string& tag, const Bins& bins) {
  const std::string histogram = field(1, bins.lowest) + field(2, bins.highest) + field(3, bins.count) +
                                field(4, bins.sum) + field(5, bins.sum_of_squares) + field(6, bins.upper_edges) +
                                field(7, bins.counts);
  return summary_event(time, step, tag, field(5, std::string_view(histogram)));
}

// Summary.Image: height = 1, width = 2, colorspace = 3, where 3 is RGB, encoded_image_string = 4.
std::string image_event(double time, std::int64_t step, const std::string& tag, std::size_t rows, std::size_t columns,
                        std::string_view png) {
  const std::string image = field(1, static_cast<std::int64_t>(rows)) + field(2, static_cast<std::int64_t>(columns)) +
                            field(3, std::int64_t{3}) + field(4, png);
  return summary_event(time, step, tag, field(4, std::string_view(image)));
}

}  // namespace weft::detail
