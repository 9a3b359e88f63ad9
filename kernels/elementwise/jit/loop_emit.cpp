// SPDX-License-Identifier: Apache-2.0
#include "kernels/elementwise/jit/loop_emit.h"

#if defined(__x86_64__)
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <utility>
#include <vector>

#include "kernels/elementwise/jit/loop_locations.h"

namespace weft::kernels::loop {
namespace {

using Xbyak::Address;
using Xbyak::Opmask;
using Xbyak::Reg64;
using Xbyak::Xmm;

// Distance in bytes at which operands are prefetched into the second cache. Memory answers later than the processor can
// look ahead, and its own prefetching stops at the end of a small page.
constexpr int kAhead = 16 * 1024;

bool commutes(Op op) {
  return op == Op::kAdd || op == Op::kMultiply || op == Op::kAnd || op == Op::kOr || op == Op::kXor ||
         op == Op::kIntAdd;
}

// One loop.
class Emitter : public Locations {
 public:
  Emitter(Code code, int vector_bytes, int copies, unsigned large, std::int64_t period)
      : Locations(std::move(code), vector_bytes),
        copies_(copies),
        large_(large),
        period_(static_cast<std::uint32_t>(period)) {}

  // The function that runs the loop.
  void function(bool streams) {
    align(16);
    begin_loop();
    const std::array saved = {rbx, rbp, r12, r13, r14, r15};
    for (const Reg64& r : saved) push(r);
    mov(rbp, rsp);
    sub(rsp, 0x7fffffff);
    std::uint8_t* frame = const_cast<std::uint8_t*>(getCurr()) - 4;
    and_(rsp, -64);
    compute_uniforms();
    keep_limits();
    assign_pointers();
    keep_totals();
    keep_uniforms();
    body(streams);
    const auto used = static_cast<std::uint32_t>(slots_ * bytes_);
    std::memcpy(frame, &used, sizeof(used));
    vzeroupper();
    mov(rsp, rbp);
    for (auto r = saved.rbegin(); r != saved.rend(); ++r) pop(*r);
    ret();
  }

 private:
  [[noreturn]] static void give_up() { throw Xbyak::Error(Xbyak::ERR_INTERNAL); }

  static int offset_of_input(int input) {
    return static_cast<int>(offsetof(Frame, inputs)) + input * static_cast<int>(sizeof(void*));
  }
  static int offset_of_output(int output) {
    return static_cast<int>(offsetof(Frame, outputs)) + output * static_cast<int>(sizeof(void*));
  }
  static int offset_of_input_step(int input) {
    return static_cast<int>(offsetof(Frame, input_steps)) + input * static_cast<int>(sizeof(std::int64_t));
  }
  static int offset_of_output_step(int output) {
    return static_cast<int>(offsetof(Frame, output_steps)) + output * static_cast<int>(sizeof(std::int64_t));
  }

  void compute_uniforms() {
    for (int v = 0; v < static_cast<int>(code_.operations.size()); ++v) {
      const Operation& o = operation(v);
      if (!o.uniform || o.op == Op::kConstant) continue;
      if (o.op == Op::kScalar) {
        const auto scalar = static_cast<int>(offsetof(Frame, scalars) + o.bits * sizeof(float));
        vbroadcastss(vector(0), ptr[rdi + scalar]);
      } else {
        int reg = 0;
        for (const int operand : {o.a, o.b, o.c}) {
          if (operand >= 0) vmovups(vector(reg), home(operand));
          ++reg;
        }
        if (o.op == Op::kFma) {
          vfmadd213ps(vector(0), vector(1), vector(2));
        } else {
          compute(o, vector(0), vector(0), vector(1));
        }
      }
      location(v).slot = slots_++;
      vmovups(slot(location(v).slot), vector(0));
    }
  }

  void keep_limits() {
    limits_ = slots_++;
    mov(rax, ptr[rdi + static_cast<int>(offsetof(Frame, count))]);
    mov(count(), rax);
    mov(rax, ptr[rdi + static_cast<int>(offsetof(Frame, turn))]);
    mov(turn_at(), rax);
    mov(rax, ptr[rdi + static_cast<int>(offsetof(Frame, rows))]);
    mov(rows_left(), rax);
    mov(frame(), rdi);
  }
  Address count() { return qword[rsp + limits_ * bytes_]; }
  Address turn_at() { return qword[rsp + limits_ * bytes_ + 8]; }
  Address rows_left() { return qword[rsp + limits_ * bytes_ + 16]; }
  Address frame() { return qword[rsp + limits_ * bytes_ + 24]; }

  // rax: elements done, rcx: the same for what goes by rows, where something does. All others point to operands; the
  // frame's own register is the last of them to be set.
  void assign_pointers() {
    std::vector<Reg64> free = {rdx, rsi, r8, r9, r10, r11, rbx, r12, r13, r14, r15};
    if (code_.row == 0) free.push_back(rcx);
    free.push_back(rdi);
    std::size_t next = 0;
    const auto point = [&](std::array<int, Program::kMaxAccesses>& pointers, int number, int offset) {
      if (pointers[at(number)] >= 0) return;
      if (next == free.size()) give_up();
      pointers[at(number)] = free[next].getIdx();
      mov(free[next++], ptr[rdi + offset]);
    };
    inputs_.fill(-1);
    outputs_.fill(-1);
    for (const Operation& o : code_.operations)
      if (loads(o.op)) point(inputs_, static_cast<int>(o.bits), offset_of_input(static_cast<int>(o.bits)));
    for (const Code::Store& s : code_.stores) point(outputs_, s.output, offset_of_output(s.output));
  }

  // Totals stay in spare registers during the loop, because each addition to memory waits for the store before it.
  void keep_totals() {
    totals_.clear();
    for (const Code::Store& s : code_.stores) {
      if (s.as != Kept::kTotal || spare() < 2) continue;
      totals_.push_back({&s, {reserve(), reserve()}});
      for (int part = 0; part < 2; ++part) vmovupd(vector(totals_.back().registers[at(part)]), total(s, part));
    }
  }
  void store_totals() {
    for (const KeptTotal& t : totals_)
      for (int part = 0; part < 2; ++part) vmovupd(total(*t.store, part), vector(t.registers[at(part)]));
  }
  // Half of the states of a total: as many doubles as a register holds.
  Address total(const Code::Store& s, int part) {
    return ptr[Reg64(outputs_[at(s.output)]) + s.copy * lanes() * bytes_of(s.as) + part * bytes_];
  }

  void body(bool streams) {
    Xbyak::Label row, next, done;
    L(row);
    xor_(eax, eax);
    if (code_.row != 0) xor_(ecx, ecx);
    cmp(rax, count());
    jge(done, T_NEAR);
    align(16);
    L(next);
    position_ = 0;
    for (int v = 0; v < static_cast<int>(code_.operations.size()); ++v, ++position_)
      if (!operation(v).uniform && any_use(v)) emit_operation(v);
    pinned_.fill(-1);
    for (std::size_t i = 0; i < code_.stores.size();) {
      const bool pair = is_pair(i);
      pair ? emit_pair(code_.stores[i], code_.stores[i + 1]) : emit_store(code_.stores[i], streams);
      for (const std::size_t end = i + (pair ? 2 : 1); i < end; ++i, ++position_) release(code_.stores[i].value);
    }
    if (code_.row != 0) turn();
    add(rax, copies_ * lanes());
    cmp(rax, count());
    jl(next, T_NEAR);
    L(done);
    store_totals();
    sub(rows_left(), 1);
    Xbyak::Label last;
    jle(last, T_NEAR);
    mov(rax, frame());
    for (int i = 0; i < Program::kMaxAccesses; ++i)
      if (inputs_[at(i)] >= 0) add(Reg64(inputs_[at(i)]), ptr[rax + offset_of_input_step(i)]);
    for (int i = 0; i < Program::kMaxOutputs; ++i)
      if (outputs_[at(i)] >= 0) add(Reg64(outputs_[at(i)]), ptr[rax + offset_of_output_step(i)]);
    jmp(row, T_NEAR);
    L(last);
    if (streams) sfence();
  }

  void turn() {
    Xbyak::Label within;
    add(rcx, copies_ * lanes());
    cmp(rcx, turn_at());
    jl(within);
    sub(rcx, period_);
    L(within);
  }

  void emit_operation(int v) {
    Operation o = operation(v);
    pinned_ = {o.a, o.b, o.c, v};
    if (loads(o.op)) return emit_load(v, o);
    if (o.op == Op::kFma) return emit_fma(v, o);
    if (o.op == Op::kSelect) return emit_select(v, o);
    if (is_mask(v)) return emit_mask(v, o);
    const bool turned = o.op == Op::kIntLess;  // AVX2 only knows greater
    if (turned || (commutes(o.op) && location(o.a).reg < 0 && location(o.b).reg >= 0)) std::swap(o.a, o.b);
    const Xmm a = vector(in_register(o.a));
    const auto finish = [&](const Xbyak::Operand& b) {
      for (const int operand : {o.a, o.b}) release(operand);
      compute(o, vector(take(v)), a, b);
    };
    o.b < 0 ? finish(a) : with_operand(o.b, finish);
  }

  // Address of the copy-th vector of those that are worked on together; elements have `bytes` bytes.
  Xbyak::RegExp elements(int pointer, int bytes, int copy, bool by_row) {
    return Reg64(pointer) + (by_row ? rcx : rax) * bytes + copy * lanes() * bytes;
  }

  void emit_load(int v, const Operation& o) {
    const int bytes = bytes_of(o.op);
    const Xbyak::RegExp from = elements(inputs_[o.bits], bytes, o.copy, code_.rows >> o.bits & 1);
    if (large_ >> o.bits & 1) prefetcht1(ptr[from + kAhead / 4 * bytes]);
    const Xmm to = vector(take(v));
    if (o.op == Op::kLoad || o.op == Op::kLoadBytes) vmovups(to, ptr[from]);
    if (bytes == 2) vpmovzxwd(to, ptr[from]);
    if (bytes == 2) vpslld(to, to, 16);
    if (o.op == Op::kLoadBool) vpmovzxbd(to, ptr[from]);
  }

  // True for a store of bf16 and the next one, which AVX2 writes together.
  bool is_pair(std::size_t i) const {
    if (wide_ || i + 1 == code_.stores.size()) return false;
    const Code::Store &s = code_.stores[i], &next = code_.stores[i + 1];
    return s.as == Kept::kBF16 && next.as == Kept::kBF16 && s.output == next.output && s.copy + 1 == next.copy;
  }
  void emit_pair(const Code::Store& low, const Code::Store& high) {
    pinned_ = {low.value, high.value, -1, -1};
    const Xmm a = vector(in_register(low.value)), b = vector(in_register(high.value));
    const Xbyak::Ymm to(scratch());
    vpackssdw(to, a, b);  // in each half of the register by itself
    vpermq(to, to, 0xd8);
    vmovups(ptr[elements(outputs_[at(low.output)], bytes_of(low.as), low.copy, false)], to);
    pinned_.fill(-1);
  }

  void emit_store(const Code::Store& s, bool streams) {
    const Xmm value = vector(in_register(s.value));
    const Xbyak::RegExp target = elements(outputs_[at(s.output)], bytes_of(s.as), s.copy, s.as == Kept::kSum);
    switch (s.as) {
      case Kept::kBytes:
        return vmovups(ptr[target], value);
      case Kept::kF32:
        return streams ? vmovntps(ptr[target], value) : vmovups(ptr[target], value);
      case Kept::kBF16:
        return wide_ ? vpmovdw(ptr[target], value) : vmovups(ptr[target], in_16_bits(value));
      case Kept::kBool:
        if (wide_) return vpmovdb(ptr[target], value);
        vpacksswb(Xmm(scratch()), in_16_bits(value), Xmm(scratch()));
        return vmovq(ptr[target], Xmm(scratch()));
      case Kept::kSum:
        return add_to_states(target, value, s.squared);
      case Kept::kTotal:
        return add_to_total(s, value);
    }
  }
  // The lanes of a register of AVX2, which fit 16 bits, in the scratch register.
  Xmm in_16_bits(const Xmm& value) {
    const Xmm to(scratch());
    vextracti128(to, Xbyak::Ymm(value.getIdx()), 1);
    vpackssdw(to, Xmm(value.getIdx()), to);
    return to;
  }
  void add_to_states(const Xbyak::RegExp& states, const Xmm& value, bool squared) {
    for (int part = 0; part < 2; ++part) {
      const Xmm sum = half_as_double(value, part, squared);
      vaddpd(sum, sum, ptr[states + part * bytes_]);
      vmovupd(ptr[states + part * bytes_], sum);
    }
  }
  void add_to_total(const Code::Store& s, const Xmm& value) {
    const auto kept = std::find_if(totals_.begin(), totals_.end(), [&](const KeptTotal& t) { return t.store == &s; });
    if (kept == totals_.end())
      return add_to_states(Reg64(outputs_[at(s.output)]) + s.copy * lanes() * bytes_of(s.as), value, s.squared);
    for (int part = 0; part < 2; ++part) {
      const Xmm total = vector(kept->registers[at(part)]);
      vaddpd(total, total, half_as_double(value, part, s.squared));
    }
  }
  // Lower or upper half of a value's lanes, or of their squares, as doubles in the scratch register.
  Xmm half_as_double(const Xmm& value, int part, bool squared) {
    const int i = scratch(), low = value.getIdx();
    const Xmm to = vector(i), half = wide_ ? Xmm(Xbyak::Ymm(i)) : Xmm(i);
    if (part == 1) wide_ ? vextractf32x8(Xbyak::Ymm(i), Xbyak::Zmm(low), 1) : vextractf128(Xmm(i), Xbyak::Ymm(low), 1);
    vcvtps2pd(to, part == 1 ? half : wide_ ? Xmm(Xbyak::Ymm(low)) : Xmm(low));
    if (squared) vmulpd(to, to, to);
    return to;
  }

  void emit_fma(int v, Operation o) {
    if (!dies_here(o.a) && dies_here(o.b)) std::swap(o.a, o.b);
    if (!dies_here(o.a) && dies_here(o.c)) {
      if (location(o.a).reg < 0) std::swap(o.a, o.b);
      const Xmm a = vector(in_register(o.a));
      const Xmm to = vector(location(o.c).reg);
      with_operand(o.b, [&](const Xbyak::Operand& b) { vfmadd231ps(to, a, b); });
      inherit(v, o.c);
    } else {
      Xmm to = vector(0);
      if (dies_here(o.a)) {
        to = vector(location(o.a).reg);
      } else {
        const int reg = take(v);
        to = vector(reg);
        with_operand(o.a, [&](const auto& a) { vmovups(to, a); });
      }
      if (location(o.b).reg < 0 && location(o.c).reg >= 0) {
        vfmadd132ps(to, vector(location(o.c).reg), home(o.b));
      } else {
        const Xmm b = vector(in_register(o.b));
        with_operand(o.c, [&](const Xbyak::Operand& c) { vfmadd213ps(to, b, c); });
      }
      if (location(v).reg < 0) inherit(v, o.a);
    }
    for (const int operand : {o.a, o.b, o.c}) release(operand);
  }

  void emit_select(int v, const Operation& o) {
    const Xmm otherwise = vector(in_register(o.c));
    const int mask = in_register(o.a);
    with_operand(o.b, [&](const Xbyak::Operand& b) {
      for (const int operand : {o.a, o.b, o.c}) release(operand);
      const Xmm to = vector(take(v));
      wide_ ? vblendmps(to | Opmask(mask), otherwise, b) : vblendvps(to, otherwise, b, vector(mask));
    });
  }

  void emit_mask(int v, const Operation& o) {
    const int first = in_register(o.a);
    if (o.op == Op::kCompare || o.op == Op::kIntLess) {
      const Xmm a = vector(first);
      with_operand(o.b, [&](const Xbyak::Operand& b) {
        const Opmask to(take(v));
        o.op == Op::kCompare ? vcmpps(to, a, b, static_cast<std::uint8_t>(o.bits)) : vpcmpd(to, a, b, 1);
      });
    } else {
      const Opmask a(first), b(in_register(o.b)), to(take(v));
      if (o.op == Op::kMaskAnd) kandw(to, a, b);
      if (o.op == Op::kMaskOr) korw(to, a, b);
      if (o.op == Op::kMaskNotSame) kxorw(to, a, b);
    }
    for (const int operand : {o.a, o.b}) release(operand);
  }

  void compute(const Operation& o, const Xmm& to, const Xmm& a, const Xbyak::Operand& b) {
    const auto bits = static_cast<std::uint8_t>(o.bits);
    switch (o.op) {
      case Op::kAdd:
        return vaddps(to, a, b);
      case Op::kSubtract:
        return vsubps(to, a, b);
      case Op::kMultiply:
        return vmulps(to, a, b);
      case Op::kDivide:
        return vdivps(to, a, b);
      case Op::kMin:
        return vminps(to, a, b);
      case Op::kMax:
        return vmaxps(to, a, b);
      case Op::kSqrt:
        return vsqrtps(to, a);
      case Op::kFloor:
        return round(to, a, 9);
      case Op::kCeil:
        return round(to, a, 10);
      case Op::kRound:
        return round(to, a, 8);
      case Op::kAnd:
      case Op::kMaskAnd:
        return vandps(to, a, b);
      case Op::kOr:
      case Op::kMaskOr:
        return vorps(to, a, b);
      case Op::kXor:
      case Op::kMaskNotSame:
        return vxorps(to, a, b);
      case Op::kShiftLeft:
        return vpslld(to, a, bits);
      case Op::kShiftRight:
        return vpsrad(to, a, bits);
      case Op::kIntAdd:
        return vpaddd(to, a, b);
      case Op::kIntSubtract:
        return vpsubd(to, a, b);
      case Op::kByteMin:
        return vpminub(to, a, b);
      case Op::kToFloat:
        return vcvtdq2ps(to, a);
      case Op::kCompare:
        return vcmpps(to, a, b, bits);
      case Op::kIntLess:
        return vpcmpgtd(to, a, b);
      case Op::kLoad:
      case Op::kLoadBF16:
      case Op::kLoadBool:
      case Op::kLoadBytes:
      case Op::kScalar:
      case Op::kConstant:
      case Op::kFma:
      case Op::kSelect:
        break;
    }
    give_up();
  }
  void round(const Xmm& to, const Xmm& a, std::uint8_t how) { wide_ ? vrndscaleps(to, a, how) : vroundps(to, a, how); }

  struct KeptTotal {
    const Code::Store* store;
    std::array<int, 2> registers;  // the lower and the upper half of the states
  };

  int copies_;
  unsigned large_;
  std::uint32_t period_;
  std::array<int, Program::kMaxAccesses> inputs_{}, outputs_{};
  std::vector<KeptTotal> totals_;
  int limits_ = 0;  // the slot of the frame's count, turn and rows, and of its address
};

class Emitted : public MachineCode {
 public:
  Emitted(const Code& code, int vector_bytes, int copies, unsigned large, std::int64_t period)
      : emitter_(repeated(code, copies), vector_bytes, copies, large, period) {
    emitter_.function(false);
    const std::size_t second = (emitter_.getSize() + 15) / 16 * 16;
    emitter_.function(true);
    emitter_.constants();
    emitter_.setProtectModeRE();
    run = emitter_.getCode<void (*)(const Frame*)>();
    stream = reinterpret_cast<void (*)(const Frame*)>(const_cast<std::uint8_t*>(emitter_.getCode()) + second);
    step = vector_bytes / code.element * copies;
  }

 private:
  Emitter emitter_;
};

}  // namespace

std::unique_ptr<MachineCode> emit(const Code& code, int vector_bytes, int copies, unsigned large, std::int64_t period) {
  try {
    return std::make_unique<Emitted>(code, vector_bytes, copies, large, period);
  } catch (const Xbyak::Error&) {
    return nullptr;
  }
}

}  // namespace weft::kernels::loop

#else

namespace weft::kernels::loop {

std::unique_ptr<MachineCode> emit(const Code&, int, int, unsigned, std::int64_t) { return nullptr; }

}  // namespace weft::kernels::loop

#endif
