// SPDX-License-Identifier: Apache-2.0
#if !defined(WEFT_CUDA_EMULATED)
#include "kernels/jit/cuda_nvrtc.h"

#include <dlfcn.h>
#include <nvrtc.h>

#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

#include "core/base/check.h"
#include "kernels/jit/cuda_kernel_cache.h"
#include "kernels/jit/device_texts.h"
#include "weft/log.h"
#include "weft/version.h"

namespace weft::kernels {
namespace {

struct Nvrtc {
  decltype(&nvrtcVersion) version;
  decltype(&nvrtcCreateProgram) create;
  decltype(&nvrtcDestroyProgram) destroy;
  decltype(&nvrtcCompileProgram) compile;
  decltype(&nvrtcGetProgramLogSize) log_size;
  decltype(&nvrtcGetProgramLog) log;
  decltype(&nvrtcGetCUBINSize) cubin_size;
  decltype(&nvrtcGetCUBIN) cubin;
  decltype(&nvrtcGetPTXSize) ptx_size;
  decltype(&nvrtcGetPTX) ptx;
  decltype(&nvrtcGetErrorString) error_string;
};

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

std::optional<Nvrtc> load() {
  void* library = nullptr;
  for (const char* name : {"libnvrtc.so.13", "libnvrtc.so.12"})
    if (!library) library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  Nvrtc n{};
  if (library && find(library, "nvrtcVersion", n.version) && find(library, "nvrtcCreateProgram", n.create) &&
      find(library, "nvrtcDestroyProgram", n.destroy) && find(library, "nvrtcCompileProgram", n.compile) &&
      find(library, "nvrtcGetProgramLogSize", n.log_size) && find(library, "nvrtcGetProgramLog", n.log) &&
      find(library, "nvrtcGetCUBINSize", n.cubin_size) && find(library, "nvrtcGetCUBIN", n.cubin) &&
      find(library, "nvrtcGetPTXSize", n.ptx_size) && find(library, "nvrtcGetPTX", n.ptx) &&
      find(library, "nvrtcGetErrorString", n.error_string))
    return n;
  log(LogLevel::kInfo, "NVRTC (libnvrtc.so.13 or .12) is not installed: fused programs on CUDA are interpreted");
  return std::nullopt;
}

const std::optional<Nvrtc>& nvrtc() {
  static const std::optional<Nvrtc> loaded = load();
  return loaded;
}

void check(nvrtcResult result, const std::string& what) {
  if (result != NVRTC_SUCCESS) fail<DeviceError>("pointwise", what, " failed: ", nvrtc()->error_string(result));
}

// Flags of the kernels that are compiled with weft; see cmake/library.cmake.
std::vector<std::string> options_for(const std::string& architecture) {
  return {"--gpu-architecture=" + architecture, "--std=c++20", "-fmad=false", "-ftz=true",
          "--device-as-default-execution-space"};
}

using Text = nvrtcResult (*)(nvrtcProgram, char*);
using Size = nvrtcResult (*)(nvrtcProgram, std::size_t*);
std::string text_of(nvrtcProgram program, Size size_of_text, Text get, const char* what) {
  std::size_t size = 0;
  check(size_of_text(program, &size), what);
  std::string text(size, '\0');
  check(get(program, text.data()), what);
  return text;
}

}  // namespace

bool has_nvrtc() { return nvrtc().has_value(); }

Compiled compile_with_nvrtc(const std::string& source, const std::string& architecture) {
  const Nvrtc& n = nvrtc().value();
  std::vector<const char*> names, texts;
  for (const DeviceText& text : device_texts()) {
    names.push_back(text.name);
    texts.push_back(text.text);
  }
  nvrtcProgram created = nullptr;
  check(n.create(&created, source.c_str(), "program.cu", static_cast<int>(names.size()), texts.data(), names.data()),
        "nvrtcCreateProgram");
  const auto destroy = [&n](nvrtcProgram p) { static_cast<void>(n.destroy(&p)); };
  const std::unique_ptr<std::remove_pointer_t<nvrtcProgram>, decltype(destroy)> program(created, destroy);
  const std::vector<std::string> options = options_for(architecture);
  std::vector<const char*> arguments;
  for (const std::string& option : options) arguments.push_back(option.c_str());
  const nvrtcResult result = n.compile(created, static_cast<int>(arguments.size()), arguments.data());
  if (result != NVRTC_SUCCESS)
    fail<DeviceError>("pointwise", "NVRTC for ", architecture, ": ", n.error_string(result), "\n",
                      text_of(created, n.log_size, n.log, "nvrtcGetProgramLog"));
  return {text_of(created, n.cubin_size, n.cubin, "nvrtcGetCUBIN"), text_of(created, n.ptx_size, n.ptx, "nvrtcGetPTX")};
}

std::string nvrtc_key(const std::string& source, const std::string& architecture) {
  static const std::uint64_t texts = [] {
    std::string all;
    for (const DeviceText& text : device_texts()) all += std::string(text.name) + '\n' + text.text;
    return content_hash(all);
  }();
  int major = 0, minor = 0;
  check(nvrtc().value().version(&major, &minor), "nvrtcVersion");
  std::string key = cat("weft ", WEFT_VERSION, ", texts ", texts, ", NVRTC ", major, ".", minor);
  for (const std::string& option : options_for(architecture)) key += " " + option;
  return key + "\n" + source;
}

}  // namespace weft::kernels
#endif
