// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/array/array.h"

// DLPack's tensor exchange, declared to match its public binary interface (version 0.6 and later 0.x, and the
// unversioned structs of 1.x), field by field.

enum DLDeviceType : std::int32_t { kDLCPU = 1, kDLCUDA = 2, kDLCUDAHost = 3 };

struct DLDevice {
  DLDeviceType device_type;
  std::int32_t device_id;
};

enum DLDataTypeCode : std::uint8_t { kDLInt = 0, kDLUInt = 1, kDLFloat = 2, kDLBfloat = 4, kDLBool = 6 };

struct DLDataType {
  std::uint8_t code;  // a DLDataTypeCode
  std::uint8_t bits;
  std::uint16_t lanes;  // 1 unless elements are short vectors
};

struct DLTensor {
  void* data;
  DLDevice device;
  std::int32_t ndim;
  DLDataType dtype;
  std::int64_t* shape;
  std::int64_t* strides;  // in elements; null: row-major without gaps
  std::uint64_t byte_offset;
};

struct DLManagedTensor {
  DLTensor dl_tensor;
  void* manager_ctx;
  void (*deleter)(DLManagedTensor* self);
};

namespace weft {

// Takes the tensor over without a copy: its deleter runs once, with the last owner of the memory or before this throws.
// The producer's work on the memory must be ordered before the current stream of its device. Throws DTypeError,
// ShapeError, DeviceError or ValueError for tensors that weft has no arrays for.
Array from_dlpack(DLManagedTensor* tensor);

// Shares the array's memory; the consumer calls the deleter once. Waits for the current stream of the array's device,
// because DLPack says nothing of streams here.
DLManagedTensor* to_dlpack(const Array& array);

}  // namespace weft
