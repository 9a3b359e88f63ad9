// SPDX-License-Identifier: Apache-2.0
// Compiled loops give the tile machine's bits in any window, row and buffer.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/kernels/elementwise/compiled_loop.h"

namespace weft::testing {
namespace {

// Windows that begin and end anywhere, also past the caches, where results lie at any place in a cache line.
TEST(CompiledLoopWindows, RunAnyWindow) {
  on_every_isa([] {
    CpuProgram p = two_outputs();
    ASSERT_TRUE(p.loop);
    const std::vector<std::vector<float>> x{numbers(kCount, 1), numbers(kCount, 2), {0.5f}};
    for (const unsigned streams : {0u, 3u, 1u}) {
      p.streams = streams;
      for (const Window& w : {Window{0, 1, kCount, 0}, Window{3, 1, 1, 0}, Window{7, 1, 16, 0}, Window{1, 1, 333, 0},
                              Window{5, 20, 37, 101}, Window{0, 50, 100, 100}, Window{5, 20, 48, 101},
                              Window{3, 20, 16, 101}, Window{6, 30, 64, 64}, Window{0, 0, 5, 5}, Window{9, 3, 0, 8}})
        for (const std::size_t shift : {std::size_t{0}, std::size_t{3}})
          expect_same(outputs_of(p, p.run, x, w, shift), outputs_of(p, p.run_tiles, x, w, shift),
                      "window from " + std::to_string(w.begin) + " of " + std::to_string(w.rows) + " x " +
                          std::to_string(w.cols) + ", streams " + std::to_string(streams) + ", shift " +
                          std::to_string(shift));
    }
  });
}

// y = x r + r, of rows that all meet the one row r, and the sums of y's columns.
CpuProgram by_rows(std::int64_t row, bool sums) {
  Writer w(2, 0);
  w.geometry().rank = 2;
  w.geometry().size[0] = kCount / row;
  w.geometry().size[1] = row;
  w.geometry().step[0][0] = row;
  w.geometry().step[0][1] = w.geometry().step[1][1] = 1;
  w.geometry().step[1][0] = 0;
  w.geometry().follow[1] = Follow::kStrided;
  w.add(instr(Kind::kLoad, 0, 0));
  w.add(instr(Kind::kLoad, 1, 1));
  w.add(instr(Kind::kFn, 2, 0, 1, 1, Fn::kFma));
  w.store(2);
  if (sums) w.sum(2, row);
  return w.done();
}

// One call goes through many rows, whether or not vectors fit into them, and begins anywhere in the first one.
TEST(CompiledLoopWindows, GoOnFromRowToRow) {
  on_every_isa([] {
    for (const std::int64_t row : {3, 10, 16, 48, 100, 192}) {
      std::vector<std::vector<float>> x{std::vector<float>(kCount), std::vector<float>(static_cast<std::size_t>(row))};
      for (std::size_t i = 0; i < x[0].size(); ++i) x[0][i] = static_cast<float>(i % 41) - 20;
      for (std::size_t i = 0; i < x[1].size(); ++i) x[1][i] = static_cast<float>(i % 7) + 0.5f;
      const std::int64_t all = kCount / row;
      for (const bool sums : {false, true}) {
        CpuProgram p = by_rows(row, sums);
        ASSERT_TRUE(p.loop);
        for (const Window& w :
             {Window{0, all, row, row}, Window{row, all - 2, row, row}, Window{0, 1, all * row, 0},
              Window{7, 1, 4001, 0}, Window{row + 1, 9, row - 1, row}, Window{row + row % 16, 9, row / 16 * 16, row},
              Window{row + 8, 9, row / 16 * 16, row}, Window{0, 9, row / 16 * 16, row + 1}})
          for (const unsigned streams : {0u, 1u})
            for (const std::size_t shift : {std::size_t{0}, std::size_t{3}}) {
              p.streams = streams;
              expect_same(outputs_of(p, p.run, x, w, shift), outputs_of(p, p.run_tiles, x, w, shift),
                          "rows of " + std::to_string(row) + ", window from " + std::to_string(w.begin) +
                              (streams ? ", streams" : "") + ", shift " + std::to_string(shift));
            }
      }
    }
  });
}

// y = (x a + b) where c is set and x elsewhere, with a number a, b and c for each row, and a row r that all rows meet
// or a total.
CpuProgram by_numbers(std::int64_t span, bool row, bool total) {
  Writer w(row ? 5 : 4, 0);
  w.geometry().rank = 2;
  w.geometry().size[0] = kCount / span;
  w.geometry().size[1] = span;
  w.geometry().step[0][0] = span;
  w.geometry().step[0][1] = 1;
  for (int i = 1; i < 4; ++i) {
    w.geometry().step[i][0] = 1;
    w.geometry().step[i][1] = 0;
    w.geometry().follow[i] = Follow::kStrided;
  }
  if (row) {
    w.geometry().step[4][0] = 0;
    w.geometry().step[4][1] = 1;
    w.geometry().follow[4] = Follow::kStrided;
  }
  const Storage storages[] = {Storage::kF32, Storage::kF32, Storage::kBF16, Storage::kBool, Storage::kF32};
  for (int i = 0; i < (row ? 5 : 4); ++i) {
    Instr load = instr(Kind::kLoad, i, i);
    load.storage = storages[i];
    w.add(load);
  }
  w.add(instr(Kind::kFn, 5, 0, 1, 2, Fn::kFma));
  w.add(instr(Kind::kFn, 5, 3, 5, 0, Fn::kWhere));
  if (row) w.add(instr(Kind::kFn, 5, 5, 4, 0, Fn::kSubtract));
  w.store(5);
  if (total) w.total(5, kCount);
  return w.done();
}

// Windows begin and end within rows; some neighbors have the same numbers, and some differ in one of them or by a
// sign.
TEST(CompiledLoopWindows, ReadANumberOfEachRow) {
  on_every_isa([] {
    EXPECT_FALSE(by_numbers(10, false, false).loop);
    for (const std::int64_t span : {40, 50, 125, 1250})
      for (const bool row : {false, true})
        for (const bool total : {false, true}) {
          CpuProgram p = by_numbers(span, row, total);
          ASSERT_TRUE(p.loop) << span;
          const std::size_t rows = kCount / static_cast<std::size_t>(span);
          std::vector<std::vector<float>> x(5, std::vector<float>(rows));
          x[0].resize(kCount);
          for (std::size_t i = 0; i < x[0].size(); ++i) x[0][i] = static_cast<float>(i % 41) - 20;
          std::vector<std::uint16_t> b(rows);  // bf16
          std::vector<std::uint8_t> c(rows);
          for (std::size_t i = 0; i < rows; ++i) {
            x[1][i] = static_cast<float>(i / 4 % 3);
            if (i % 8 == 0) x[1][i] *= -1.0f;
            b[i] = static_cast<std::uint16_t>(std::bit_cast<unsigned>(-static_cast<float>(i / 3 % 5)) >> 16);
            c[i] = i / 6 % 3 != 1;
          }
          std::memcpy(x[2].data(), b.data(), rows * sizeof(b[0]));
          std::memcpy(x[3].data(), c.data(), rows);
          x[4].assign(static_cast<std::size_t>(span), 0.5f);
          for (const Window& w : {Window{0, 1, kCount, 0}, Window{7, 1, 4001, 0}, Window{span + 1, 3, span - 3, span},
                                  Window{0, 4, span, span}, Window{1, 3, 32, span}, Window{39, 1, 1, 0}})
            for (const unsigned streams : {0u, 1u})
              for (const std::size_t shift : {std::size_t{0}, std::size_t{3}}) {
                p.streams = streams;
                expect_same(outputs_of(p, p.run, x, w, shift), outputs_of(p, p.run_tiles, x, w, shift),
                            "rows of " + std::to_string(span) + ", window from " + std::to_string(w.begin) +
                                (row ? ", row" : "") + (total ? ", total" : "") + (streams ? ", streams" : "") +
                                ", shift " + std::to_string(shift));
              }
        }
  });
}

// Totals of rows and of all elements, beside the sums of columns and what is stored, in windows that begin and end
// within rows.
TEST(CompiledLoopWindows, GiveTotals) {
  on_every_isa([] {
    for (const std::int64_t row : {40, 50, 1000, 1250, 5000}) {
      for (const bool more : {false, true}) {
        Writer w(2, 0);
        w.add(instr(Kind::kLoad, 0, 0));
        w.add(instr(Kind::kLoad, 1, 1));
        w.add(instr(Kind::kFn, 2, 0, 1, 0, Fn::kMultiply));
        w.total(2, row);
        w.total(0, kCount);
        if (more) w.store(2);
        if (more && row < kCount) w.sum(1, row);
        const CpuProgram p = w.done();
        ASSERT_TRUE(p.loop);
        std::vector<std::vector<float>> x(2, std::vector<float>(kCount));
        for (std::size_t i = 0; i < kCount; ++i) x[0][i] = static_cast<float>(i % 41) - 19;
        for (std::size_t i = 0; i < kCount; ++i) x[1][i] = static_cast<float>(i % 13) + 0.5f;
        for (const Window& window :
             {Window{0, 1, kCount, 0}, Window{7, 1, 4001, 0}, Window{std::min(row, kCount - 2) - 1, 1, 3, 0},
              Window{11, 30, 37, 101}, Window{3, 1, 1, 0}})
          expect_same(outputs_of(p, p.run, x, window), outputs_of(p, p.run_tiles, x, window),
                      "rows of " + std::to_string(row) + ", window from " + std::to_string(window.begin) + " of " +
                          std::to_string(window.rows) + " x " + std::to_string(window.cols));
      }
    }
  });
}

TEST(CompiledLoopWindows, WorkInPlaceAndWithoutUnwantedOutputs) {
  on_every_isa([] {
    CpuProgram p = two_outputs();
    p.streams = 3;
    const std::vector<std::vector<float>> x{numbers(kCount, 1), numbers(kCount, 2), {0.5f}};
    const std::vector<std::vector<float>> expected = outputs_of(p, p.run_tiles, x, {0, 1, kCount, 0});
    std::vector<float> first = x[0], second = x[1];
    Operands operands;
    operands.inputs[0] = operands.outputs[0] = first.data();
    operands.inputs[1] = operands.outputs[1] = second.data();
    operands.inputs[2] = x[2].data();
    kernels::run_window(p, operands, {0, 1, kCount, 0});
    expect_same({first, second}, expected, "in place");
    std::vector<float> alone(kCount);
    operands.inputs[0] = x[0].data();
    operands.inputs[1] = x[1].data();
    operands.outputs[0] = nullptr;
    operands.outputs[1] = alone.data();
    kernels::run_window(p, operands, {0, 1, kCount, 0});
    expect_same({alone}, {expected[1]}, "one output");
  });
}

// An operand in a buffer of the window's own, rows further apart than they must be.
TEST(CompiledLoopWindows, ReadABufferOfTheWindow) {
  on_every_isa([] {
    const CpuProgram p = two_outputs();
    const std::vector<std::vector<float>> x{numbers(kCount, 1), numbers(kCount, 2), {0.5f}};
    for (const std::int64_t cols : {37, 48}) {
      const Window w{11, 30, cols, 101};
      constexpr std::int64_t kStep = 50;
      std::vector<float> tile(30 * kStep, -1e30f), output[2][2];
      for (std::int64_t row = 0; row < w.rows; ++row)
        std::copy_n(x[0].begin() + w.begin + row * w.pitch, w.cols, tile.begin() + row * kStep);
      for (int i = 0; i < 2; ++i) {
        Operands operands;
        operands.inputs[0] = tile.data();
        operands.row_step[0] = kStep;
        operands.inputs[1] = x[1].data();
        operands.inputs[2] = x[2].data();
        for (int o = 0; o < 2; ++o) {
          output[i][o].assign(kCount, -77.0f);
          operands.outputs[o] = output[i][o].data();
        }
        (i == 0 ? p.run : p.run_tiles)(p, operands, w);
      }
      expect_same({output[0][0], output[0][1]}, {output[1][0], output[1][1]}, "buffer");
    }
  });
}

}  // namespace
}  // namespace weft::testing
