// SPDX-License-Identifier: Apache-2.0
#include "weft/device.h"

#include <charconv>
#include <system_error>

#include "core/base/check.h"
#include "core/device/backend.h"
#include "core/device/cpu/machine.h"
#include "weft/log.h"

namespace weft {

namespace {

struct ThreadDefault {
  bool set = false;
  Device device;
};
thread_local ThreadDefault thread_default;

}  // namespace

Device Device::best() {
  // Asked and logged once, because every tensor made from host data comes by.
  static const Device device = [] {
    const Device found = cuda_backend::find_devices().devices > 0 ? Device(0) : Device();
    log(LogLevel::kInfo, "running on " + found.describe());
    return found;
  }();
  return device;
}

Device Device::cuda(int index) {
  const cuda_backend::Found found = cuda_backend::find_devices();
  if (found.devices == 0) fail<DeviceError>("device", "cuda:", index, " was asked for, but ", found.why_none);
  if (index < 0 || index >= found.devices)
    fail<DeviceError>("device", "cuda:", index, " was asked for; this machine has cuda:0 to cuda:", found.devices - 1);
  return Device(index);
}

Device Device::parse(std::string_view text) {
  if (text == "best") return best();
  if (text == "cpu") return cpu();
  if (text == "cuda") return cuda();
  constexpr std::string_view kPrefix = "cuda:";
  if (text.starts_with(kPrefix)) {
    int index = -1;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + kPrefix.size(), end, index);
    if (error == std::errc() && stop == end && index >= 0) return cuda(index);
  }
  fail<DeviceError>("device", "given \"", text, "\"; it must be \"cpu\", \"cuda\", \"cuda:1\" or \"best\"");
}

std::vector<Device> Device::all() {
  std::vector<Device> devices{Device()};
  const int count = cuda_backend::find_devices().devices;
  for (int i = 0; i < count; ++i) devices.push_back(Device(i));
  return devices;
}

std::string Device::name() const { return is_cpu() ? "cpu" : cat("cuda:", index_); }

std::string Device::describe() const {
  if (is_cuda()) return cat(name(), " ", cuda_backend::describe(index_));
  const int threads = num_threads();
  const std::string why = cuda_backend::find_devices().why_none;
  return cat("cpu, ", threads, threads == 1 ? " thread, " : " threads, ", cpu::isa_name(), why.empty() ? "" : ": ",
             why);
}

Device default_device() { return thread_default.set ? thread_default.device : Device::best(); }

DeviceScope::DeviceScope(Device device) : before_(thread_default.device), had_before_(thread_default.set) {
  thread_default = {true, device};
}
DeviceScope::~DeviceScope() { thread_default = {had_before_, before_}; }

void synchronize(Device device) {
  if (device.is_cuda()) cuda_backend::synchronize_device(device.index());
}

}  // namespace weft
