// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

namespace weft::detail {

// A mark on an axis.
struct Tick {
  double place = 0;  // in [0, 1] along the axis
  std::string text;
};

// Takes values to places in [0, 1] along an axis. Values beyond +-4e307, on a logarithmic axis beyond 1e-300 ... 1e300,
// stand at these bounds.
class Scale {
 public:
  // An axis from the least to the largest value that counts, with `margin` of its length left free at both ends.
  Scale(bool logarithmic, double margin) : log_(logarithmic), margin_(margin) {}

  // From now on ticks are whole numbers, as for epochs. Logarithmic axes keep their ticks.
  void use_whole_ticks() { least_step_ = 0; }
  // True for a finite value that the axis can show: on a logarithmic axis for positive ones.
  bool shows(double value) const;
  // Widens the axis to a value; one that the axis cannot show is passed over.
  void add(double value);
  // True before any value was added.
  bool empty() const { return low_ > high_; }
  // Ends the widening: an axis of one value, or of none, gets a length.
  void close();

  // Place of a value that the axis shows.
  double place(double value) const;
  // The value at a place.
  double value(double place) const;
  // At most `most` round values, evenly spread.
  std::vector<Tick> ticks(int most) const;

 private:
  double in(double value) const;
  std::vector<Tick> linear_ticks(int most) const;
  std::vector<Tick> decade_ticks(int most) const;

  bool log_;
  double margin_;
  int least_step_ = -400;      // decimal exponent
  double low_ = 1, high_ = 0;  // as in() gives them; low_ > high_: none
};

}  // namespace weft::detail
