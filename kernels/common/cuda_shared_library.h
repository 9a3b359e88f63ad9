// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <dlfcn.h>

#include <initializer_list>

#include "core/base/check.h"
#include "weft/error.h"

namespace weft::kernels {

// A library of NVIDIA's, opened when something first needs it and never closed.
class SharedLibrary {
 public:
  // Opens the first of `files` that is installed. DeviceError, naming `op`, with the loader's reason if none is; `need`
  // says who needs it.
  SharedLibrary(const char* op, const char* name, std::initializer_list<const char*> files, const char* need)
      : op_(op), name_(name) {
    for (const char* file : files)
      if (!library_) library_ = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (library_) return;
    const char* reason = dlerror();
    fail<DeviceError>(op, name, " is not installed (", reason ? reason : "no reason given", "); ", need,
                      " on the library path");
  }
  // The address of a function of the library; DeviceError if there is none.
  template <class Function>
  void find(const char* function_name, Function& function) const {
    function = reinterpret_cast<Function>(dlsym(library_, function_name));
    if (!function) fail<DeviceError>(op_, "the installed ", name_, " has no ", function_name);
  }

 private:
  const char *op_, *name_;
  void* library_ = nullptr;
};

}  // namespace weft::kernels
