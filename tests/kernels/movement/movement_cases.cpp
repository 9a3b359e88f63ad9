// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "tests/kernels/support/coords.h"
#include "tests/kernels/support/kernel_cases.h"

namespace weft::testing {
namespace {

using ir::Ints;

// A row for an op that moves one input; the oracle says where each output element comes from.
OpCase moved(const std::string& op, const std::string& name, ir::Attributes attributes, const Shape& in,
             const Shape& out, std::function<double(const HostTensor&, Coords)> value, DType dtype = DType::kF32) {
  OpCase row{name, op, std::move(attributes), {random_tensor(in, dtype, dtype == DType::kU8 ? 0 : -100, 100, 7)}, {}};
  row.oracle = [out, value](const std::vector<HostTensor>& inputs) -> std::vector<HostTensor> {
    return {by_coords(out, inputs[0].spec.dtype, [&](const Coords& at) { return value(inputs[0], at); })};
  };
  row.gradient = in.numel() <= 128 && out.numel() <= 128;
  return row;
}

// Lengths at which copies of rows change their way, in bytes: u8 elements.
constexpr std::int64_t kRowLengths[] = {2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 63, 64, 65, 100, 255, 256, 257, 5000};

double same_place(const HostTensor& x, const Coords& at) { return value_at(x, at); }

void add_copies(std::vector<OpCase>& rows) {
  for (const char* op : {"copy", "stop_gradient"}) {
    for (const Shape& shape : {Shape{}, Shape{0}, Shape{3, 5}, Shape{70001}}) {
      rows.push_back(moved(op, shape.text(), {}, shape, shape, same_place));
    }
    rows.push_back(moved(op, "bool", {}, {17}, {17}, same_place, DType::kBool));
    rows.push_back(moved(op, "i64", {}, {17}, {17}, same_place, DType::kI64));
  }
  for (const Shape& shape : {Shape{}, Shape{0}, Shape{3, 5}, Shape{70001}}) {
    OpCase after = moved("after", shape.text(), {}, shape, shape, same_place);
    after.inputs.push_back(random_tensor({2}, DType::kF32, -1, 1, 8));
    after.gradient = false;  // the second operand has none
    rows.push_back(after);
  }
  OpCase nan = moved("copy", "nan_inf", {}, {3}, {3}, same_place);
  const double inf = std::numeric_limits<double>::infinity();
  nan.inputs[0].values = {std::numeric_limits<double>::quiet_NaN(), inf, -inf};
  nan.gradient = false;
  rows.push_back(nan);
  rows.push_back(moved(
      "reshape", "2x6_to_3x4", {{"shape", Ints{3, 4}}}, {2, 6}, {3, 4},
      [](const HostTensor& x, const Coords& at) { return x.values[static_cast<std::size_t>(at[0] * 4 + at[1])]; }));
  rows.push_back(moved("reshape", "4x6_to_4x2x3", {{"shape", Ints{4, 2, 3}}}, {4, 6}, {4, 2, 3},
                       [](const HostTensor& x, const Coords& at) {
                         return x.values[static_cast<std::size_t>(at[0] * 6 + at[1] * 3 + at[2])];
                       }));
  rows.push_back(moved("reshape", "scalar", {{"shape", Ints{}}}, {1, 1}, {},
                       [](const HostTensor& x, const Coords&) { return x.values[0]; }));
}

void add_transposes(std::vector<OpCase>& rows) {
  const auto add = [&](const Shape& in, const Ints& perm, DType dtype) {
    std::vector<std::int64_t> out;
    for (const std::int64_t axis : perm) out.push_back(in.dims()[static_cast<std::size_t>(axis)]);
    const std::string name = in.text() + std::string(name_of(dtype)) + Shape(perm).text();
    rows.push_back(moved(
        "transpose", name, {{"perm", perm}}, in, Shape(out),
        [perm](const HostTensor& x, const Coords& at) {
          Coords from(at.size());
          for (std::size_t k = 0; k < at.size(); ++k) from[static_cast<std::size_t>(perm[k])] = at[k];
          return value_at(x, from);
        },
        dtype));
  };
  for (const Shape& in : {Shape{1, 1}, Shape{0, 3}, Shape{7, 5}, Shape{31, 33}, Shape{64, 129}, Shape{300, 257}}) {
    add(in, {1, 0}, DType::kF32);
  }
  add({8, 5, 16}, {2, 1, 0}, DType::kF32);  // blocks of 4 and none of 16
  add({21, 5, 38}, {2, 1, 0}, DType::kI32);
  add({16, 65569}, {1, 0}, DType::kF32);  // 2050 tiles: blocks of the CUDA kernel take more than one
  add({33, 65}, {1, 0}, DType::kU8);
  add({33, 65}, {1, 0}, DType::kI64);
  for (const Ints& perm : {Ints{0, 1, 2}, Ints{0, 2, 1}, Ints{1, 0, 2}, Ints{1, 2, 0}, Ints{2, 0, 1}, Ints{2, 1, 0}}) {
    add({5, 37, 11}, perm, DType::kF32);
    add({2, 3, 4}, perm, DType::kF32);
  }
  add({3, 4, 2, 3, 8}, {0, 3, 1, 4, 2}, DType::kF32);
  add({2, 1, 3, 1, 2, 2, 1, 3, 2}, {8, 6, 7, 5, 4, 3, 2, 1, 0}, DType::kF32);
  add({}, {}, DType::kF32);
}

void add_broadcasts(std::vector<OpCase>& rows) {
  const auto add = [&](const Shape& in, const Shape& out, DType dtype = DType::kF32) {
    rows.push_back(moved(
        "broadcast_to", in.text() + out.text() + std::string(name_of(dtype)), {{"shape", out.dims()}}, in, out,
        [](const HostTensor& x, Coords at) {
          at.erase(at.begin(), at.end() - x.spec.shape.rank());
          for (std::size_t k = 0; k < at.size(); ++k) {
            if (x.spec.shape.dims()[k] == 1) at[k] = 0;
          }
          return value_at(x, at);
        },
        dtype));
  };
  add({}, {3, 4});
  add({4}, {3, 4});
  add({3, 1}, {3, 4});
  add({1, 3, 1, 5}, {2, 3, 4, 5});
  add({1}, {0});
  add({1}, {1});
  add({1, 130}, {257, 130});
  add({257, 1}, {257, 130});
  add({}, {70001});
  for (const std::int64_t row : kRowLengths) add({3, 1}, {3, row}, DType::kU8);
}

void add_concats(std::vector<OpCase>& rows) {
  const auto add = [&](const std::string& name, const std::vector<Shape>& parts, std::int64_t axis) {
    OpCase row{name, "concat", {{"axis", axis}}, {}, {}};
    for (std::size_t i = 0; i < parts.size(); ++i) {
      row.inputs.push_back(random_tensor(parts[i], DType::kF32, -9, 9, 20 + i));
    }
    row.oracle = [axis](const std::vector<HostTensor>& inputs) -> std::vector<HostTensor> {
      const auto k = static_cast<std::size_t>(axis);
      std::vector<std::int64_t> dims = inputs[0].spec.shape.dims();
      dims[k] = 0;
      for (const HostTensor& x : inputs) dims[k] += x.spec.shape.dims()[k];
      return {by_coords(Shape(dims), inputs[0].spec.dtype, [&](Coords at) {
        std::size_t i = 0;
        while (at[k] >= inputs[i].spec.shape.dims()[k]) at[k] -= inputs[i++].spec.shape.dims()[k];
        return value_at(inputs[i], at);
      })};
    };
    row.gradient = row.inputs[0].spec.shape.numel() < 100;
    rows.push_back(row);
  };
  add("one", {{2, 3}}, 0);
  add("rows", {{2, 3}, {1, 3}, {4, 3}}, 0);
  add("columns", {{2, 3}, {2, 1}, {2, 5}}, 1);
  add("empty_part", {{2, 3}, {2, 0}, {2, 2}}, 1);
  add("middle", {{2, 1, 5}, {2, 4, 5}, {2, 2, 5}}, 1);
  add("long", {{33, 257}, {33, 64}}, 1);
  add("unaligned", {{8, 3}, {8, 16}, {8, 13}}, 1);
}

void add_packs(std::vector<OpCase>& rows) {
  const auto add = [&](const std::string& name, std::int64_t slot, const std::vector<std::int64_t>& sizes,
                       DType dtype = DType::kF32) {
    OpCase row{name, "pack", {{"slot", slot}}, {}, {}};
    for (std::size_t i = 0; i < sizes.size(); ++i)
      row.inputs.push_back(random_tensor({sizes[i]}, dtype, dtype == DType::kU8 ? 0 : -9, 9, 40 + i));
    row.oracle = [slot](const std::vector<HostTensor>& inputs) -> std::vector<HostTensor> {
      std::vector<double> all;
      for (const HostTensor& x : inputs) {
        all.insert(all.end(), x.values.begin(), x.values.end());
        while (all.size() % static_cast<std::size_t>(slot) != 0) all.push_back(0);
      }
      return {{{{static_cast<std::int64_t>(all.size())}, inputs[0].spec.dtype}, all}};
    };
    row.gradient = dtype == DType::kF32 && sizes.size() < 9 && sizes[0] < 99;
    rows.push_back(row);
  };
  add("exact", 4, {8, 4});
  add("gaps", 8, {3, 8, 17, 1});
  add("empty_part", 5, {0, 7, 0});
  add("one_element_slots", 1, {3, 2});
  add("bytes", 256, {300, 7, 256}, DType::kU8);
  add("halves", 128, {130, 5}, DType::kBF16);
  add("several_blocks", 64, {9000, 3, 9001});
  add("more_gaps_than_a_launch_takes", 3, std::vector<std::int64_t>(150, 2));
}

void add_slices(std::vector<OpCase>& rows) {
  const auto add = [&](const std::string& name, const Shape& in, const Ints& begin, const Ints& end, const Ints& step,
                       DType dtype = DType::kF32) {
    std::vector<std::int64_t> out;
    for (std::size_t k = 0; k < begin.size(); ++k) out.push_back((end[k] - begin[k] + step[k] - 1) / step[k]);
    rows.push_back(moved(
        "slice", name, {{"begin", begin}, {"end", end}, {"step", step}}, in, Shape(out),
        [begin, step](const HostTensor& x, Coords at) {
          for (std::size_t k = 0; k < at.size(); ++k) at[k] = begin[k] + at[k] * step[k];
          return value_at(x, at);
        },
        dtype));
  };
  add("whole", {3, 5}, {0, 0}, {3, 5}, {1, 1});
  add("inside", {4, 6}, {1, 2}, {3, 5}, {1, 1});
  add("steps", {7, 11}, {1, 0}, {7, 11}, {2, 3});
  add("empty", {4, 6}, {2, 2}, {2, 5}, {1, 1});
  add("cube", {3, 4, 5}, {0, 1, 1}, {3, 3, 5}, {2, 1, 2});
  add("aligned_rows", {64, 64}, {3, 16}, {61, 48}, {1, 1});
  add("unaligned_rows", {8, 32}, {0, 3}, {8, 19}, {1, 1});
  add("long_step", {70001}, {1}, {70001}, {3});
  add("bytes", {5, 7}, {1, 2}, {4, 5}, {1, 1}, DType::kU8);
  for (const std::int64_t row : kRowLengths)
    add("bytes_by_" + std::to_string(row), {5, row + 1}, {0, 1}, {5, row + 1}, {1, 1}, DType::kU8);
}

void add_pads(std::vector<OpCase>& rows) {
  const auto add = [&](const std::string& name, const Shape& in, const Ints& low, const Ints& high,
                       const Ints& interior) {
    std::vector<std::int64_t> out;
    for (std::size_t k = 0; k < low.size(); ++k) {
      const std::int64_t n = in.dims()[k];
      out.push_back(low[k] + high[k] + n + (n > 0 ? (n - 1) * interior[k] : 0));
    }
    rows.push_back(moved("pad", name, {{"low", low}, {"high", high}, {"interior", interior}}, in, Shape(out),
                         [low, interior](const HostTensor& x, Coords at) {
                           for (std::size_t k = 0; k < at.size(); ++k) {
                             const std::int64_t from = at[k] - low[k], step = interior[k] + 1;
                             if (from < 0 || from % step != 0 || from / step >= x.spec.shape.dims()[k]) return 0.0;
                             at[k] = from / step;
                           }
                           return value_at(x, at);
                         }));
  };
  add("none", {3, 5}, {0, 0}, {0, 0}, {0, 0});
  add("border", {3, 5}, {1, 2}, {3, 0}, {0, 0});
  add("interior", {3, 4}, {0, 1}, {2, 0}, {1, 2});
  add("empty_input", {0, 4}, {2, 0}, {1, 0}, {3, 0});
  add("long", {129, 257}, {1, 0}, {0, 3}, {0, 0});
  add("all_sides", {2, 3, 4, 5}, {1, 1, 1, 1}, {1, 1, 1, 1}, {0, 0, 0, 0});
  add("high_only", {5, 7}, {0, 0}, {2, 3}, {0, 0});
  add("rows_apart", {3, 2, 4}, {1, 0, 2}, {0, 1, 0}, {2, 1, 0});
  add("one_axis", {6}, {2}, {3}, {0});
  add("long_rows", {2, 20001}, {1, 1}, {1, 2}, {0, 0});
  add("many_planes", {300, 4, 64}, {1, 1, 0}, {0, 1, 1}, {0, 0, 0});
}

void add_rolls(std::vector<OpCase>& rows) {
  const auto add = [&](const Shape& in, std::int64_t axis, std::int64_t shift, DType dtype = DType::kF32) {
    rows.push_back(moved(
        "roll", in.text() + std::to_string(axis) + "by" + std::to_string(shift) + std::string(name_of(dtype)),
        {{"axis", axis}, {"shift", shift}}, in, in,
        [=](const HostTensor& x, Coords at) {
          const auto k = static_cast<std::size_t>(axis);
          at[k] = (at[k] + in.dims()[k] - shift) % in.dims()[k];
          return value_at(x, at);
        },
        dtype));
  };
  add({5}, 0, 2);
  add({3, 4}, 0, 1);
  add({3, 4}, 1, 3);
  add({2, 3, 4}, 1, 2);
  add({0, 3}, 1, 1);
  add({129, 257}, 1, 64);
  add({2, 20001}, 1, 7);
  for (const DType dtype : {DType::kF64, DType::kBF16, DType::kU8, DType::kBool, DType::kI64}) add({5, 6}, 1, 1, dtype);
}

void add_triangles(std::vector<OpCase>& rows) {
  constexpr std::int64_t kFar = std::numeric_limits<std::int64_t>::max();
  const auto add = [&](const Shape& in, std::int64_t k, DType dtype = DType::kF32) {
    for (const bool upper : {false, true}) {
      const std::string name = in.text() + "_" + std::to_string(k) + (upper ? "_upper_" : "_lower_");
      rows.push_back(moved(
          "triangle", name + std::string(name_of(dtype)), {{"k", k}, {"upper", upper}}, in, in,
          [=](const HostTensor& x, const Coords& at) {
            const std::int64_t diagonal = at.back() - at[at.size() - 2];
            return (upper ? diagonal >= k : diagonal <= k) ? value_at(x, at) : 0.0;
          },
          dtype));
    }
  };
  for (const std::int64_t k : {std::int64_t{-5}, std::int64_t{-1}, std::int64_t{0}, std::int64_t{2}, kFar, -kFar - 1})
    add({4, 3}, k);
  add({2, 3, 5}, 1);
  add({2, 2, 3, 3}, 0);
  add({0, 3}, 0);
  add({3, 0}, 0);
  add({1, 7}, 3);
  add({7, 1}, -3);
  add({300, 257}, -20);
  for (const DType dtype : {DType::kF64, DType::kBF16, DType::kU8, DType::kBool, DType::kI64}) add({5, 6}, 1, dtype);
}

void add_flips(std::vector<OpCase>& rows) {
  const auto add = [&](const Shape& in, const Ints& axes, DType dtype = DType::kF32) {
    rows.push_back(moved(
        "flip", in.text() + Shape(axes).text() + std::string(name_of(dtype)), {{"axes", axes}}, in, in,
        [axes](const HostTensor& x, Coords at) {
          for (const std::int64_t axis : axes) {
            const auto k = static_cast<std::size_t>(axis);
            at[k] = x.spec.shape.dims()[k] - 1 - at[k];
          }
          return value_at(x, at);
        },
        dtype));
  };
  add({5}, {0});
  add({0, 3}, {0});
  add({3, 4}, {0});
  add({3, 4}, {1});
  add({3, 4}, {0, 1});
  add({2, 3, 5}, {0, 2});
  add({65, 1031}, {1});
  for (const std::int64_t row : kRowLengths) add({3, row}, {1}, DType::kU8);
  for (const std::int64_t row : {2, 3, 5, 16, 17, 33}) add({3, row}, {1});
  add({2, 3, 4, 16}, {3});
  add({2, 3, 4, 16}, {1, 3});
}

void add_creations(std::vector<OpCase>& rows) {
  const auto add = [&](const std::string& op, const std::string& name, ir::Attributes attributes, const Shape& shape,
                       DType dtype, std::function<double(std::int64_t)> value) {
    OpCase row{name + "_" + std::string(name_of(dtype)), op, std::move(attributes), {}, {}};
    row.oracle = [=](const std::vector<HostTensor>&) -> std::vector<HostTensor> {
      HostTensor out{{shape, dtype}, {}};
      for (std::int64_t i = 0; i < shape.numel(); ++i) out.values.push_back(value(i));
      return {out};
    };
    rows.push_back(row);
  };
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto dtype = static_cast<DType>(i);
    const double value = dtype == DType::kBool ? 1 : dtype == DType::kU8 ? 200 : -3;
    for (const Shape& shape : {Shape{}, Shape{0}, Shape{5, 13}}) {
      add("full", shape.text(), {{"shape", shape.dims()}, {"dtype", dtype}, {"value", value}}, shape, dtype,
          [value](std::int64_t) { return value; });
    }
    if (dtype == DType::kBool) continue;
    add("iota", "short", {{"length", std::int64_t{131}}, {"dtype", dtype}}, {131}, dtype,
        [](std::int64_t k) { return static_cast<double>(k); });
  }
  add("full", "third", {{"shape", Ints{70001}}, {"dtype", DType::kF32}, {"value", 1.0 / 3}}, {70001}, DType::kF32,
      [](std::int64_t) { return 1.0 / 3; });
  const std::int64_t large = (std::int64_t{1} << 53) - 1;
  add("full", "integer", {{"shape", Ints{3}}, {"dtype", DType::kI64}, {"value", 0.0}, {"integer", large}}, {3},
      DType::kI64, [](std::int64_t) { return static_cast<double>(large); });
  add("iota", "long", {{"length", std::int64_t{70001}}, {"dtype", DType::kF32}}, {70001}, DType::kF32,
      [](std::int64_t k) { return static_cast<double>(k); });
  add("iota", "empty", {{"length", std::int64_t{0}}, {"dtype", DType::kI64}}, {0}, DType::kI64,
      [](std::int64_t) { return 0.0; });
}

}  // namespace

std::vector<OpCase> movement_cases() {
  std::vector<OpCase> rows;
  add_copies(rows);
  add_transposes(rows);
  add_broadcasts(rows);
  add_concats(rows);
  add_packs(rows);
  add_slices(rows);
  add_pads(rows);
  add_flips(rows);
  add_rolls(rows);
  add_triangles(rows);
  add_creations(rows);
  return rows;
}

}  // namespace weft::testing
