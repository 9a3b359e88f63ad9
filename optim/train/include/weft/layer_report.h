// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "weft/detail/export.h"

namespace weft WEFT_EXPORT {

// Figures of one call of a layer, over the elements of its output for some rows. Root mean square: sqrt(mean x^2).
struct LayerStatistics {
  std::string path;             // "blocks.0.up"; the model itself: ""
  std::string type;             // "Linear"; "lambda" for a function within a Sequential
  double mean = 0;              // of the output
  double deviation = 0;         // standard deviation of the output, divisor n
  double largest = 0;           // largest |output|
  double zeros = 0;             // share of the output's elements that are 0
  double dead = 0;              // share of the units, along the last axis, that are 0 for all rows
  double gradient = 0;          // root mean square of the loss's gradient by the output
  double weights = 0;           // root mean square of the layer's own parameters; 0 without any
  double weight_gradients = 0;  // root mean square of the loss's gradient by them
};

// The layers of a model in the order of their calls.
struct LayerReport {
  std::vector<LayerStatistics> layers;  // one for each call
  // A table with a line for each layer.
  std::string text() const;
};

}  // namespace weft
