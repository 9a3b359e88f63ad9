// SPDX-License-Identifier: Apache-2.0
// Tensors of other libraries: all fields of DLPack's struct from the input, over memory that is really there. The
// deleter runs once, and elements that lie in the memory can be read.
#include "core/array/dlpack.h"

#include <array>
#include <vector>

#include "tests/fuzz/fuzz.h"
#include "weft/tensor.h"

using namespace weft;

namespace {

alignas(64) std::array<std::byte, 4096> memory;
int deleted = 0;

// True where every element lies in the memory, by arithmetic that does not overflow.
bool within(const DLTensor& tensor, const Tensor& x) {
  __int128 low = tensor.byte_offset, high = low, step = static_cast<__int128>(size_of(x.dtype()));
  __int128 dense = 1;
  for (int axis = tensor.ndim - 1; axis >= 0; --axis) {
    const __int128 stride = tensor.strides ? tensor.strides[axis] : dense;
    const __int128 reach = (tensor.shape[axis] - 1) * stride * step;
    (reach < 0 ? low : high) += reach;
    dense *= tensor.shape[axis];
  }
  return low >= 0 && high + step <= static_cast<__int128>(memory.size());
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  testing::Input input({data, size});
  const auto flags = input.take<std::uint8_t>();
  DLManagedTensor managed{};
  DLTensor& tensor = managed.dl_tensor;
  tensor.data = flags & 1 ? nullptr : memory.data();
  // Not CUDA: the fuzzer has no memory there.
  tensor.device = {static_cast<DLDeviceType>(input.take<std::int8_t>()), input.take<std::int32_t>()};
  if (tensor.device.device_type == kDLCUDA) return 0;
  tensor.dtype = {input.take<std::uint8_t>(), input.take<std::uint8_t>(), input.take<std::uint16_t>()};
  tensor.byte_offset = flags & 2 ? input.take<std::uint64_t>() : input.take<std::uint16_t>() % memory.size();
  const int axes = input.take<std::int8_t>() % 8;
  tensor.ndim = axes;
  std::vector<std::int64_t> shape, strides;
  for (int i = 0; i < axes; ++i) {
    const bool small = (flags & 4) != 0;
    shape.push_back(small ? input.take<std::int8_t>() : input.take<std::int64_t>());
    strides.push_back(small ? input.take<std::int8_t>() : input.take<std::int64_t>());
  }
  tensor.shape = flags & 8 ? nullptr : shape.data();
  tensor.strides = flags & 16 ? strides.data() : nullptr;
  managed.deleter = [](DLManagedTensor*) { ++deleted; };
  deleted = 0;
  testing::accepts([&] {
    // A tensor takes in what is not dense, so only what lies in the memory may go that far.
    const Array array = from_dlpack(&managed);
    Tensor probe = Tensor::borrow_device(memory.data(), {Shape{}, array.dtype()}, Device::cpu());
    if (array.shape().numel() == 0 || array.shape().numel() > 4096 || !within(tensor, probe)) return;
    std::vector<std::byte> values(static_cast<std::size_t>(array.spec().bytes()));
    array.copy_to_host(values.data());
  });
  testing::require(deleted == 1);
  return 0;
}
