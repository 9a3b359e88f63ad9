// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "core/array/array.h"
#include "core/array/decimal.h"

namespace weft {

namespace {

// NumPy's print options.
constexpr int kPrecision = 8;
constexpr std::int64_t kThreshold = 1000;
constexpr std::int64_t kEdgeItems = 3;
constexpr std::size_t kLineWidth = 75;
constexpr std::int64_t kGap = -1;  // stands for "..." among the indices of an axis

// Indices that are printed along each axis.
std::vector<std::vector<std::int64_t>> shown_indices(const Shape& shape) {
  const bool summarize = shape.numel() > kThreshold;
  std::vector<std::vector<std::int64_t>> shown;
  for (const std::int64_t size : shape) {
    std::vector<std::int64_t> indices;
    for (std::int64_t i = 0; i < size; ++i) {
      if (summarize && size > 2 * kEdgeItems && i == kEdgeItems) {
        indices.push_back(kGap);
        i = size - kEdgeItems;
      }
      indices.push_back(i);
    }
    shown.push_back(std::move(indices));
  }
  return shown;
}

// Lays words out as nested brackets. Words are taken in row-major order of the shown elements.
class Layout {
 public:
  Layout(const std::vector<std::vector<std::int64_t>>& shown, const std::vector<std::string>& words)
      : shown_(shown), word_(words.begin()) {}

  // One bracket at depth `axis`. Lines after a break are indented by axis + 1.
  std::string bracket(std::size_t axis) {
    if (axis == shown_.size()) return *word_++;
    std::string text = axis + 1 == shown_.size() ? row(axis) : blocks(axis);
    text.insert(0, 1, '[');
    return text += ']';
  }

 private:
  std::string row(std::size_t axis) {
    const std::string indent(axis + 1, ' ');
    const std::size_t width = kLineWidth - axis - 1;
    std::string text;
    std::string line = indent;
    for (std::size_t i = 0; i < shown_[axis].size(); ++i) {
      const std::string word = shown_[axis][i] == kGap ? "..." : *word_++;
      if (line.size() + word.size() > width && line.size() > indent.size()) {
        while (line.back() == ' ') line.pop_back();
        text += line + "\n";
        line = indent;
      }
      line += word;
      if (i + 1 < shown_[axis].size()) line += ' ';
    }
    return (text + line).substr(indent.size());
  }

  std::string blocks(std::size_t axis) {
    const std::string indent(axis + 1, ' ');
    const std::string break_here(shown_.size() - axis - 1, '\n');
    std::string text;
    for (std::size_t i = 0; i < shown_[axis].size(); ++i) {
      if (i > 0) text += break_here + indent;
      text += shown_[axis][i] == kGap ? "..." : bracket(axis + 1);
    }
    return text;
  }

  const std::vector<std::vector<std::int64_t>>& shown_;
  std::vector<std::string>::const_iterator word_;
};

// Appends the row-major positions of the shown elements, from `axis` inwards.
void collect(const std::vector<std::vector<std::int64_t>>& shown, const Shape& shape, std::size_t axis,
             std::int64_t position, std::vector<std::int64_t>& positions) {
  if (axis == shown.size()) {
    positions.push_back(position);
    return;
  }
  for (const std::int64_t i : shown[axis]) {
    if (i != kGap) collect(shown, shape, axis + 1, position * shape.dims()[axis] + i, positions);
  }
}

// Pads all words on the left to the same width.
void align_right(std::vector<std::string>& words) {
  std::size_t width = 0;
  for (const auto& word : words) width = std::max(width, word.size());
  for (auto& word : words) word.insert(0, width - word.size(), ' ');
}

// The smallest size that is written with an exponent: 10 to the number of digits that the type keeps, or f64's bound.
double exponent_cutoff(DType dtype, double of_f64) {
  switch (dtype) {
    case DType::kF32:
      return 1e6;
    case DType::kF16:
      return 1e3;
    case DType::kBF16:
      return 1e2;
    default:
      return of_f64;
  }
}

bool wants_exponents(const std::vector<double>& values, DType dtype) {
  double largest = 0;
  double smallest = std::numeric_limits<double>::infinity();
  for (const double value : values) {
    if (!std::isfinite(value) || value == 0) continue;
    largest = std::max(largest, std::fabs(value));
    smallest = std::min(smallest, std::fabs(value));
  }
  return largest > 0 && (largest >= exponent_cutoff(dtype, 1e8) || smallest < 1e-4 || largest / smallest > 1000);
}

std::string not_finite(double value) { return std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf"; }

// Words with the digits that the longest needs, at most 8 after the point.
std::vector<std::string> exponent_words(const std::vector<double>& values, DType dtype) {
  int precision = 0;
  int exponent_digits = 2;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    const Decimal decimal = rounded_to_digits(value, dtype, kPrecision + 1);
    precision = std::max(precision, static_cast<int>(decimal.digits.size()) - 1);
    if (std::abs(decimal.exponent) >= 100) exponent_digits = 3;
  }
  std::vector<std::string> words;
  for (const double value : values) {
    words.push_back(std::isfinite(value) ? with_exponent(value, dtype, precision, exponent_digits) : not_finite(value));
  }
  return words;
}

// Points under each other; missing digits are spaces.
std::vector<std::string> plain_words(const std::vector<double>& values, DType dtype) {
  std::vector<std::string> words;
  std::size_t longest_fraction = 0;
  for (const double value : values) {
    words.push_back(std::isfinite(value) ? positional(value, dtype, kPrecision) : not_finite(value));
    if (std::isfinite(value)) {
      longest_fraction = std::max(longest_fraction, words.back().size() - words.back().find('.'));
    }
  }
  for (auto& word : words) {
    const auto point = word.find('.');
    if (point != std::string::npos) word.append(longest_fraction - (word.size() - point), ' ');
  }
  return words;
}

// One number in Python's form: as many digits as reading it back takes.
std::string scalar_word(double value, DType dtype) {
  if (!std::isfinite(value)) return not_finite(value);
  const double size = std::fabs(value);
  if (size != 0 && (size < 1e-4 || size >= exponent_cutoff(dtype, 1e16))) {
    const auto digits = static_cast<int>(rounded_to_digits(value, dtype, 17).digits.size());
    std::string word = with_exponent(value, dtype, digits - 1, 2);
    const auto point = word.find('.');
    if (digits == 1) word.erase(point, 1);
    return word;
  }
  std::string word = positional(value, dtype, 400);
  if (word.back() == '.') word += '0';
  return word;
}

template <class T>
std::vector<T> values_at(const std::vector<std::byte>& host, DType dtype, DType as,
                         const std::vector<std::int64_t>& positions) {
  std::vector<T> values(positions.size());
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const std::byte* const element = host.data() + static_cast<std::size_t>(positions[i]) * size_of(dtype);
    convert_host(&values[i], as, element, dtype, 1);
  }
  return values;
}

std::vector<std::string> words_of(const std::vector<std::byte>& host, const TensorSpec& spec,
                                  const std::vector<std::int64_t>& positions) {
  std::vector<std::string> words;
  const bool scalar = spec.shape.rank() == 0;
  if (is_floating(spec.dtype)) {
    const auto values = values_at<double>(host, spec.dtype, DType::kF64, positions);
    if (scalar) return {scalar_word(values[0], spec.dtype)};
    words = wants_exponents(values, spec.dtype) ? exponent_words(values, spec.dtype) : plain_words(values, spec.dtype);
  } else {
    for (const std::int64_t value : values_at<std::int64_t>(host, spec.dtype, DType::kI64, positions)) {
      words.push_back(spec.dtype != DType::kBool ? std::to_string(value) : value != 0 ? "True" : "False");
    }
    // NumPy leaves room for "False" even where all are true.
    if (spec.dtype == DType::kBool && !scalar) {
      for (auto& word : words) word.insert(0, 5 - word.size(), ' ');
    }
  }
  align_right(words);
  return words;
}

}  // namespace

std::string text_of(const Array& array) {
  const Shape& shape = array.shape();
  if (shape.numel() == 0) return "[]";
  std::vector<std::byte> host(static_cast<std::size_t>(array.spec().bytes()));
  array.copy_to_host(host.data());
  const auto shown = shown_indices(shape);
  std::vector<std::int64_t> positions;
  collect(shown, shape, 0, 0, positions);
  const auto words = words_of(host, array.spec(), positions);
  return Layout(shown, words).bracket(0);
}

}  // namespace weft
