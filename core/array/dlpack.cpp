// SPDX-License-Identifier: Apache-2.0
#include "core/array/dlpack.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "core/array/strided.h"
#include "core/base/check.h"

namespace weft {

namespace {

constexpr const char* kImport = "from_dlpack";

struct TypeRow {
  DType dtype;
  DLDataTypeCode code;
  std::uint8_t bits;
};

constexpr TypeRow kTypes[] = {
    {DType::kF32, kDLFloat, 32}, {DType::kF64, kDLFloat, 64}, {DType::kBF16, kDLBfloat, 16},
    {DType::kF16, kDLFloat, 16}, {DType::kI32, kDLInt, 32},   {DType::kI64, kDLInt, 64},
    {DType::kU8, kDLUInt, 8},    {DType::kBool, kDLBool, 8},
};

DType imported_dtype(DLDataType type) {
  for (const TypeRow& row : kTypes) {
    if (row.code == type.code && row.bits == type.bits && type.lanes == 1) return row.dtype;
  }
  fail<DTypeError>(kImport, "given type code ", int{type.code}, ", ", int{type.bits}, " bits, ", type.lanes,
                   " lanes; it must be f32, f64, bf16, f16, i32, i64, u8 or bool, with 1 lane");
}

Device imported_device(DLDevice device) {
  switch (device.device_type) {
    case kDLCPU:
    case kDLCUDAHost:
      return Device::cpu();
    case kDLCUDA:
      return Device::cuda(device.device_id);
  }
  fail<DeviceError>(kImport, "given device type ", static_cast<int>(device.device_type),
                    "; it must be 1 (CPU), 2 (CUDA) or 3 (pinned host memory)");
}

TensorSpec imported_spec(const DLTensor& tensor) {
  if (tensor.ndim < 0 || (tensor.ndim > 0 && tensor.shape == nullptr))
    fail<ShapeError>(kImport, "given ", tensor.ndim, " axes and ", tensor.shape == nullptr ? "no " : "",
                     "sizes; it must have 0 or more axes and a size for each");
  std::vector<std::int64_t> dims(tensor.shape, tensor.shape + tensor.ndim);
  const DType dtype = imported_dtype(tensor.dtype);
  auto bytes = static_cast<std::int64_t>(size_of(dtype));
  for (const std::int64_t size : dims) {
    if (size < 0) fail<ShapeError>(kImport, "given shape ", Shape(dims), "; sizes must be 0 or more");
    // A size of 0 hides no other, because strides are products of sizes, too.
    if (__builtin_mul_overflow(bytes, std::max<std::int64_t>(size, 1), &bytes))
      fail<ShapeError>(kImport, "given shape ", Shape(dims), "; its bytes must fit 64 bits");
  }
  return {Shape(std::move(dims)), dtype};
}

// ValueError where a stride leads to an element whose place, in bytes from the first one, is no number of 64 bits.
void check_reach(const TensorSpec& spec, const std::vector<std::int64_t>& strides) {
  std::int64_t low = 0, high = 0;
  const auto element = static_cast<std::int64_t>(size_of(spec.dtype));
  for (std::size_t axis = 0; axis < strides.size(); ++axis) {
    std::int64_t reach = 0;
    const std::int64_t steps = std::max<std::int64_t>(spec.shape.dims()[axis] - 1, 0);
    bool fits =
        !__builtin_mul_overflow(steps, strides[axis], &reach) && !__builtin_mul_overflow(reach, element, &reach);
    std::int64_t& end = reach < 0 ? low : high;
    fits = fits && !__builtin_add_overflow(end, reach, &end);
    if (!fits || high > std::numeric_limits<std::int64_t>::max() - element)
      fail<ValueError>(kImport, "given ", spec, " with a stride of ", strides[axis], " along axis ", axis,
                       "; its elements must lie within 64 bits");
  }
}

// The first element, or null without memory.
std::byte* first_element(const DLTensor& tensor, const TensorSpec& spec) {
  const auto base = reinterpret_cast<std::uintptr_t>(tensor.data);
  if (spec.shape.numel() > 0 && base == 0) fail<ValueError>(kImport, "given ", spec, " without memory");
  if (base == 0) return nullptr;
  if (tensor.byte_offset > std::numeric_limits<std::uintptr_t>::max() - base)
    fail<ValueError>(kImport, "given ", spec, " at byte ", tensor.byte_offset,
                     " of its memory; no address is so large");
  const std::size_t element = size_of(spec.dtype);
  if ((base + tensor.byte_offset) % element != 0)
    fail<ValueError>(kImport, "the memory of ", spec, " is not aligned to its elements of ", element, " bytes");
  return static_cast<std::byte*>(tensor.data) + tensor.byte_offset;
}

// Owner of an exported array: the consumer's deleter destroys it.
struct Export {
  Array array;
  std::vector<std::int64_t> dims;
  std::vector<std::int64_t> strides;
  DLManagedTensor managed{};
};

DLDataType exported_dtype(DType dtype) {
  for (const TypeRow& row : kTypes) {
    if (row.dtype == dtype) return {row.code, row.bits, 1};
  }
  fail<DTypeError>("to_dlpack", "no DLPack type for ", dtype);
}

}  // namespace

Array from_dlpack(DLManagedTensor* tensor) {
  if (tensor == nullptr) fail<ValueError>(kImport, "given no tensor");
  // From here on the tensor is given back on every way out.
  std::shared_ptr<DLManagedTensor> owner(tensor, [](DLManagedTensor* t) {
    if (t->deleter != nullptr) t->deleter(t);
  });
  const DLTensor& source = tensor->dl_tensor;
  TensorSpec spec = imported_spec(source);
  const Device device = imported_device(source.device);
  std::vector<std::int64_t> strides = row_major_strides(spec.shape);
  if (source.strides != nullptr) strides.assign(source.strides, source.strides + source.ndim);

  check_reach(spec, strides);
  std::byte* const data = first_element(source, spec);
  const ByteRange range = StridedMemory{data, spec.shape.dims(), strides, size_of(spec.dtype)}.range();
  auto buffer = Block::wrap(data, static_cast<std::size_t>(range.end), device, [owner]() mutable { owner.reset(); });
  return Array::wrap(std::move(buffer), 0, std::move(spec), std::move(strides));
}

DLManagedTensor* to_dlpack(const Array& array) {
  auto shared = std::make_unique<Export>();
  shared->array = array;
  shared->dims = array.shape().dims();
  shared->strides = array.strides();
  const Device device = array.device();
  DLTensor& tensor = shared->managed.dl_tensor;
  tensor.data = array.data();
  tensor.device = device.is_cpu() ? DLDevice{kDLCPU, 0} : DLDevice{kDLCUDA, device.index()};
  tensor.ndim = array.shape().rank();
  tensor.dtype = exported_dtype(array.dtype());
  tensor.shape = shared->dims.data();
  tensor.strides = shared->strides.data();
  shared->managed.manager_ctx = shared.get();
  shared->managed.deleter = [](DLManagedTensor* self) { delete static_cast<Export*>(self->manager_ctx); };
  Stream::current(device).synchronize();
  return &shared.release()->managed;
}

}  // namespace weft
