// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "weft/activation_functions.h"
#include "weft/detail/export.h"
#include "weft/module.h"

// Activation functions as layers. weft/fn.h and weft/activation_functions.h have the functions.
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

// x itself; stands where a layer is wanted and none is needed.
class Identity : public Module {
 public:
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  Identity remake() const { return {}; }
  WEFT_MODULE()
};

// 0 for x < 0, 1/2 at 0, 1 for x > 0.
class UnitStep : public Module {
 public:
  // `gradient`: the true slope, 0, or that of the identity.
  explicit UnitStep(StepGradient gradient = StepGradient::kZero) : gradient_(gradient) {}
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  UnitStep remake() const { return UnitStep(gradient_); }
  WEFT_MODULE()

 private:
  StepGradient gradient_;
};

// -1, 0 or 1.
class Sign : public Module {
 public:
  // `gradient`: the true slope, 0, or that of the identity.
  explicit Sign(StepGradient gradient = StepGradient::kZero) : gradient_(gradient) {}
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  Sign remake() const { return Sign(gradient_); }
  WEFT_MODULE()

 private:
  StepGradient gradient_;
};

// 0 for x <= -1/2, x + 1/2 up to x = 1/2, from there on 1.
class PiecewiseLinear : public Module {
 public:
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  PiecewiseLinear remake() const { return {}; }
  WEFT_MODULE()
};

// min(max(x, low), high)
class Hardtanh : public Module {
 public:
  // `low`: value of all smaller x.
  // `high`: value of all larger x.
  explicit Hardtanh(double low = -1, double high = 1) : low_(low), high_(high) {}
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  Hardtanh remake() const { return Hardtanh(low_, high_); }
  WEFT_MODULE()

 private:
  double low_;
  double high_;
};

// min(max(x, 0), 6)
class ReLU6 : public Module {
 public:
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  ReLU6 remake() const { return {}; }
  WEFT_MODULE()
};

// min(max(x / 6 + 1/2, 0), 1)
class Hardsigmoid : public Module {
 public:
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  Hardsigmoid remake() const { return {}; }
  WEFT_MODULE()
};

// x min(max(x + 3, 0), 6) / 6
class Hardswish : public Module {
 public:
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  Hardswish remake() const { return {}; }
  WEFT_MODULE()
};

// x where x > threshold, else value.
class Threshold : public Module {
 public:
  // `threshold`: largest x that is replaced.
  // `value`: what replaces it.
  Threshold(double threshold, double value) : threshold_(threshold), value_(value) {}
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  Threshold remake() const { return Threshold(threshold_, value_); }
  WEFT_MODULE()

 private:
  double threshold_;
  double value_;
};

// x where x > 0, else alpha (e^x - 1).
class ELU : public Module {
 public:
  // `alpha`: minus the limit at -infinity.
  explicit ELU(double alpha = 1) : alpha_(alpha) {}
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  ELU remake() const { return ELU(alpha_); }
  WEFT_MODULE()

 private:
  double alpha_;
};

// 1.0507... * (x where x > 0, else 1.6732... (e^x - 1)), which keeps mean 0 and variance 1.
class SELU : public Module {
 public:
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  SELU remake() const { return {}; }
  WEFT_MODULE()
};

// x where x > 0, else alpha (e^(x / alpha) - 1).
class CELU : public Module {
 public:
  // `alpha`: minus the limit at -infinity; not 0.
  explicit CELU(double alpha = 1) : alpha_(alpha) {}
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  CELU remake() const { return CELU(alpha_); }
  WEFT_MODULE()

 private:
  double alpha_;
};

// log(1 + e^(beta x)) / beta; x itself where beta x > threshold.
class Softplus : public Module {
 public:
  // `beta`: steepness of the bend, positive.
  // `threshold`: largest beta x of the formula.
  explicit Softplus(double beta = 1, double threshold = 20) : beta_(beta), threshold_(threshold) {}
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  Softplus remake() const { return Softplus(beta_, threshold_); }
  WEFT_MODULE()

 private:
  double beta_;
  double threshold_;
};

// log(sigmoid(x))
class LogSigmoid : public Module {
 public:
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  LogSigmoid remake() const { return {}; }
  WEFT_MODULE()
};

// x / (1 + |x|)
class Softsign : public Module {
 public:
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  Softsign remake() const { return {}; }
  WEFT_MODULE()
};

// x - tanh(x)
class Tanhshrink : public Module {
 public:
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  Tanhshrink remake() const { return {}; }
  WEFT_MODULE()
};

// x sigmoid(beta x)
class Swish : public Module {
 public:
  // `beta`: steepness; 0 gives x / 2, infinity would give ReLU.
  explicit Swish(double beta = 1) : beta_(beta) {}
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  Swish remake() const { return Swish(beta_); }
  WEFT_MODULE()

 private:
  double beta_;
};

// beta x sigmoid(x)
class ESwish : public Module {
 public:
  // `beta`: factor of SiLU.
  explicit ESwish(double beta = 1.5) : beta_(beta) {}
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  ESwish remake() const { return ESwish(beta_); }
  WEFT_MODULE()

 private:
  double beta_;
};

// x tanh(log(1 + e^x))
class Mish : public Module {
 public:
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  Mish remake() const { return {}; }
  WEFT_MODULE()
};

// The logarithm of e^x / sum(e^x) along an axis.
class LogSoftmax : public Module {
 public:
  // `axis`: negative: from the end.
  explicit LogSoftmax(int axis = -1) : axis_(axis) {}
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  LogSoftmax remake() const { return LogSoftmax(axis_); }
  WEFT_MODULE()

 private:
  int axis_;
};

// e^-x / sum(e^-x) along an axis.
class Softmin : public Module {
 public:
  // `axis`: negative: from the end.
  explicit Softmin(int axis = -1) : axis_(axis) {}
  // Any shape; the same shape and dtype.
  Tensor forward(Tensor x) const;
  Softmin remake() const { return Softmin(axis_); }
  WEFT_MODULE()

 private:
  int axis_;
};

}  // namespace weft
