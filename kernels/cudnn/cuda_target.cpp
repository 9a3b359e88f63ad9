// SPDX-License-Identifier: Apache-2.0
#include "kernels/cudnn/cuda_target.h"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "core/base/check.h"
#include "core/base/lasting.h"
#include "core/device/cuda/current_device.h"
#include "kernels/cudnn/cuda_library.h"
#include "weft/log.h"

namespace weft::kernels::cudnn {
namespace {

std::string text_of(const Functions& functions, const std::string& json) {
  return json.empty() ? json : cat("cuDNN ", functions.get_version(), "\n", json);
}

// Empty where the version is too old to describe devices.
std::string json_of(const Functions& functions, int device) {
  try {
    Descriptor properties(functions, DescriptorType::kDeviceProperties);
    properties.set(Attribute::kDevicePropertiesId, std::int32_t{device});
    if (properties.finalize("properties of the device")) return properties.text(Attribute::kDevicePropertiesJson);
  } catch (const DeviceError&) {
  }
  return {};
}

}  // namespace

Target::Target(const Functions& cudnn, int device) : functions(cudnn) {
  const cuda_backend::CurrentDevice current(device);
  check(functions, functions.create(&handle), "cudnnCreate");
  text = text_of(functions, json_of(functions, device));
}

Target::Target(const Functions& cudnn, const std::string& json)
    : functions(cudnn),
      properties(std::in_place, functions, DescriptorType::kDeviceProperties),
      text(text_of(functions, json)) {
  properties->set(Attribute::kDevicePropertiesJson, json);
  if (!properties->finalize("properties of a device"))
    fail<DeviceError>("cudnn", "cuDNN does not take these properties of a device: ", json);
}

const Target* target_of(int device) {
  static std::mutex mutex;
  static const Lasting<std::map<int, std::unique_ptr<const Target>>> targets;
  const std::lock_guard lock(mutex);
  const auto [found, is_new] = targets->try_emplace(device);
  if (!is_new) return found->second.get();
  try {
    found->second = std::make_unique<const Target>(library(), device);
  } catch (const DeviceError& e) {
    log(LogLevel::kWarning, cat(e.what(), "; convolutions run on a plain kernel, many times slower"));
  }
  return found->second.get();
}

}  // namespace weft::kernels::cudnn
