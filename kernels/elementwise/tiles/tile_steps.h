// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/elementwise/tiles/division.h"
#include "kernels/elementwise/tiles/tile_draw.h"
#include "kernels/elementwise/tiles/tile_machine.h"
#include "kernels/elementwise/tiles/tile_reference.h"

// From a program's instructions to the functions that run them on tiles; like tile_machine.h for files built for one
// instruction set.
namespace weft::kernels {
namespace {

using StepRun = void (*)(const TileStep&, void*);
using Kind = Instr::Kind;

TileMachine& machine_of(void* machine) { return *static_cast<TileMachine*>(machine); }

template <class T>
void draw_uniform(const TileStep& s, void* machine) {
  TileMachine& m = machine_of(machine);
  if (!m.in_order(s.in.b)) return interpreter::draw_uniforms<T>(s.in, m);
  const DrawKey key = draw_key(m.state(s.in.a), static_cast<long long>(m.constant(s.in.c)));
  draw_uniform_row(key, m.element(s.in.b, 0), m.lanes(), s.in.storage, m.write<T>(s.in.dst).lanes);
}

template <class T>
void draw_normal(const TileStep& s, void* machine) {
  TileMachine& m = machine_of(machine);
  if (!m.in_order(s.in.b)) return interpreter::draw_normals<T>(s.in, m);
  const DrawKey key = draw_key(m.state(s.in.a), static_cast<long long>(m.constant(s.in.c)));
  draw_normal_row(key, m.element(s.in.b, 0), m.lanes(), s.in.storage, m.write<T>(s.in.dst).lanes);
}

// sin or cos: as vector code unless one of the lanes wants the C library.
template <Fn fn>
void turn(const TileStep& s, void* machine) {
  TileMachine& m = machine_of(machine);
  const float* x = m.read<float>(s.in.a).lanes;
  const int n = m.lanes();
  int within = 1;
  for (int i = 0; i < n; ++i) within &= static_cast<int>(math::f32::can_turn(x[i]));
  if (within == 0) return interpreter::apply<float, fn>(s.in, m);
  float* y = m.write<float>(s.in.dst).lanes;
  WEFT_LANES
  for (int i = 0; i < n; ++i) y[i] = fn == Fn::kSin ? math::f32::sin_within(x[i]) : math::f32::cos_within(x[i]);
}

// remainder or floor_divide: as vector code unless one of the lanes wants the C library.
template <Fn fn>
void divide(const TileStep& s, void* machine) {
  TileMachine& m = machine_of(machine);
  const float *a = m.read<float>(s.in.a).lanes, *b = m.read<float>(s.in.b).lanes;
  const int n = m.lanes();
  int within = 1;
  for (int i = 0; i < n; ++i) within &= static_cast<int>(can_divide(a[i], b[i]));
  if (within == 0) return interpreter::apply<float, fn>(s.in, m);
  float* y = m.write<float>(s.in.dst).lanes;
  WEFT_LANES
  for (int i = 0; i < n; ++i)
    y[i] = fn == Fn::kRemainder ? remainder_within(a[i], b[i]) : floor_divide_within(a[i], b[i]);
}

// Calls f<Fn>() for the functions that run in pairs.
template <class F>
void with_pair_fn(Fn fn, F&& f) {
  if (fn == Fn::kAdd) return f.template operator()<Fn::kAdd>();
  if (fn == Fn::kSubtract) return f.template operator()<Fn::kSubtract>();
  if (fn == Fn::kMultiply) return f.template operator()<Fn::kMultiply>();
  if (fn == Fn::kDivide) return f.template operator()<Fn::kDivide>();
  f.template operator()<Fn::kSqrt>();
}

// Two roundings, as of two instructions.
template <Fn first, Fn second, bool swapped>
void run_pair(const TileStep& s, void* machine) {
  TileMachine& m = machine_of(machine);
  const float* a = m.read<float>(s.in.a).lanes;
  const float* b = arity(first) == 2 ? m.read<float>(s.in.b).lanes : a;
  const float* c = arity(second) == 2 ? m.read<float>(s.in.c).lanes : a;
  const int n = m.lanes();
  float* d = m.write<float>(s.in.dst).lanes;
  WEFT_LANES
  for (int i = 0; i < n; ++i) {
    float t, u;
    if constexpr (arity(first) == 1) t = Formula<first>::value(a[i]);
    if constexpr (arity(first) == 2) t = Formula<first>::value(a[i], b[i]);
    if constexpr (arity(second) == 1) u = Formula<second>::value(t);
    if constexpr (arity(second) == 2) u = swapped ? Formula<second>::value(c[i], t) : Formula<second>::value(t, c[i]);
    d[i] = u;
  }
}

StepRun run_of_pair(const TileStep& step) {
  StepRun run = nullptr;
  with_pair_fn(step.in.fn, [&]<Fn first>() {
    with_pair_fn(step.second, [&]<Fn second>() {
      run = step.swapped ? run_pair<first, second, true> : run_pair<first, second, false>;
    });
  });
  return run;
}

template <class T>
StepRun run_of_number(const Instr& in) {
  StepRun run = nullptr;
  switch (in.kind) {
    case Kind::kLoad:
      interpreter::with_storage(in.storage, [&]<Storage storage>() {
        if constexpr (interpreter::moves<T, storage>)
          run = [](const TileStep& s, void* m) { machine_of(m).load<T, storage>(s.in.dst, s.in.a); };
      });
      break;
    case Kind::kStore:
      interpreter::with_storage(in.storage, [&]<Storage storage>() {
        if constexpr (interpreter::moves<T, storage>)
          run = [](const TileStep& s, void* m) { machine_of(m).store<T, storage>(s.in.a, s.in.b); };
      });
      break;
    case Kind::kReduce:
      interpreter::with_join(in.fn, [&]<Fn join>() {
        run = [](const TileStep& s, void* m) { machine_of(m).reduce<T, join>(s.in.a, s.in.b, s.in.c != 0); };
      });
      break;
    case Kind::kFn:
      interpreter::with_fn(in.fn, [&]<Fn fn>() {
        if constexpr (__is_same(T, float) && (fn == Fn::kSin || fn == Fn::kCos))
          run = turn<fn>;
        else if constexpr (__is_same(T, float) && (fn == Fn::kRemainder || fn == Fn::kFloorDivide))
          run = divide<fn>;
        else if constexpr (interpreter::has_value<T, fn>)
          run = [](const TileStep& s, void* m) { interpreter::apply<T, fn>(s.in, machine_of(m)); };
      });
      break;
    case Kind::kConvert:  // here T is the type of the source
      interpreter::with_storage(in.storage, [&]<Storage storage>() {
        run = [](const TileStep& s, void* m) { interpreter::refit<storage, T>(s.in, machine_of(m)); };
      });
      break;
    case Kind::kConstant:
      run = [](const TileStep& s, void* m) { interpreter::fill<T>(s.in, machine_of(m)); };
      break;
    case Kind::kUniform:
      if constexpr (__is_same(T, float) || __is_same(T, double)) run = draw_uniform<T>;
      break;
    case Kind::kNormal:
      if constexpr (__is_same(T, float) || __is_same(T, double)) run = draw_normal<T>;
      break;
  }
  return run;
}

StepRun run_of(const Instr& in) {
  StepRun run = nullptr;
  interpreter::with_type(in.kind == Kind::kConvert ? in.from : in.type,
                         [&]<Type type>() { run = run_of_number<interpreter::Number<type>>(in); });
  return run;
}

void run_tiles(const CpuProgram& p, const Operands& operands, const Window& given) {
  if (given.rows <= 0 || given.cols <= 0) return;
  Window w = given;
  bool whole = w.rows == 1 || w.pitch == w.cols;
  for (int i = 0; i < p.program.inputs; ++i)
    whole = whole && (operands.row_step[i] == 0 || operands.row_step[i] == w.cols || w.rows == 1);
  if (whole) w = {w.begin, 1, w.rows * w.cols, w.rows * w.cols};
  const std::int64_t cols = least(w.cols, p.lanes), rows = least(w.rows, w.cols >= p.lanes ? 1 : p.lanes / w.cols);
  TileMachine machine(p, operands, w);
  machine.move_to(w, 0, 0, rows, cols);
  machine.direct(-1);
  for (int i = 0; i < p.prologue; ++i) p.steps[i].run(p.steps[i], &machine);
  for (std::int64_t row = 0; row < w.rows; row += rows) {
    for (std::int64_t column = 0; column < w.cols; column += cols) {
      machine.move_to(w, row, column, least(rows, w.rows - row), least(cols, w.cols - column));
      for (int i = p.prologue; i < p.count; ++i) {
        machine.direct(p.steps[i].direct);
        p.steps[i].run(p.steps[i], &machine);
      }
    }
  }
  machine.finish();
}

void resolve_steps(CpuProgram& p) {
  for (int i = 0; i < p.count; ++i) p.steps[i].run = p.steps[i].pair ? run_of_pair(p.steps[i]) : run_of(p.steps[i].in);
  p.run_tiles = run_tiles;
  p.run_reference = run_reference;
}

}  // namespace
}  // namespace weft::kernels
