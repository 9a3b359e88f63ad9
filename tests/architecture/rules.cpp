// SPDX-License-Identifier: Apache-2.0
#include "tests/architecture/rules.h"

#include <algorithm>
#include <map>
#include <regex>
#include <set>

namespace weft::testing {
namespace {

struct ThirdParty {
  std::string_view name;
  std::regex header;
  std::regex allowed_in;  // paths
};

const std::vector<ThirdParty>& third_parties() {
  static const std::vector<ThirdParty> all = {
      {"the CUDA runtime", std::regex("cuda.*|driver_types\\.h|vector_types\\.h"),
       std::regex("core/device/cuda/.*|core/device/include/weft/cuda(_kernel)?\\.h|kernels/.*(\\.cuh?|/cuda_[^/]*)")},
      {"cuBLASLt, cuDNN and NVRTC", std::regex("cublasLt\\.h|cudnn.*|nvrtc\\.h"), std::regex("kernels/.*/cuda_[^/]*")},
      {"CUB and Thrust", std::regex("(cub|thrust|cuda/std)/.*"), std::regex("kernels/.*\\.cu")},
      {"libxsmm, oneDNN and OpenBLAS", std::regex("libxsmm\\.h|dnnl.*|oneapi/.*|cblas\\.h"),
       std::regex("kernels/.*\\.cpp")},
      {"Xbyak", std::regex("xbyak/.*"), std::regex("kernels/.*_(emit\\.cpp|locations\\.h)")},
      {"zlib", std::regex("zlib\\.h"), std::regex("core/io/.*\\.cpp")},
      {"libpng", std::regex("png\\.h"), std::regex("core/io/(decode_)?png\\.cpp")},
      {"libjpeg-turbo", std::regex("jpeglib\\.h|jerror\\.h"), std::regex("core/io/decode_jpeg\\.cpp")},
      {"nlohmann/json", std::regex("nlohmann/.*"), std::regex("(core/io|layers|optim)/.*\\.cpp")},
  };
  return all;
}

// True for a header of the operating system or the compiler, which public headers must not include.
bool is_system(const std::string& header) {
  static const std::regex kSystem(
      "(sys|linux)/.*|unistd\\.h|fcntl\\.h|dlfcn\\.h|sched\\.h|pthread\\.h|immintrin\\.h|cpuid\\.h|cxxabi\\.h|"
      "sanitizer/.*");
  return std::regex_match(header, kSystem);
}

bool is_standard(const std::string& header) { return header.find_first_of("./") == std::string::npos; }

std::string at(const SourceFile& file, int line) { return file.path + ":" + std::to_string(line) + ": "; }

auto count(const std::vector<std::string_view>& names, std::string_view name) {
  return std::count(names.begin(), names.end(), name);
}

bool is_umbrella(const std::string& target) { return target == "weft/weft.h" || count(umbrellas(), target) > 0; }

// The file that an include names; null if the library has no such file.
const SourceFile* resolve(const std::string& target, const std::vector<SourceFile>& library) {
  const bool is_public_name = target.starts_with("weft/");
  const auto found = std::find_if(library.begin(), library.end(), [&](const SourceFile& file) {
    return is_public_name ? file.path.ends_with("/include/" + target) : file.path == target;
  });
  return found == library.end() ? nullptr : &*found;
}

std::string list(const std::vector<std::string_view>& names) {
  std::string text;
  for (const std::string_view name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text.empty() ? "nothing" : text;
}

}  // namespace

const std::vector<std::string_view>& umbrellas() {
  static const std::vector<std::string_view> all{"weft/core.h",       "weft/io.h",     "weft/data.h",
                                                 "weft/functional.h", "weft/layers.h", "weft/image_layers.h",
                                                 "weft/recipes.h",    "weft/optim.h"};
  return all;
}

const std::vector<Room>& rooms() {
  static const std::vector<std::string_view> kAll{"core/scalar",  "core/device", "core/api",          "core/io",
                                                  "core/data",    "core/plot",   "layers/functional", "layers/module",
                                                  "layers/layer", "layers/image"};
  static const std::vector<std::string_view> kAboveBase{
      "core/scalar",       "core/device",   "core/api",       "core/io",      "core/data",
      "layers/functional", "layers/module", "layers/layer",   "layers/image", "optim/schedule",
      "optim/rules",       "optim/metrics", "optim/optimizer"};
  static const std::vector<Room> all = {
      {"core/base", {}},
      {"core/scalar", {}},
      {"core/device", {"core/base"}},
      {"core/ir", {"core/base"}},
      // ir: the bodies that are lowered to programs.
      {"core/program", {"core/base", "core/scalar", "core/ir"}},
      // scalar: the half types, which a conversion between dtypes needs.
      {"core/array", {"core/base", "core/device", "core/scalar"}},
      {"core/ops", {"core/base", "core/scalar", "core/program", "core/ir"}},
      {"core/autodiff", {"core/base", "core/scalar", "core/ir", "core/ops"}},
      // program: how much a compiled elementwise program holds.
      {"core/passes", {"core/base", "core/scalar", "core/program", "core/ir", "core/ops"}},
      {"core/plan", {"core/base", "core/scalar", "core/ir", "core/ops"}},
      {"core/exec",
       {"core/base", "core/scalar", "core/device", "core/array", "core/ir", "core/ops", "core/autodiff", "core/passes",
        "core/plan"}},
      // exec and ir: the kernel table's type, and the attributes of the node that a kernel is prepared for.
      {"kernels", {"core/base", "core/scalar", "core/program", "core/device", "core/ir", "core/exec"}},
      {"core/api",
       {"core/base", "core/scalar", "core/device", "core/array", "core/ir", "core/ops", "core/autodiff", "core/passes",
        "core/plan", "core/exec"}},
      {"core/io", {"core/base", "core/scalar", "core/device", "core/array", "core/api"}, {"core/api"}},
      {"core/data", {"core/base", "core/device", "core/array", "core/api", "core/io"}, {"core/api"}},
      {"core/plot", {"core/base", "core/device", "core/api", "core/io"}, {"core/api"}},
      {"layers/functional", {"core/base", "core/api"}, kAll},
      {"layers/module", {"core/base", "core/scalar", "core/device", "core/api"}, kAll},
      {"layers/layer", {"core/base", "core/api", "layers/functional", "layers/module"}, kAll},
      {"layers/image", {"core/base", "core/api", "layers/functional", "layers/module"}, kAll},
      {"optim/schedule", {"core/base", "core/device", "core/api"}, kAboveBase},
      // layers: the name of a type.
      {"optim/rules", {"core/base", "core/device", "core/api", "optim/schedule"}, kAboveBase},
      {"optim/metrics", {"core/base", "core/device", "core/api"}, kAboveBase},
      {"optim/optimizer",
       {"core/base", "core/scalar", "core/device", "core/api", "optim/schedule", "optim/rules"},
       kAboveBase},
      // plot: figures as parts of a page.
      {"optim/train",
       {"core/base", "core/scalar", "core/device", "core/api", "core/io", "core/data", "core/plot", "layers/functional",
        "layers/module", "optim/schedule", "optim/rules", "optim/metrics", "optim/optimizer"},
       kAboveBase},
  };
  return all;
}

const Room* room_of(std::string_view path) {
  const Room* found = nullptr;  // the longest folder that fits
  for (const Room& room : rooms())
    if (path.starts_with(room.folder) && path.substr(room.folder.size()).starts_with('/') &&
        (!found || room.folder.size() > found->folder.size()))
      found = &room;
  return found;
}

std::vector<std::string> arrow_violations(const SourceFile& file, const std::vector<SourceFile>& library) {
  const Room* from = room_of(file.path);
  if (!from) return {file.path + ": lies in no room of the table"};
  std::vector<std::string> violations;
  for (const Include& include : includes_of(file.text)) {
    if (!include.quoted) continue;
    const std::string where = at(file, include.line) + "\"" + include.target + "\": ";
    const SourceFile* target = resolve(include.target, library);
    const Room* to = target ? room_of(target->path) : nullptr;
    const auto& allowed = from->may_include;
    // The umbrella is for users; the library names what it needs.
    if (is_umbrella(include.target)) {
      if (file.path != "optim/train/include/weft/weft.h")
        violations.push_back(where + "the library does not include its umbrella");
    } else if (!to) {
      violations.push_back(where + "no file of the library; includes are written from the repository root");
    } else if (is_public(file.path) && !is_public(target->path)) {
      violations.push_back(where + "a public header includes public headers only");
    } else if (to == from) {
      continue;
    } else if (count(allowed, to->folder) == 0) {
      violations.push_back(where + std::string(from->folder) + " may include " + list(allowed) + ", not " +
                           std::string(to->folder));
    } else if (!is_public(target->path) && count(from->public_headers_only, to->folder) > 0) {
      violations.push_back(where + std::string(from->folder) + " may include the public headers of " +
                           std::string(to->folder) + " only");
    }
  }
  return violations;
}

std::vector<Folder> folders_in(std::string_view parent, const std::vector<SourceFile>& library) {
  const auto folder_of = [&](const std::string& path) -> std::string {
    if (!path.starts_with(parent) || path.size() <= parent.size() || path[parent.size()] != '/') return {};
    const std::size_t slash = path.find('/', parent.size() + 1);
    const std::string name = slash == path.npos ? "" : path.substr(0, slash);
    return name.ends_with("/include") ? "" : name;
  };
  std::map<std::string, std::set<std::string>> arrows;
  for (const SourceFile& file : library) {
    const std::string from = folder_of(file.path);
    if (from.empty()) continue;
    std::set<std::string>& included = arrows[from];
    for (const Include& include : includes_of(file.text)) {
      const SourceFile* target = include.quoted ? resolve(include.target, library) : nullptr;
      const std::string to = target ? folder_of(target->path) : "";
      if (!to.empty() && to != from) included.insert(to);
    }
  }
  std::vector<Folder> folders;
  for (const auto& [path, included] : arrows) folders.push_back({path, {included.begin(), included.end()}});
  return folders;
}

std::vector<std::string> cyclic_arrows(const std::vector<Folder>& folders) {
  const auto at = [&](const std::string& path) {
    return static_cast<std::size_t>(std::ranges::find(folders, path, &Folder::path) - folders.begin());
  };
  std::vector<std::vector<bool>> reaches(folders.size(), std::vector<bool>(folders.size()));
  for (std::size_t i = 0; i < folders.size(); ++i)
    for (const std::string& to : folders[i].includes) reaches[i][at(to)] = true;
  for (std::size_t k = 0; k < folders.size(); ++k)
    for (std::size_t i = 0; i < folders.size(); ++i)
      for (std::size_t j = 0; j < folders.size(); ++j)
        if (reaches[i][k] && reaches[k][j]) reaches[i][j] = true;
  std::vector<std::string> cyclic;
  for (std::size_t i = 0; i < folders.size(); ++i)
    for (const std::string& to : folders[i].includes)
      if (reaches[at(to)][i]) cyclic.push_back(folders[i].path + " -> " + to);
  return cyclic;
}

std::vector<std::string> third_party_violations(const SourceFile& file) {
  std::vector<std::string> violations;
  for (const Include& include : includes_of(file.text)) {
    if (include.quoted || is_standard(include.target)) continue;
    const std::string where = at(file, include.line) + "<" + include.target + ">: ";
    if (is_system(include.target)) {
      if (is_public(file.path)) violations.push_back(where + "a public header includes standard C++ only");
      continue;
    }
    const auto party = std::find_if(third_parties().begin(), third_parties().end(), [&](const ThirdParty& row) {
      return std::regex_match(include.target, row.header);
    });
    if (party == third_parties().end()) {
      violations.push_back(where + "a third party that no room has");
    } else if (!std::regex_match(file.path, party->allowed_in)) {
      violations.push_back(where + std::string(party->name) + " does not belong here");
    }
  }
  return violations;
}

std::vector<std::string> discardable_results(const SourceFile& header) {
  static const std::regex kDeclaration(
      R"((?:^|\n)(?:#define \w+\([^)]*\))?\s*(\[\[nodiscard\]\] )?(?:static |virtual |WEFT_EXPORT )*)"
      R"((?:Tensor|Dataset|Table|Split|TableSplit|Points|Unique|RowLoss|BatchNormResult|)"
      R"(std::(?:pair|vector|map|optional|tuple)<[^()\n]*\b(?:Tensor|Dataset|Table|TableSplit)\b[^()\n]*>))"
      R"( (operator[^\s\w(]*|operator op|\w+)\()");
  static const std::set<std::string> kEffects{"operator", "call", "fit", "forward", "run", "start", "update"};
  std::vector<std::string> found;
  const std::string code = without_comments(header.text);
  for (std::sregex_iterator match(code.begin(), code.end(), kDeclaration), end; match != end; ++match) {
    const std::string name = (*match)[2];
    if ((*match)[1].matched || kEffects.contains(name)) continue;
    const auto line = 1 + std::count(code.begin(), code.begin() + match->position(2), '\n');
    found.push_back(at(header, static_cast<int>(line)) + name + ": its result is [[nodiscard]]");
  }
  return found;
}

std::vector<std::string> cuda_words(const SourceFile& header) {
  static const std::regex kWord(R"(\b(cuda[A-Z]\w*|CUstream|CUdeviceptr|__(global|device|host|shared)__|dim3)\b)");
  std::vector<std::string> found;
  const std::string code = without_comments(header.text);
  for (std::sregex_iterator word(code.begin(), code.end(), kWord), end; word != end; ++word) {
    const auto line = 1 + std::count(code.begin(), code.begin() + word->position(), '\n');
    found.push_back(at(header, static_cast<int>(line)) + word->str() + ": a public header holds no CUDA");
  }
  return found;
}

}  // namespace weft::testing
