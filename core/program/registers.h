// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <variant>
#include <vector>

#include "core/program/program.h"
#include "core/program/refusal.h"

namespace weft::elementwise {

// An instruction over any number of registers, each written once; otherwise as Instr.
struct VirtualInstr {
  Instr::Kind kind{};
  Type type = Type::kF32;
  Type from = Type::kF32;
  Storage storage = Storage::kF32;
  Fn fn = Fn::kNegative;
  int dst = -1, a = -1, b = -1, c = -1;
};

// The program that runs `prologue` once and then `code` for the elements, in as few registers as the lives of the
// values allow. A refusal if Program cannot hold its instructions, constants or registers.
std::variant<Program, Refusal> assign_registers(const std::vector<VirtualInstr>& prologue,
                                                const std::vector<VirtualInstr>& code,
                                                const std::vector<unsigned long long>& constants);

}  // namespace weft::elementwise
