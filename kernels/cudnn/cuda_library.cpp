// SPDX-License-Identifier: Apache-2.0
#include "kernels/cudnn/cuda_library.h"

#if !defined(WEFT_CUDA_EMULATED)
#include <dlfcn.h>

#include "core/base/check.h"

namespace weft::kernels::cudnn {
namespace {

// The graph part alone: it has all that is called, and loads the parts with kernels by itself.
void* open_library() {
  if (void* library = dlopen("libcudnn_graph.so.9", RTLD_NOW | RTLD_LOCAL)) return library;
  const char* reason = dlerror();
  fail<DeviceError>("cudnn", "cuDNN is not installed (", reason ? reason : "no reason given",
                    "); fast convolutions on CUDA need libcudnn_graph.so.9 on the library path");
}

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (!function) fail<DeviceError>("cudnn", "the installed cuDNN has no ", name);
}

Functions load() {
  void* library = open_library();
  Functions f;
  find(library, "cudnnGetVersion", f.get_version);
  find(library, "cudnnGetErrorString", f.get_error_string);
  find(library, "cudnnGetLastErrorString", f.get_last_error_string);
  find(library, "cudnnCreate", f.create);
  find(library, "cudnnSetStream", f.set_stream);
  find(library, "cudnnBackendCreateDescriptor", f.create_descriptor);
  find(library, "cudnnBackendDestroyDescriptor", f.destroy_descriptor);
  find(library, "cudnnBackendSetAttribute", f.set_attribute);
  find(library, "cudnnBackendGetAttribute", f.get_attribute);
  find(library, "cudnnBackendFinalize", f.finalize);
  find(library, "cudnnBackendExecute", f.execute);
  return f;
}

}  // namespace

const Functions& library() {
  static const Functions functions = load();  // a load that threw is tried again
  return functions;
}

}  // namespace weft::kernels::cudnn
#endif
