// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "core/exec/kernel.h"
#include "core/program/program.h"

namespace weft::kernels {

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
// values allow. Throws ValueError where it does not fit into Program.
Program assign_registers(const exec::KernelRequest& request, const std::vector<VirtualInstr>& prologue,
                         const std::vector<VirtualInstr>& code, const std::vector<unsigned long long>& constants);

}  // namespace weft::kernels
