// SPDX-License-Identifier: Apache-2.0
#include "core/program/registers.h"

#include <algorithm>
#include <set>

namespace weft::elementwise {
namespace {

using Kind = Instr::Kind;

std::vector<int> sources_of(const VirtualInstr& in) {
  std::vector<int> registers{in.a, in.b, in.c};
  registers.resize(static_cast<std::size_t>(sources(in.kind, in.fn)));
  return registers;
}

class Assignment {
 public:
  Assignment(const std::vector<VirtualInstr>& all, std::size_t prologue) : all_(all), last_(all.size(), 0) {
    std::vector<std::size_t> defined(all.size(), 0);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].dst >= 0) defined[at(all[i].dst)] = i;
      // Results of the prologue are never released, because they are read again for the next elements.
      for (const int s : sources_of(all[i])) last_[at(s)] = defined[at(s)] < prologue && i >= prologue ? all.size() : i;
    }
    home_.resize(all.size(), -1);
  }

  Instr next(std::size_t i) {
    const VirtualInstr& v = all_[i];
    Instr in{v.kind, v.type, v.from, v.storage, v.fn};
    in.a = operand(v, v.a, 0);
    in.b = operand(v, v.b, 1);
    in.c = operand(v, v.c, 2);
    // A conversion may widen its elements, so it must not write where it reads.
    if (v.kind != Kind::kConvert) release(v, i);
    if (v.dst >= 0) in.dst = static_cast<unsigned char>(home_[at(v.dst)] = take());
    if (v.kind == Kind::kConvert) release(v, i);
    return in;
  }
  int used() const { return used_; }

 private:
  static std::size_t at(int reg) { return static_cast<std::size_t>(reg); }

  unsigned char operand(const VirtualInstr& v, int number, std::size_t place) const {
    if (number < 0) return 0;
    return static_cast<unsigned char>(place < sources_of(v).size() ? home_[at(number)] : number);
  }
  int take() {
    if (free_.empty()) return used_++;
    const int lowest = *free_.begin();
    free_.erase(free_.begin());
    return lowest;
  }
  void release(const VirtualInstr& v, std::size_t i) {
    for (const int s : sources_of(v))
      if (last_[at(s)] == i) free_.insert(home_[at(s)]);
  }

  const std::vector<VirtualInstr>& all_;
  std::vector<std::size_t> last_;  // the last instruction that reads a register
  std::vector<int> home_;
  std::set<int> free_;
  int used_ = 0;
};

}  // namespace

std::variant<Program, Refusal> assign_registers(const std::vector<VirtualInstr>& prologue,
                                                const std::vector<VirtualInstr>& code,
                                                const std::vector<unsigned long long>& constants) {
  std::vector<VirtualInstr> all = prologue;
  all.insert(all.end(), code.begin(), code.end());
  if (auto refusal = refuse_beyond("instructions", all.size(), Program::kMaxInstrs)) return *refusal;
  if (auto refusal = refuse_beyond("constants", constants.size(), Program::kMaxConstants)) return *refusal;
  Program program;
  std::copy(constants.begin(), constants.end(), program.constants);
  Assignment assignment(all, prologue.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    program.code[i] = assignment.next(i);
    program.wide = program.wide || all[i].type != Type::kF32 || all[i].from != Type::kF32;
  }
  const auto used = static_cast<std::size_t>(assignment.used());
  if (auto refusal = refuse_beyond("registers", used, Program::kMaxRegisters)) return *refusal;
  program.count = static_cast<short>(all.size());
  program.prologue = static_cast<short>(prologue.size());
  program.registers = static_cast<short>(used);
  return program;
}

}  // namespace weft::elementwise
