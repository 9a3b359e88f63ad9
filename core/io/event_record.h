// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// The bytes of TensorBoard's event files. Source of the messages: event.proto and summary.proto in
// tensorboard/compat/proto; of their encoding: https://protobuf.dev/programming-guides/encoding; of the records:
// tensorflow/core/lib/io/record_writer.h.
namespace weft::detail {

// CRC-32C of Castagnoli. Source: RFC 3720, appendix B.4.
std::uint32_t crc32c(std::string_view bytes);

// Bytes as a record of a file: their length, its checksum, the bytes, their checksum.
std::string record_of(std::string_view bytes);

// Values of a histogram between lowest and highest, in bins of equal width.
struct Bins {
  double lowest = 0, highest = 0, count = 0, sum = 0, sum_of_squares = 0;
  std::vector<double> upper_edges{}, counts{};
};

// Events: messages with a time in seconds since 1970.
std::string version_event(double time);
std::string purge_event(double time, std::int64_t step);
std::string scalar_event(double time, std::int64_t step, const std::string& tag, float value);
std::string histogram_event(double time, std::int64_t step, const std::string& tag, const Bins& bins);
std::string image_event(double time, std::int64_t step, const std::string& tag, std::size_t rows, std::size_t columns,
                        std::string_view png);

}  // namespace weft::detail
