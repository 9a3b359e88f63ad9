// SPDX-License-Identifier: Apache-2.0
#include "core/exec/data_fault.h"

#include <atomic>
#include <map>
#include <mutex>

#include "core/device/block.h"
#include "core/exec/kernel.h"
#include "weft/error.h"

namespace weft::exec {
namespace {

struct Flags {
  std::mutex mutex;
  std::map<int, std::shared_ptr<Block>> by_device;
};

Flags& flags() {
  // Never destroyed, because freeing device memory while the process exits would call a driver that may be gone.
  static auto* instance = new Flags;
  return *instance;
}

}  // namespace

DataFault* data_fault(Device device) {
  const std::lock_guard lock(flags().mutex);
  auto& buffer = flags().by_device[device.index()];
  if (!buffer) {
    const Stream stream = Stream::current(device);
    buffer = Block::allocate(sizeof(DataFault), stream);
    zero_bytes(buffer->data(), sizeof(DataFault), stream);
    stream.synchronize();
  }
  return static_cast<DataFault*>(buffer->data());
}

void throw_data_error(const Stream& stream) {
  const Device device = stream.device();
  DataFault* place = data_fault(device);
  if (device.is_cpu() && std::atomic_ref(place->code).load() == 0) return;  // atomic, because others may report
  DataFault seen;
  copy_bytes(&seen, Device::cpu(), place, device, sizeof seen, stream);
  stream.synchronize();
  if (seen.code == 0) return;
  zero_bytes(place, sizeof seen, stream);
  throw DataError(data_error_text(seen.code, seen.value));
}

}  // namespace weft::exec
