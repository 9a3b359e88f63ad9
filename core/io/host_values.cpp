// SPDX-License-Identifier: Apache-2.0
#include "core/io/host_values.h"

#include "core/base/check.h"

namespace weft::detail {

void check_known(const std::string& op, const char* what, const Tensor& tensor) {
  if (!tensor.defined()) fail<ValueError>(op, what, " is an undefined tensor; give a value");
  if (tensor.traced())
    fail<TraceError>(op, what, " has no value while a program is traced; return it from the program and plot it then");
}

std::vector<double> numbers_of(const std::string& op, const char* what, const Tensor& tensor) {
  check_known(op, what, tensor);
  return tensor.to_vector<double>();
}

std::vector<std::int64_t> labels_of(const std::string& op, const char* what, const Tensor& labels, std::int64_t n) {
  check_known(op, what, labels);
  if (labels.shape() != Shape{n})
    fail<ShapeError>(op, what, " is ", labels.shape(), "; it must be ", Shape{n}, ", a class for each point");
  if (labels.dtype() != DType::kI64 && labels.dtype() != DType::kI32 && labels.dtype() != DType::kU8)
    fail<DTypeError>(op, what, " is ", labels.dtype(), "; classes are i64, i32 or u8, as argmax() gives them");
  return labels.to_vector<std::int64_t>();
}

}  // namespace weft::detail
