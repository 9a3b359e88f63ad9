// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "core/array/array.h"
#include "core/array/upload.h"
#include "core/ir/graph.h"

namespace weft::exec {

// Addresses at which an instance reads its inputs: as a rule the caller's own. On CUDA a host argument is copied to a
// place on the device. After settle() so is each argument of up to 1 MiB, because a recording needs addresses that
// stay.
class Arguments {
 public:
  Arguments(const ir::Graph& graph, Device device);
  // The address of every input; what has to be copied is enqueued on `stream`.
  const std::vector<void*>& bring(std::span<const Array> inputs, const Stream& stream);
  void settle() { settled_ = true; }

 private:
  void bring_from_host(std::span<const Array> inputs, const Stream& stream);

  const ir::Graph& graph_;
  const Device device_;
  std::vector<void*> addresses_;
  std::vector<Array> places_;  // undefined: read at the caller's address
  Stream stream_;              // the stream that uses the places
  bool settled_ = false;
  std::vector<std::size_t> from_host_;
  std::shared_ptr<Upload> upload_;
};

}  // namespace weft::exec
