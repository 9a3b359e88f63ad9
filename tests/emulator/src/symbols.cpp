// SPDX-License-Identifier: Apache-2.0
#include "tests/emulator/src/symbols.h"

#include <cxxabi.h>
#include <elf.h>
#include <link.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <vector>

namespace weft::emulator {
namespace {

using Functions = std::map<std::uintptr_t, std::string>;  // address → mangled name

std::vector<char> read_file(const char* path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return {};
  std::vector<char> bytes(static_cast<std::size_t>(file.tellg()));
  file.seekg(0);
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

// Reads .symtab rather than asking dladdr: kernels are hidden or local, so the dynamic table lacks them. Libraries of
// the system come without a .symtab and add nothing.
void read_symbols(const std::vector<char>& image, std::uintptr_t base, Functions& functions) {
  if (image.size() < sizeof(Elf64_Ehdr) || std::memcmp(image.data(), ELFMAG, SELFMAG) != 0) return;
  const auto* header = reinterpret_cast<const Elf64_Ehdr*>(image.data());
  const auto* sections = reinterpret_cast<const Elf64_Shdr*>(image.data() + header->e_shoff);
  for (int s = 0; s < header->e_shnum; ++s) {
    if (sections[s].sh_type != SHT_SYMTAB) continue;
    const auto* symbols = reinterpret_cast<const Elf64_Sym*>(image.data() + sections[s].sh_offset);
    const char* names = image.data() + sections[sections[s].sh_link].sh_offset;
    for (std::size_t i = 0; i < sections[s].sh_size / sizeof(Elf64_Sym); ++i) {
      if (ELF64_ST_TYPE(symbols[i].st_info) != STT_FUNC || symbols[i].st_value == 0) continue;
      functions.emplace(base + symbols[i].st_value, names + symbols[i].st_name);
    }
  }
}

int read_object(dl_phdr_info* object, size_t, void* functions) {
  const char* path = object->dlpi_name[0] == '\0' ? "/proc/self/exe" : object->dlpi_name;
  read_symbols(read_file(path), object->dlpi_addr, *static_cast<Functions*>(functions));
  return 0;
}

const Functions& all_functions() {
  static const Functions functions = [] {
    Functions found;
    dl_iterate_phdr(&read_object, &found);
    return found;
  }();
  return functions;
}

std::string demangled(const std::string& name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status),
                                                         &std::free);
  return status == 0 ? text.get() : name;
}

// "void ns::scale_kernel<float>(float*, int)" → "scale_kernel".
std::string bare_name(std::string text) {
  const auto cut = [&](char open) {
    const auto at = text.find(open);
    if (at != std::string::npos) text.resize(at);
  };
  for (const std::string anonymous = "(anonymous namespace)::";;) {
    const auto at = text.find(anonymous);
    if (at == std::string::npos) break;
    text.erase(at, anonymous.size());
  }
  cut('(');
  cut('<');
  const auto start = text.find_last_of(": ");
  return start == std::string::npos ? text : text.substr(start + 1);
}

bool ends_in(const std::string& text, const std::string& suffix) {
  return text.size() >= suffix.size() && text.compare(text.size() - suffix.size(), suffix.size(), suffix) == 0;
}

}  // namespace

std::string symbol_name(const void* function) {
  const auto found = all_functions().find(reinterpret_cast<std::uintptr_t>(function));
  if (found != all_functions().end()) return demangled(found->second);
  std::ostringstream text;
  text << function;
  return text.str();
}

std::set<std::string> functions_ending_in(const std::string& suffix) {
  std::set<std::string> names;
  for (const auto& [address, mangled] : all_functions()) {
    // Most names cannot match, and demangling them all would be slow. A dot marks a part that the compiler split off,
    // _ZZ what is local to a function, such as a lambda in a kernel.
    if (mangled.find(suffix) == std::string::npos || mangled.find('.') != std::string::npos) continue;
    if (mangled.compare(0, 3, "_ZZ") == 0) continue;
    const std::string name = demangled(mangled);
    if (ends_in(bare_name(name), suffix)) names.insert(name);
  }
  return names;
}

}  // namespace weft::emulator
