// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>

namespace weft::emulator {

// Demangled name of the function at this address; its address in hexadecimal when the program is stripped.
std::string symbol_name(const void* function);

// Demangled names of all functions of the loaded program and its own libraries whose name ends in `suffix`.
std::set<std::string> functions_ending_in(const std::string& suffix);

}  // namespace weft::emulator
