// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "emulated/runtime_api.h"
#include "tests/emulator/src/api_call.h"

namespace weft::emulator {
namespace {

// True when every captured node comes before the end of the origin stream.
bool joined(const Capture& capture) {
  std::vector<bool> reached(capture.nodes.size(), false);
  for (const std::size_t node : capture.origin->frontier) reached[node] = true;
  for (std::size_t node = capture.nodes.size(); node-- > 0;) {
    if (!reached[node]) continue;
    for (const std::size_t before : capture.nodes[node]->after) reached[before] = true;
  }
  return std::all_of(reached.begin(), reached.end(), [](bool r) { return r; });
}

void end_capture(Runtime& runtime, const std::shared_ptr<Capture>& capture) {
  capture->ended = true;
  for (const StreamPointer& stream : capture->streams) {
    stream->capture = nullptr;
    stream->frontier.clear();
  }
  capture->streams.clear();
  std::erase(runtime.captures, capture);
}

cudaStreamCaptureStatus status_of(const Stream& stream) {
  if (stream.capture == nullptr) return cudaStreamCaptureStatusNone;
  return stream.capture->valid ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusInvalidated;
}

}  // namespace

// CUDA's rule for calls that are unsafe beside a capture, by the calling thread's mode.
std::shared_ptr<Capture> Runtime::forbidding_capture() {
  const cudaStreamCaptureMode mode = thread_state().capture_mode;
  if (mode == cudaStreamCaptureModeRelaxed) return nullptr;
  for (const auto& capture : captures) {
    const bool own = capture->thread == std::this_thread::get_id() && capture->mode != cudaStreamCaptureModeRelaxed;
    const bool everyone = mode == cudaStreamCaptureModeGlobal && capture->mode == cudaStreamCaptureModeGlobal;
    if (own || everyone) return capture;
  }
  return nullptr;
}

}  // namespace weft::emulator

using namespace weft::emulator;

cudaError_t cudaStreamBeginCapture(cudaStream_t handle, cudaStreamCaptureMode mode) {
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock&) {
    const StreamPointer stream = runtime.find_stream(handle);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    if (stream->legacy) return cudaErrorStreamCaptureUnsupported;
    if (stream->capture != nullptr) return cudaErrorIllegalState;
    auto capture = std::make_shared<Capture>();
    capture->id = ++runtime.capture_ids;
    capture->mode = mode;
    capture->thread = std::this_thread::get_id();
    capture->origin = stream.get();
    capture->streams = {stream};
    stream->capture = capture;
    stream->frontier.clear();
    runtime.captures.push_back(std::move(capture));
    return cudaSuccess;
  });
}

cudaError_t cudaStreamEndCapture(cudaStream_t handle, cudaGraph_t* graph) {
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock&) {
    const StreamPointer stream = runtime.find_stream(handle);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    if (graph == nullptr) return cudaErrorInvalidValue;
    *graph = nullptr;
    const std::shared_ptr<Capture> capture = stream->capture;
    if (capture == nullptr) return cudaErrorIllegalState;
    if (capture->mode != cudaStreamCaptureModeRelaxed && capture->thread != std::this_thread::get_id()) {
      return cudaErrorStreamCaptureWrongThread;
    }
    if (capture->origin != stream.get()) {
      runtime.invalidate(*capture);
      return cudaErrorStreamCaptureUnmatched;
    }
    const bool valid = capture->valid;
    const bool is_joined = joined(*capture);
    end_capture(runtime, capture);
    if (!valid) return cudaErrorStreamCaptureInvalidated;
    if (!is_joined) return cudaErrorStreamCaptureUnjoined;
    auto captured = std::make_shared<CUgraph_st>();
    captured->nodes = std::move(capture->nodes);
    *graph = captured.get();
    runtime.graphs[*graph] = std::move(captured);
    return cudaSuccess;
  });
}

cudaError_t cudaStreamIsCapturing(cudaStream_t handle, cudaStreamCaptureStatus* status) {
  return cudaStreamGetCaptureInfo(handle, status);
}

cudaError_t cudaStreamGetCaptureInfo(cudaStream_t handle, cudaStreamCaptureStatus* status, unsigned long long* id) {
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock&) {
    const StreamPointer stream = runtime.find_stream(handle);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    if (status == nullptr) return cudaErrorInvalidValue;
    *status = status_of(*stream);
    if (id != nullptr && stream->capture != nullptr) *id = stream->capture->id;
    return cudaSuccess;
  });
}

cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode* mode) {
  return api_call(Rule::kPlain, [&](Runtime&, Lock&) {
    if (mode == nullptr) return cudaErrorInvalidValue;
    std::swap(*mode, thread_state().capture_mode);
    return cudaSuccess;
  });
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* handle, cudaGraph_t graph, unsigned long long flags) {
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock&) {
    const auto found = runtime.graphs.find(graph);
    if (handle == nullptr || found == runtime.graphs.end() || flags != 0) return cudaErrorInvalidValue;
    auto executable = std::make_shared<CUgraphExec_st>();
    executable->nodes = found->second->nodes;
    *handle = executable.get();
    runtime.executables[*handle] = std::move(executable);
    return cudaSuccess;
  });
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t handle, cudaStream_t on) {
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock&) {
    const StreamPointer stream = runtime.find_stream(on);
    const auto found = runtime.executables.find(handle);
    if (stream == nullptr || found == runtime.executables.end()) return cudaErrorInvalidResourceHandle;
    if (stream->capture != nullptr) {  // a child graph in CUDA
      runtime.invalidate(*stream->capture);
      return cudaErrorStreamCaptureUnsupported;
    }
    const cudaError_t submitted = runtime.submit(stream, cudaGraphNodeTypeGraph, [graph = found->second](Lock& lock) {
      Runtime::instance().run_nodes(lock, graph->nodes);
    });
    if (submitted == cudaSuccess) ++runtime.counted.graph_launches;
    return submitted;
  });
}

cudaError_t cudaGraphUpload(cudaGraphExec_t handle, cudaStream_t on) {
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock&) {
    const bool known = runtime.find_stream(on) != nullptr && runtime.executables.count(handle) != 0;
    return known ? cudaSuccess : cudaErrorInvalidResourceHandle;
  });
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t handle) {
  return api_call(Rule::kRelease, [&](Runtime& runtime, Lock&) {
    return runtime.executables.erase(handle) != 0 ? cudaSuccess : cudaErrorInvalidValue;
  });
}

cudaError_t cudaGraphDestroy(cudaGraph_t handle) {
  return api_call(Rule::kRelease, [&](Runtime& runtime, Lock&) {
    return runtime.graphs.erase(handle) != 0 ? cudaSuccess : cudaErrorInvalidValue;
  });
}

cudaError_t cudaGraphGetNodes(cudaGraph_t handle, cudaGraphNode_t* nodes, size_t* count) {
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock&) {
    const auto found = runtime.graphs.find(handle);
    if (found == runtime.graphs.end() || count == nullptr) return cudaErrorInvalidValue;
    const auto& all = found->second->nodes;
    if (nodes != nullptr) {
      for (std::size_t i = 0; i < *count; ++i) nodes[i] = i < all.size() ? all[i].get() : nullptr;
      *count = std::min(*count, all.size());
    } else {
      *count = all.size();
    }
    return cudaSuccess;
  });
}

cudaError_t cudaGraphNodeGetType(cudaGraphNode_t node, cudaGraphNodeType* type) {
  return api_call(Rule::kPlain, [&](Runtime&, Lock&) {
    if (node == nullptr || type == nullptr) return cudaErrorInvalidValue;
    *type = node->type;
    return cudaSuccess;
  });
}
