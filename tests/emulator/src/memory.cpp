// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "emulated/runtime_api.h"
#include "tests/emulator/src/api_call.h"

namespace weft::emulator {
namespace {

constexpr std::size_t kDefaultMemory = std::size_t{16} << 30;
constexpr std::size_t kDeviceAlignment = 256;
constexpr std::size_t kPageBytes = 4096;

cudaError_t free_at(Runtime& runtime, Lock& lock, void* pointer, Place place, cudaError_t wrong) {
  if (pointer == nullptr) return cudaSuccess;
  const auto found = runtime.allocations.find(reinterpret_cast<std::uintptr_t>(pointer));
  if (found == runtime.allocations.end() || found->second.place != place || found->second.retired ||
      found->second.memory == nullptr) {
    return wrong;
  }
  runtime.run_all(lock);  // freeing waits for the device
  runtime.release(pointer);
  return cudaSuccess;
}

}  // namespace

std::size_t Runtime::total_bytes() const { return memory_limit != 0 ? memory_limit : kDefaultMemory; }

std::map<std::uintptr_t, Allocation>::iterator Runtime::find_allocation(const void* pointer) {
  const auto address = reinterpret_cast<std::uintptr_t>(pointer);
  auto after = allocations.upper_bound(address);
  if (after == allocations.begin()) return allocations.end();
  const auto found = std::prev(after);
  const bool inside = address < found->first + std::max<std::size_t>(found->second.bytes, 1);
  return inside && !found->second.retired ? found : allocations.end();
}

cudaError_t Runtime::allocate(void** pointer, std::size_t bytes, Place place, Lock& lock) {
  if (pointer == nullptr) return cudaErrorInvalidValue;
  *pointer = nullptr;
  if (bytes == 0) return cudaSuccess;
  const bool on_device = place == Place::kDevice;
  if (on_device) {
    if (allocations_until_failure != 0 && --allocations_until_failure == 0) return cudaErrorMemoryAllocation;
    // Queued frees may make room.
    if (bytes > total_bytes() - std::min(total_bytes(), counted.live_bytes)) run_all(lock);
    if (bytes > total_bytes() - std::min(total_bytes(), counted.live_bytes)) return cudaErrorMemoryAllocation;
  }
  HeapBytes memory = signalling_bytes(bytes, on_device ? kDeviceAlignment : kPageBytes);
  if (memory == nullptr) return cudaErrorMemoryAllocation;
  *pointer = memory.get();
  allocations[reinterpret_cast<std::uintptr_t>(*pointer)] = {bytes, place, thread_state().device, false,
                                                             std::move(memory)};
  if (on_device) {
    ++counted.device_allocations;
    ++counted.live_allocations;
    counted.live_bytes += bytes;
  } else {
    ++counted.host_allocations;
  }
  return cudaSuccess;
}

void Runtime::release(const void* pointer) {
  const auto found = allocations.find(reinterpret_cast<std::uintptr_t>(pointer));
  if (found->second.place == Place::kDevice) {
    --counted.live_allocations;
    counted.live_bytes -= found->second.bytes;
  }
  allocations.erase(found);
}

}  // namespace weft::emulator

using namespace weft::emulator;

cudaError_t cudaMemGetInfo(size_t* free_bytes, size_t* total_bytes) {
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock&) {
    if (free_bytes == nullptr || total_bytes == nullptr) return cudaErrorInvalidValue;
    *total_bytes = runtime.total_bytes();
    *free_bytes = *total_bytes - std::min(*total_bytes, runtime.counted.live_bytes);
    return cudaSuccess;
  });
}

cudaError_t cudaMalloc(void** pointer, size_t bytes) {
  return api_call(Rule::kUnsafe,
                  [&](Runtime& runtime, Lock& lock) { return runtime.allocate(pointer, bytes, Place::kDevice, lock); });
}

cudaError_t cudaFree(void* pointer) {
  return api_call(Rule::kUnsafeRelease, [&](Runtime& runtime, Lock& lock) {
    return free_at(runtime, lock, pointer, Place::kDevice, cudaErrorInvalidValue);
  });
}

cudaError_t cudaMallocAsync(void** pointer, size_t bytes, cudaStream_t stream) {
  return api_call(Rule::kUnsafe, [&](Runtime& runtime, Lock& lock) {
    if (runtime.find_stream(stream) == nullptr) return cudaErrorInvalidResourceHandle;
    return runtime.allocate(pointer, bytes, Place::kDevice, lock);
  });
}

cudaError_t cudaFreeAsync(void* pointer, cudaStream_t stream) {
  return api_call(Rule::kUnsafeRelease, [&](Runtime& runtime, Lock&) {
    const StreamPointer on = runtime.find_stream(stream);
    if (on == nullptr) return cudaErrorInvalidResourceHandle;
    if (pointer == nullptr) return cudaErrorInvalidValue;
    const auto found = runtime.allocations.find(reinterpret_cast<std::uintptr_t>(pointer));
    if (found == runtime.allocations.end() || found->second.place != Place::kDevice || found->second.retired) {
      return cudaErrorInvalidValue;
    }
    if (runtime.sticky != cudaSuccess) {  // no stream will run it any more
      runtime.release(pointer);
      return cudaSuccess;
    }
    found->second.retired = true;
    runtime.enqueue(on, [pointer](Lock&) { Runtime::instance().release(pointer); });
    return cudaSuccess;
  });
}

cudaError_t cudaMallocHost(void** pointer, size_t bytes) { return cudaHostAlloc(pointer, bytes, cudaHostAllocDefault); }

cudaError_t cudaHostAlloc(void** pointer, size_t bytes, unsigned int flags) {
  return api_call(Rule::kUnsafe, [&](Runtime& runtime, Lock& lock) {
    const unsigned known = cudaHostAllocPortable | cudaHostAllocMapped | cudaHostAllocWriteCombined;
    if ((flags & ~known) != 0) return cudaErrorInvalidValue;
    return runtime.allocate(pointer, bytes, Place::kPinned, lock);
  });
}

cudaError_t cudaFreeHost(void* pointer) {
  return api_call(Rule::kUnsafeRelease, [&](Runtime& runtime, Lock& lock) {
    return free_at(runtime, lock, pointer, Place::kPinned, cudaErrorInvalidValue);
  });
}

cudaError_t cudaHostRegister(void* pointer, size_t bytes, unsigned int flags) {
  return api_call(Rule::kUnsafe, [&](Runtime& runtime, Lock&) {
    const unsigned known = cudaHostRegisterPortable | cudaHostRegisterMapped | cudaHostRegisterReadOnly;
    if (pointer == nullptr || bytes == 0 || (flags & ~known) != 0) return cudaErrorInvalidValue;
    const auto begin = reinterpret_cast<std::uintptr_t>(pointer);
    const auto next = runtime.allocations.lower_bound(begin);
    const bool overlaps = (next != runtime.allocations.end() && next->first < begin + bytes) ||
                          runtime.find_allocation(pointer) != runtime.allocations.end();
    if (overlaps) return cudaErrorHostMemoryAlreadyRegistered;
    runtime.allocations[begin] = {bytes, Place::kPinned, thread_state().device, false, nullptr};
    return cudaSuccess;
  });
}

cudaError_t cudaHostUnregister(void* pointer) {
  return api_call(Rule::kUnsafeRelease, [&](Runtime& runtime, Lock& lock) {
    const auto found = runtime.allocations.find(reinterpret_cast<std::uintptr_t>(pointer));
    if (pointer == nullptr) return cudaErrorInvalidValue;
    if (found == runtime.allocations.end() || found->second.memory != nullptr) return cudaErrorHostMemoryNotRegistered;
    runtime.run_all(lock);
    runtime.release(pointer);
    return cudaSuccess;
  });
}

cudaError_t cudaHostGetDevicePointer(void** device_pointer, void* host_pointer, unsigned int flags) {
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock&) {
    if (device_pointer == nullptr || flags != 0) return cudaErrorInvalidValue;
    const auto found = runtime.find_allocation(host_pointer);
    if (found == runtime.allocations.end() || found->second.place != Place::kPinned) return cudaErrorInvalidValue;
    *device_pointer = host_pointer;
    return cudaSuccess;
  });
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* pointer) {
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock&) {
    if (attributes == nullptr) return cudaErrorInvalidValue;
    const auto found = runtime.find_allocation(pointer);
    void* const address = const_cast<void*>(pointer);
    if (found == runtime.allocations.end()) {
      *attributes = {cudaMemoryTypeUnregistered, -2, nullptr, address};
    } else if (found->second.place == Place::kDevice) {
      *attributes = {cudaMemoryTypeDevice, found->second.device, address, nullptr};
    } else {
      *attributes = {cudaMemoryTypeHost, found->second.device, address, address};
    }
    return cudaSuccess;
  });
}

// One pool per device; its handle is never looked into.
cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int device) {
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock&) {
    if (pool == nullptr) return cudaErrorInvalidValue;
    if (device < 0 || device >= runtime.device_count) return cudaErrorInvalidDevice;
    *pool = reinterpret_cast<cudaMemPool_t>(&runtime.pool_attributes);
    return cudaSuccess;
  });
}

cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void* value) {
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock&) {
    if (pool != reinterpret_cast<cudaMemPool_t>(&runtime.pool_attributes) || value == nullptr) {
      return cudaErrorInvalidValue;
    }
    const bool is_flag = attribute <= cudaMemPoolReuseAllowInternalDependencies;
    runtime.pool_attributes[attribute] =
        is_flag ? static_cast<std::uint64_t>(*static_cast<int*>(value)) : *static_cast<std::uint64_t*>(value);
    return cudaSuccess;
  });
}

cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void* value) {
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock&) {
    if (pool != reinterpret_cast<cudaMemPool_t>(&runtime.pool_attributes) || value == nullptr) {
      return cudaErrorInvalidValue;
    }
    const std::uint64_t stored =
        attribute == cudaMemPoolAttrUsedMemCurrent ? runtime.counted.live_bytes : runtime.pool_attributes[attribute];
    if (attribute <= cudaMemPoolReuseAllowInternalDependencies) {
      *static_cast<int*>(value) = static_cast<int>(stored);
    } else {
      *static_cast<std::uint64_t*>(value) = stored;
    }
    return cudaSuccess;
  });
}

cudaError_t cudaMemPoolTrimTo(cudaMemPool_t pool, size_t) {
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock&) {
    return pool == reinterpret_cast<cudaMemPool_t>(&runtime.pool_attributes) ? cudaSuccess : cudaErrorInvalidValue;
  });
}
