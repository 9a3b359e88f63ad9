// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <concepts>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weft/detail/export.h"
#include "weft/detail/host_allocation.h"
#include "weft/device.h"
#include "weft/shape.h"

struct DLManagedTensor;

namespace weft WEFT_EXPORT {

// A number beside a tensor. It takes the tensor's dtype and never promotes it; a fraction beside integers makes both
// f32. An integer that the tensor's integer dtype cannot hold is compared as it is (u8 < 300 is true), is the nearest
// integer of the dtype to minimum, maximum and clamp, and wraps around in arithmetic as in PyTorch (u8 + 300 is u8 +
// 44). Beyond i64 arithmetic beside integers is a ValueError.
struct Scalar {
  double real{};           // the value, rounded to f64
  std::int64_t integer{};  // the exact value; 0 unless is_integer, the largest i64 if is_beyond_i64
  bool is_integer{};       // made from an integer or bool
  bool is_beyond_i64{};    // made from an integer of 2^63 or more
  // From any number or bool.
  template <class T>
  requires std::is_arithmetic_v<T> Scalar(T v) : real(static_cast<double>(v)), is_integer(std::integral<T>) {
    if constexpr (std::integral<T>) {
      is_beyond_i64 = std::cmp_greater(+v, INT64_MAX);
      integer = is_beyond_i64 ? INT64_MAX : static_cast<std::int64_t>(v);
    }
  }
};

// Elements begin, begin + step, ... before end; without an end, all behind begin. Negative: from the end.
struct Range {
  std::int64_t begin = 0;
  std::optional<std::int64_t> end{};
  std::int64_t step = 1;
};

namespace detail {
class TensorImpl;
}

// An immutable n-d value: a handle to an array on one device, or, while a program is traced, to a value not known yet.
// Nothing changes a tensor under its holder; compound assignment rebinds the handle. Copying is cheap. Distinct handles
// may be used from distinct threads.
class Tensor {
 public:
  Tensor() = default;  // undefined: any use throws ValueError

  // Copies `data` to default_device(). Throws ShapeError unless data.size() == shape.numel().
  template <Element T>
  [[nodiscard]] static Tensor of(std::span<const T> data, Shape shape) {
    return copy_in(data.data(), data.size(), dtype_of<T>(), std::move(shape));
  }
  template <Element T>
  [[nodiscard]] static Tensor of(const std::vector<T>& data, Shape shape) requires(!std::same_as<T, bool>) {
    return of(std::span<const T>(data), std::move(shape));
  }
  template <Element T>
  [[nodiscard]] static Tensor of(std::initializer_list<T> data, Shape shape) {
    return of(std::span<const T>(data.begin(), data.size()), std::move(shape));
  }
  // A 0-d tensor.
  template <Element T>
  [[nodiscard]] static Tensor scalar(T value) {
    return copy_in(&value, 1, dtype_of<T>(), Shape{});
  }
  // A tensor over host memory, without a copy. The bytes must not change until the last handle is gone and `keep` is
  // released.
  template <Element T>
  [[nodiscard]] static Tensor borrow(std::span<const T> host, Shape shape, std::shared_ptr<const void> keep = {}) {
    return borrow_host(host.data(), host.size(), dtype_of<T>(), std::move(shape), std::move(keep));
  }
  // A tensor over device memory, without a copy and under the same promise as borrow(). The values are ready on
  // `ready_on_stream`, a cudaStream_t; null: ready now.
  [[nodiscard]] static Tensor borrow_device(const void* pointer, TensorSpec spec, Device device,
                                            void* ready_on_stream = nullptr, std::shared_ptr<const void> keep = {});
  // Takes over a DLPack tensor (v0.6 and later: CPU or CUDA memory, any strides) without a copy where it is dense, and
  // calls its deleter when the last handle is gone. Throws DTypeError or DeviceError for types and devices that weft
  // lacks.
  [[nodiscard]] static Tensor from_dlpack(DLManagedTensor* managed);
  // A DLPack view of this value for another library; the receiver calls its deleter. Waits until the value is computed.
  // Later changes of a variable do not show in it.
  DLManagedTensor* to_dlpack() const;

  const Shape& shape() const;  // known while tracing, too
  // Number of axes, size of one (negative: from the end), number of elements, element type; known while tracing.
  int rank() const { return shape().rank(); }
  std::int64_t dim(int axis) const { return shape()[axis]; }
  std::int64_t numel() const { return shape().numel(); }
  DType dtype() const;
  // Device that holds, or will hold, the value.
  Device device() const;
  // False for a default-constructed tensor.
  bool defined() const { return impl_ != nullptr; }
  bool traced() const;  // the value is not known yet

  // The only element, as T. Waits for the device, as every read does. ShapeError unless there is exactly one element,
  // TraceError while tracing, DataError if the device met bad data.
  template <Element T = float>
  T item() const {
    T value{};
    copy_out(&value, 1, dtype_of<T>());
    return value;
  }
  // All elements in row-major order, converted to T.
  template <Element T = float>
  std::vector<T> to_vector() const requires(!std::same_as<T, bool>) {
    const auto n = static_cast<std::size_t>(numel());
    std::vector<T> out = detail::allocating("to_vector", n * sizeof(T), [n] { return std::vector<T>(n); });
    copy_out(out.data(), out.size(), dtype_of<T>());
    return out;
  }
  // Copies all elements, converted to T. ShapeError unless host.size() == numel().
  template <Element T>
  void copy_to(std::span<T> host) const {
    copy_out(host.data(), host.size(), dtype_of<T>());
  }
  // Dense row-major memory on device(), valid and unchanged while this handle lives; ready once the current stream has
  // run. A variable's value is copied first, because the variable may change.
  const void* device_pointer() const;
  // Text as NumPy prints it, long axes shortened.
  std::string text() const;
  explicit operator bool() const = delete;  // `if (loss > 0)` does not compile: use where()

  // Values of this tensor on another device, or converted to another dtype.
  [[nodiscard]] Tensor to(Device device) const;
  [[nodiscard]] Tensor to(DType dtype) const;       // differentiable between floating dtypes
  [[nodiscard]] Tensor reshape(Shape shape) const;  // one size may be -1
  // The axes first..last as one.
  [[nodiscard]] Tensor flatten(int first = 0, int last = -1) const;
  // Two axes swapped; axes in a new order; an axis of size 1 removed or inserted. ShapeError for an axis out of range.
  [[nodiscard]] Tensor transpose(int a = -1, int b = -2) const;
  [[nodiscard]] Tensor permute(std::vector<int> order) const;
  [[nodiscard]] Tensor squeeze(int axis) const;
  [[nodiscard]] Tensor unsqueeze(int axis) const;
  // Elements begin, begin + step, ... before end along an axis; ShapeError for a range that does not lie in it.
  [[nodiscard]] Tensor slice(int axis, std::int64_t begin, std::int64_t end,
                             std::int64_t step = 1) const;  // negative: from the end
  [[nodiscard]] Tensor column(std::int64_t j) const;        // x[..., j]
  // Row i of axis 0, without the axis, and rows of axis 0: x[2], x[-1], x[{1, 5}]. ShapeError for what is not there.
  [[nodiscard]] Tensor operator[](std::int64_t i) const;
  [[nodiscard]] Tensor operator[](const Range& rows) const;
  // Members for the functions of the same name in weft/ops.h.
  [[nodiscard]] Tensor sum(std::vector<int> axes = {}, bool keep = false) const;  // no axes: all of them
  [[nodiscard]] Tensor mean(std::vector<int> axes = {}, bool keep = false) const;
  [[nodiscard]] Tensor max(std::vector<int> axes = {}, bool keep = false) const;
  [[nodiscard]] Tensor min(std::vector<int> axes = {}, bool keep = false) const;
  [[nodiscard]] Tensor argmax(int axis = -1, bool keep = false) const;

  // a = a + b and the like: the handle then holds a new value.
  Tensor& operator+=(const Tensor& other);
  Tensor& operator-=(const Tensor& other);
  Tensor& operator*=(const Tensor& other);
  Tensor& operator/=(const Tensor& other);

  explicit Tensor(std::shared_ptr<const detail::TensorImpl> impl) : impl_(std::move(impl)) {}
  const std::shared_ptr<const detail::TensorImpl>& impl() const { return impl_; }

 private:
  [[nodiscard]] static Tensor copy_in(const void* data, std::size_t count, DType dtype, Shape shape);
  [[nodiscard]] static Tensor borrow_host(const void* data, std::size_t count, DType dtype, Shape shape,
                                          std::shared_ptr<const void> keep);
  void copy_out(void* host, std::size_t count, DType as) const;

  std::shared_ptr<const detail::TensorImpl> impl_;
};

// The text() of a tensor, for which it waits.
WEFT_EXPORT std::ostream& operator<<(std::ostream& out, const Tensor& x);

}  // namespace weft
