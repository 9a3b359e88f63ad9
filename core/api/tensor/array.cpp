// SPDX-License-Identifier: Apache-2.0
#include "weft/array.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "core/api/trace/dispatch.h"
#include "core/api/trace/tracer.h"
#include "core/base/check.h"
#include "core/device/thread_pool.h"
#include "weft/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

const Shape& shape_of(const Tensor& x, const char* op) { return detail::impl_of(x, op).spec().shape; }

Tensor triangle(const Tensor& x, const char* op, std::int64_t k, bool upper) {
  const Shape& shape = shape_of(x, op);
  if (shape.rank() < 2) fail<ShapeError>(op, "input is ", shape, "; it must be a matrix or have more axes");
  return detail::apply1("triangle", {x}, {{"k", k}, {"upper", upper}});
}

// A matrix of zeros with the vector on its diagonal that begins at element `first`, in row-major order.
Tensor on_diagonal(const Tensor& vector, std::int64_t rows, std::int64_t columns, std::int64_t first) {
  const std::int64_t n = vector.dim(0);
  if (n == 0) return zeros({rows, columns}, vector.dtype());
  const std::int64_t behind = Shape{rows, columns}.numel() - first - ((n - 1) * (columns + 1) + 1);
  return pad(vector, {first}, {behind}, {columns}).reshape({rows, columns});
}

}  // namespace

Tensor eye(std::int64_t rows, std::int64_t columns, DType dtype) {
  if (columns == -1) columns = rows;
  if (rows < 0 || columns < 0) fail<ShapeError>("eye", rows, " rows, ", columns, " columns; sizes are 0 or more");
  return on_diagonal(ones({std::min(rows, columns)}, dtype), rows, columns, 0);
}

Tensor linspace(double first, double last, std::int64_t count, DType dtype) {
  if (!is_floating(dtype)) fail<DTypeError>("linspace", "dtype is ", dtype, "; it must be floating");
  if (count < 1) return arange(count, dtype);
  if (count == 1) return full({1}, first, dtype);
  const Tensor i = arange(count, DType::kF64);
  const double step = (last - first) / static_cast<double>(count - 1);
  // From both ends, so that the last number is exact.
  const Tensor left = static_cast<double>(count - 1) - i;
  return where(i < left, first + i * step, last - left * step).to(dtype);
}

Tensor tril(const Tensor& x, std::int64_t k) { return triangle(x, "tril", k, false); }
Tensor triu(const Tensor& x, std::int64_t k) { return triangle(x, "triu", k, true); }

Tensor diag(const Tensor& x, std::int64_t k) {
  const Shape& shape = shape_of(x, "diag");
  if (shape.rank() != 1 && shape.rank() != 2)
    fail<ShapeError>("diag", "input is ", shape, "; it must be a vector or a matrix");
  const std::int64_t right = std::max<std::int64_t>(k, 0), down = std::max<std::int64_t>(-k, 0);
  const DeviceScope on(x.device());
  if (shape.rank() == 1) {
    const std::int64_t n = shape[0] + right + down;
    return on_diagonal(x, n, n, Shape{down, n}.numel() + right);
  }
  const std::int64_t length = std::min(shape[0] - down, shape[1] - right);
  if (length <= 0) return zeros({0}, x.dtype());
  const std::int64_t first = down * shape[1] + right, step = shape[1] + 1;
  return x.reshape({x.numel()}).slice(0, first, first + (length - 1) * step + 1, step);
}

Tensor roll(const Tensor& x, std::int64_t shift, int axis) {
  const int a = normal_axis(axis, shape_of(x, "roll").rank(), "roll");
  const std::int64_t n = x.dim(a);
  if (n == 0 || shift % n == 0) return x;
  return detail::apply1("roll", {x}, {{"axis", std::int64_t{a}}, {"shift", (shift % n + n) % n}});
}

Tensor repeat(const Tensor& x, std::int64_t times, int axis) {
  const int a = normal_axis(axis, shape_of(x, "repeat").rank(), "repeat");
  if (times < 0) fail<ValueError>("repeat", "times is ", times, "; it must be 0 or more");
  std::vector<std::int64_t> apart = x.shape().dims(), joined = apart;
  apart.insert(apart.begin() + a + 1, times);
  joined[static_cast<std::size_t>(a)] = Shape{x.dim(a), times}.numel();
  return broadcast_to(x.unsqueeze(a + 1), Shape(std::move(apart))).reshape(Shape(std::move(joined)));
}

Tensor tile(const Tensor& x, const std::vector<std::int64_t>& times) {
  const Shape& shape = shape_of(x, "tile");
  const std::size_t rank = std::max(times.size(), shape.dims().size());
  std::vector<std::int64_t> ones_between, apart, joined;
  for (std::size_t i = 0; i < rank; ++i) {
    const std::size_t missing = rank - shape.dims().size(), untold = rank - times.size();
    const std::int64_t size = i < missing ? 1 : shape.dims()[i - missing], count = i < untold ? 1 : times[i - untold];
    if (count < 0) fail<ValueError>("tile", "times is ", count, "; it must be 0 or more");
    ones_between.insert(ones_between.end(), {1, size});
    apart.insert(apart.end(), {count, size});
    joined.push_back(Shape{count, size}.numel());
  }
  return broadcast_to(x.reshape(Shape(std::move(ones_between))), Shape(std::move(apart)))
      .reshape(Shape(std::move(joined)));
}

Tensor outer(const Tensor& a, const Tensor& b) {
  if (shape_of(a, "outer").rank() != 1 || shape_of(b, "outer").rank() != 1)
    fail<ShapeError>("outer", "operands are ", a.shape(), " and ", b.shape(), "; both must be vectors");
  return a.unsqueeze(1) * b;
}

Tensor cross(const Tensor& a, const Tensor& b, int axis) {
  const Shape shape = broadcast(shape_of(a, "cross"), shape_of(b, "cross"), "cross");
  const int at = normal_axis(axis, shape.rank(), "cross");
  if (shape[at] != 3)
    fail<ShapeError>("cross", "operands are ", a.shape(), " and ", b.shape(), "; axis ", axis, " must have size 3");
  const Tensor x = broadcast_to(a, shape), y = broadcast_to(b, shape);
  return roll(x, 2, at) * roll(y, 1, at) - roll(x, 1, at) * roll(y, 2, at);
}

Tensor nonzero(const Tensor& x) {
  const Shape shape = shape_of(x, "nonzero");
  if (detail::Tracer::current())
    fail<TraceError>("nonzero", "the shape of the result depends on the data; call it outside the program");
  const std::vector<std::uint8_t> set = not_equal(x, 0).to(DType::kU8).to_vector<std::uint8_t>();
  // Pieces are counted, then each writes behind the ones before it.
  constexpr std::int64_t kPiece = 1 << 14;
  const auto n = static_cast<std::int64_t>(set.size());
  std::vector<std::int64_t> ends(static_cast<std::size_t>((n + kPiece - 1) / kPiece));
  parallel_for(n, kPiece, [&](std::int64_t begin, std::int64_t end) {
    ends[static_cast<std::size_t>(begin / kPiece)] =
        std::accumulate(set.begin() + begin, set.begin() + end, std::int64_t{0});
  });
  std::partial_sum(ends.begin(), ends.end(), ends.begin());
  const std::int64_t count = ends.empty() ? 0 : ends.back(), rank = shape.rank();
  std::vector<std::int64_t> places(static_cast<std::size_t>(count * rank));
  const std::vector<std::int64_t> strides = row_major_strides(shape);
  parallel_for(n, kPiece, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t piece = begin / kPiece;
    std::int64_t* to = places.data() + (piece == 0 ? 0 : ends[static_cast<std::size_t>(piece) - 1]) * rank;
    for (std::int64_t i = begin; i < end; ++i) {
      if (!set[static_cast<std::size_t>(i)]) continue;
      std::int64_t rest = i;
      for (const std::int64_t stride : strides) {
        *to++ = rest / stride;
        rest %= stride;
      }
    }
  });
  const DeviceScope on(x.device());
  return Tensor::of(places, {count, shape.rank()});
}

}  // namespace weft
