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

// Where an instance reads its inputs: where they lie. On a CUDA device an argument that was given on the host has a
// place of its own, and so have all that are not large once settle() was called: their addresses then stay.
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
  std::vector<Array> places_;  // undefined: read where it lies
  Stream stream_;              // that the places are used on
  bool settled_ = false;
  std::vector<std::size_t> from_host_;
  std::shared_ptr<Upload> upload_;
};

}  // namespace weft::exec
