// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/module.h"

// Activation functions as layers, and softmax. weft/fn.h has the formulas.
namespace weft WEFT_EXPORT {

// max(x, 0); NaN stays NaN. On CUDA right behind a product NaN gives 0, because the matrix library computes the ReLU
// there. The gradient of the weights is then NaN, and the optimizer says so.
class ReLU : public Module {
 public:
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  ReLU remake() const { return {}; }
  WEFT_MODULE()
};

// x where x > 0, else slope * x
class LeakyReLU : public Module {
 public:
  // `slope`: factor of negative x.
  explicit LeakyReLU(double slope = 0.01) : slope_(slope) {}
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  LeakyReLU remake() const { return LeakyReLU(slope_); }
  WEFT_MODULE()

 private:
  double slope_;
};

// 1 / (1 + e^-x)
class Sigmoid : public Module {
 public:
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  Sigmoid remake() const { return {}; }
  WEFT_MODULE()
};

// (e^x - e^-x) / (e^x + e^-x)
class Tanh : public Module {
 public:
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  Tanh remake() const { return {}; }
  WEFT_MODULE()
};

// kExact: x Phi(x). kTanh: x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).
enum class GELUForm : std::uint8_t { kExact, kTanh };

// x Phi(x) with the normal distribution function Phi, or the form with tanh. Source: Hendrycks and Gimpel 2016.
class GELU : public Module {
 public:
  // The exact form, or the one with tanh.
  explicit GELU(GELUForm form = GELUForm::kExact) : form_(form) {}
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  GELU remake() const { return GELU(form_); }
  WEFT_MODULE()

 private:
  GELUForm form_;
};

// x sigmoid(x)
class SiLU : public Module {
 public:
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  SiLU remake() const { return {}; }
  WEFT_MODULE()
};

// e^x / sum(e^x) along an axis
class Softmax : public Module {
 public:
  // Along one axis; negative: from the end.
  explicit Softmax(int axis = -1) : axis_(axis) {}
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  Softmax remake() const { return Softmax(axis_); }
  WEFT_MODULE()

 private:
  int axis_;
};

}  // namespace weft
