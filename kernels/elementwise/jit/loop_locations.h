// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <xbyak/xbyak.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "kernels/elementwise/jit/loop_code.h"

// Locations of a compiled loop's values, registers or stack, while its code is emitted; included by loop_emit.cpp
// alone.
namespace weft::kernels::loop {

// Values that are the same everywhere lie in memory, constants behind the code; the others live in registers, of which
// the one that is needed last is given up when all are taken.
class Locations : public Xbyak::CodeGenerator {
 public:
  void constants() {
    align(64);
    L(pool_);
    for (const Operation& o : code_.operations)
      for (int lane = 0; o.op == Op::kConstant && lane < bytes_ / 4; ++lane) dd(o.bits);
  }

 protected:
  using Address = Xbyak::Address;
  using Opmask = Xbyak::Opmask;
  using Xmm = Xbyak::Xmm;

  struct Location {
    int reg = -1;   // a vector register, or a mask register where the value is a mask and the machine has those
    int slot = -1;  // of the stack
  };

  Locations(Code code, int vector_bytes)
      : CodeGenerator(size_of(code), Xbyak::DontSetProtectRWE),
        code_(std::move(code)),
        bytes_(vector_bytes),
        wide_(vector_bytes == 64),
        scratch_(std::any_of(code_.stores.begin(), code_.stores.end(),
                             [this](const Code::Store& s) { return adds(s.as) || (!wide_ && is_narrow(s.as)); })) {
    int constants = 0;
    for (const Operation& o : code_.operations) constant_.push_back(o.op == Op::kConstant ? constants++ : -1);
  }

  // Nothing is anywhere yet.
  void begin_loop() {
    uses_.emplace(code_);
    locations_.assign(code_.operations.size(), {});
    owners_.assign(at(scratch() + (scratch_ ? 0 : 1)), -1);
    masks_.assign(8, -1);
    slots_ = 0;
  }

  int lanes() const { return bytes_ / code_.element; }
  // The last register, which is free for stores that need more than one instruction.
  int scratch() const { return wide_ ? 31 : 15; }
  const Operation& operation(int value) const { return code_.operations[at(value)]; }
  Location& location(int value) { return locations_[at(value)]; }
  Xmm vector(int reg) const { return wide_ ? Xmm(Xbyak::Zmm(reg)) : Xmm(Xbyak::Ymm(reg)); }
  Address slot(int number) { return ptr[rsp + number * bytes_]; }
  Address home(int value) {
    const int constant = constant_[at(value)];
    return constant >= 0 ? ptr[rip + pool_ + constant * bytes_] : slot(location(value).slot);
  }
  // Registers that the loop leaves free, beyond those for uniform values that stay in memory.
  int spare() const {
    constexpr int kReloads = 2;
    return static_cast<int>(owners_.size()) - registers_of(code_) - kReloads;
  }
  // Takes a register from the loop, for one purpose of its own.
  int reserve() {
    owners_.pop_back();
    return static_cast<int>(owners_.size());
  }
  // Lets the uniform values that are read most stay in spare registers: a memory operand takes half of the loads that
  // a processor can begin in a cycle.
  void keep_uniforms() {
    std::vector<int> uniforms;
    for (int v = 0; v < static_cast<int>(code_.operations.size()); ++v)
      if (operation(v).uniform && any_use(v)) uniforms.push_back(v);
    std::stable_sort(uniforms.begin(), uniforms.end(), [&](int a, int b) { return uses_->count(a) > uses_->count(b); });
    for (const int v : uniforms) {
      if (spare() <= 0) return;
      const int reg = reserve();
      vmovups(vector(reg), home(v));
      location(v).reg = reg;
    }
  }
  bool any_use(int value) const { return uses_->any(value); }
  bool last_use(int value) { return uses_->after(value, position_) == Uses::kNoUse; }

  // A register for a value; none that hold an operand of the operation at hand.
  int take(int value) {
    std::vector<int>& owners = bank(value);
    int best = -1, latest = -1;
    for (int reg = is_mask(value) ? 1 : 0; reg < static_cast<int>(owners.size()); ++reg) {  // k0 means no mask
      const int owner = owners[at(reg)];
      if (owner < 0) {
        best = reg;
        break;
      }
      if (std::find(pinned_.begin(), pinned_.end(), owner) != pinned_.end()) continue;
      const int next = uses_->after(owner, position_ - 1);
      if (next > latest) {
        latest = next;
        best = reg;
      }
    }
    if (owners[at(best)] >= 0) give_away(owners[at(best)]);
    owners[at(best)] = value;
    location(value).reg = best;
    return best;
  }
  int in_register(int value) {
    if (location(value).reg >= 0) return location(value).reg;
    const int reg = take(value);
    is_mask(value) ? kmovw(Opmask(reg), home(value)) : vmovups(vector(reg), home(value));
    return reg;
  }
  // Frees the value's register after its last use.
  void release(int value) {
    if (value < 0 || is_kept(value) || !last_use(value) || location(value).reg < 0) return;
    bank(value)[at(location(value).reg)] = -1;
    location(value).reg = -1;
  }
  // A dying operand's register becomes the result's.
  void inherit(int value, int from) {
    const int reg = location(from).reg;
    location(from).reg = -1;
    location(value).reg = reg;
    owners_[at(reg)] = value;
  }
  bool dies_here(int value) { return location(value).reg >= 0 && !is_kept(value) && last_use(value); }
  bool is_mask(int value) const { return wide_ && gives_mask(operation(value).op); }

  // Calls f with the value as an operand: its register, or its location in memory.
  template <class F>
  void with_operand(int value, F&& f) {
    if (location(value).reg >= 0) return f(vector(location(value).reg));
    f(home(value));
  }

  const Code code_;
  const int bytes_;
  const bool wide_, scratch_;
  std::array<int, 4> pinned_{};  // the operands of the operation at hand, and its result
  int slots_ = 0;                // of the stack, taken
  int position_ = 0;             // of the operation at hand, or the store

 private:
  // True for a uniform value whose register is its own for the whole loop.
  bool is_kept(int value) const {
    return operation(value).uniform && locations_[at(value)].reg >= static_cast<int>(owners_.size());
  }
  // An operation takes at most an instruction, a reload of each operand and the store of what it displaces.
  static std::size_t size_of(const Code& code) { return 4096 + code.operations.size() * (2 * 5 * 12 + 64); }

  // The owners of all registers of the value's kind.
  std::vector<int>& bank(int value) { return is_mask(value) ? masks_ : owners_; }
  // The value goes to memory, unless it is there.
  void give_away(int value) {
    Location& p = location(value);
    if (!operation(value).uniform && p.slot < 0) {
      p.slot = slots_++;
      is_mask(value) ? kmovw(slot(p.slot), Opmask(p.reg)) : vmovups(slot(p.slot), vector(p.reg));
    }
    p.reg = -1;
  }

  std::vector<int> constant_;  // per value: its number in the pool
  Xbyak::Label pool_;
  std::optional<Uses> uses_;
  std::vector<Location> locations_;
  std::vector<int> owners_, masks_;  // the value that a vector or mask register holds
};

}  // namespace weft::kernels::loop
