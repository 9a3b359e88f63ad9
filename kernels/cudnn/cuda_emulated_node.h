// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include "kernels/cudnn/cuda_abi.h"
#include "kernels/cudnn/cuda_emulated_conv.h"

namespace weft::kernels::cudnn {

// The statuses of cuDNN that the emulated library gives.
inline constexpr Status kSuccess = 0, kBadParameter = 2000, kMisaligned = 2003, kNotFinalized = 2004,
                        kShapeMismatch = 2008, kWrongType = 2010, kUnsupported = 3000, kUnsupportedDataType = 3003,
                        kExecutionFailed = 5000;

struct EmulatedNode;
// An attribute: numbers, or other descriptors, which live as long as who refers to them.
struct EmulatedValue {
  std::vector<std::byte> bytes;
  std::vector<std::shared_ptr<EmulatedNode>> nodes;
};

// A descriptor of the emulated library.
struct EmulatedNode {
  DescriptorType type;
  bool final = false;
  std::map<Attribute, EmulatedValue> values = {};
  EmulatedConv conv = {};  // all that a final descriptor and its parts describe

  template <class T>
  std::vector<T> list(Attribute name) const {
    const auto found = values.find(name);
    if (found == values.end()) return {};
    std::vector<T> all(found->second.bytes.size() / sizeof(T));
    if (!all.empty()) std::memcpy(all.data(), found->second.bytes.data(), all.size() * sizeof(T));
    return all;
  }
  template <class T>
  T one(Attribute name, T otherwise = {}) const {
    const std::vector<T> all = list<T>(name);
    return all.size() == 1 ? all[0] : otherwise;
  }

  // Checks the attributes as cuDNN does, and makes the descriptor final.
  Status finalize();
};

// Keeps the reason for the text of this thread's latest error, and gives the status.
Status failed(Status status, const char* why);
const char* last_failure();

}  // namespace weft::kernels::cudnn
