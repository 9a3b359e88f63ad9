// SPDX-License-Identifier: Apache-2.0
#include "kernels/cudnn/cuda_library.h"

#if !defined(WEFT_CUDA_EMULATED)
#include "kernels/common/cuda_shared_library.h"

namespace weft::kernels::cudnn {
namespace {

Functions load() {
  // The graph part alone: it has all that is called, and loads the parts with kernels by itself.
  const SharedLibrary library("cudnn", "cuDNN", {"libcudnn_graph.so.9"},
                              "fast convolutions on CUDA need libcudnn_graph.so.9");
  Functions f;
  library.find("cudnnGetVersion", f.get_version);
  library.find("cudnnGetErrorString", f.get_error_string);
  library.find("cudnnGetLastErrorString", f.get_last_error_string);
  library.find("cudnnCreate", f.create);
  library.find("cudnnSetStream", f.set_stream);
  library.find("cudnnBackendCreateDescriptor", f.create_descriptor);
  library.find("cudnnBackendDestroyDescriptor", f.destroy_descriptor);
  library.find("cudnnBackendSetAttribute", f.set_attribute);
  library.find("cudnnBackendGetAttribute", f.get_attribute);
  library.find("cudnnBackendFinalize", f.finalize);
  library.find("cudnnBackendExecute", f.execute);
  return f;
}

}  // namespace

const Functions& library() {
  static const Functions functions = load();  // a load that threw is tried again
  return functions;
}

}  // namespace weft::kernels::cudnn
#endif
