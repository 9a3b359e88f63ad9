// SPDX-License-Identifier: Apache-2.0
#include "weft/device.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/support/every_device.h"
#include "weft/error.h"
#include "weft/log.h"

#ifdef WEFT_CUDA_EMULATED
#include "emulator.h"
#endif

namespace weft::testing {
namespace {

// Collects weft's messages from the start of the program, before any test can have asked for a device.
std::vector<std::string>& log_lines() {
  static std::vector<std::string> lines;
  return lines;
}
const bool collecting =
    (set_log_callback([](LogLevel, std::string_view line) { log_lines().emplace_back(line); }), true);

std::string message_of_parse(const char* text) {
  try {
    static_cast<void>(Device::parse(text));
  } catch (const DeviceError& e) {
    return e.what();
  }
  return "nothing thrown";
}

TEST(DeviceNames, Parse) {
  EXPECT_EQ(Device::parse("cpu"), Device::cpu());
  EXPECT_EQ(Device::parse("best"), Device::best());
  for (const char* const text : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "CPU", "cuda:99999999999"}) {
    EXPECT_EQ(message_of_parse(text),
              std::string("[device] given \"") + text + "\"; it must be \"cpu\", \"cuda\", \"cuda:1\" or \"best\"");
  }
}

TEST(DeviceNames, EveryDeviceComesBackFromItsName) {
  const std::vector<Device> devices = Device::all();
  ASSERT_FALSE(devices.empty());
  EXPECT_TRUE(devices.front().is_cpu());
  for (const Device device : devices) EXPECT_EQ(Device::parse(device.name()), device);
  EXPECT_EQ(Device::best(), devices.size() > 1 ? Device::parse("cuda") : Device::cpu());
}

TEST(DeviceNames, AMissingDeviceSaysWhy) {
  const std::string message = message_of_parse("cuda:77");
  EXPECT_NE(message.find("[device] cuda:77 was asked for"), std::string::npos) << message;
  const bool any = Device::all().size() > 1;
  EXPECT_EQ(message.find("this machine has cuda:0 to") != std::string::npos, any) << message;
  EXPECT_EQ(message.find("CUDA") != std::string::npos, !any) << message;
}

TEST(DeviceNames, DescribeTheCpu) {
  const int before = num_threads();
  set_num_threads(3);
  EXPECT_EQ(Device::cpu().describe().substr(0, 16), "cpu, 3 threads, ");
  set_num_threads(1);
  EXPECT_EQ(Device::cpu().describe().substr(0, 15), "cpu, 1 thread, ");
  set_num_threads(before);
  // Whoever runs on the CPU is told why.
  EXPECT_EQ(Device::cpu().describe().find(": ") == std::string::npos, Device::all().size() > 1);
}

TEST(DeviceNames, BestIsLoggedOnce) {
  ASSERT_TRUE(collecting);
  const std::string expected = "running on " + Device::best().describe();
  static_cast<void>(Device::best());
  int seen = 0;
  for (const std::string& line : log_lines()) seen += line.starts_with("running on ") ? 1 : 0;
  EXPECT_EQ(seen, 1);
}

TEST(DeviceScopes, NestAndBelongToTheThread) {
  EXPECT_EQ(default_device(), Device::best());
  {
    const DeviceScope outer(Device::cpu());
    EXPECT_EQ(default_device(), Device::cpu());
    {
      const DeviceScope inner(Device::best());
      EXPECT_EQ(default_device(), Device::best());
      std::jthread([] {
        const DeviceScope elsewhere(Device::cpu());
        EXPECT_EQ(default_device(), Device::cpu());
      }).join();
      EXPECT_EQ(default_device(), Device::best());
    }
    EXPECT_EQ(default_device(), Device::cpu());
  }
  EXPECT_EQ(default_device(), Device::best());
}

#ifdef WEFT_CUDA_EMULATED
TEST(DeviceNames, CudaDevicesAreCountedAndDescribed) {
  emulator::set_device_count(2);
  EXPECT_EQ(Device::all().size(), 3u);
  EXPECT_EQ(Device::parse("cuda:1").name(), "cuda:1");
  EXPECT_TRUE(Device::cuda(1).describe().starts_with("cuda:1 ")) << Device::cuda(1).describe();
  EXPECT_NE(Device::cuda(1).describe().find(", driver 13."), std::string::npos) << Device::cuda(1).describe();
  EXPECT_EQ(message_of_parse("cuda:2"), "[device] cuda:2 was asked for; this machine has cuda:0 to cuda:1");
  emulator::set_device_count(0);
  EXPECT_EQ(Device::all().size(), 1u);
  EXPECT_EQ(message_of_parse("cuda"), "[device] cuda:0 was asked for, but no CUDA device found");
  EXPECT_TRUE(Device::cpu().describe().ends_with(": no CUDA device found"));
  emulator::reset();
  emulator::set_device_count(1);
}
#endif

}  // namespace
}  // namespace weft::testing
