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

// Where an instance reads its inputs. On a CUDA device an argument has a place of its own as soon as two runs were
// given it at different addresses, or given it on the host; the addresses that are recorded then stay. Everything else
// is read where it lies.
class Arguments {
 public:
  Arguments(const ir::Graph& graph, Device device);
  // The address of every input; what has to be copied is enqueued on `stream`.
  const std::vector<void*>& bring(std::span<const Array> inputs, const Stream& stream);

 private:
  void bring_from_host(std::span<const Array> inputs, const Stream& stream);

  const ir::Graph& graph_;
  const Device device_;
  std::vector<void*> addresses_;
  std::vector<Array> places_;  // undefined: read where it lies
  Stream stream_;              // that the places are used on
  std::vector<std::size_t> from_host_;
  std::shared_ptr<Upload> upload_;
};

}  // namespace weft::exec
