// SPDX-License-Identifier: Apache-2.0
#include "weft/compile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/every_device.h"
#include "weft/detail/flag.h"
#include "weft/error.h"
#include "weft/flat_buffer.h"
#include "weft/gradients.h"
#include "weft/ops.h"
#include "weft/random.h"
#include "weft/variable.h"

namespace weft::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CompileOn : public EveryDevice {};

TEST_P(CompileOn, TracesOncePerShapeAndReplays) {
  int traced = 0;
  auto f = compile([&](Tensor x) {
    ++traced;
    return x * 2 + 1;
  });
  EXPECT_THAT(f(Tensor::of<float>({1, 2}, {2})).to_vector(), ElementsAre(3, 5));
  EXPECT_THAT(f(Tensor::of<float>({5, 6}, {2})).to_vector(), ElementsAre(11, 13));
  EXPECT_EQ(traced, 1);
  f(zeros({3}));
  f(zeros({2}, DType::kF64));
  EXPECT_EQ(traced, 3);
  EXPECT_EQ(f.traces(), 3u);
}

TEST_P(CompileOn, NumbersAreInputsAndStaticsAreKeys) {
  auto f = compile([](Tensor x, Tensor factor, Static<int> n) {
    for (int i = 0; i < n.value; ++i) x = x * factor;
    return x;
  });
  const Tensor x = ones({1});
  EXPECT_EQ(f(x, 2.0f, Static<int>{3}).item(), 8);
  EXPECT_EQ(f(x, 3.0f, Static<int>{3}).item(), 27);
  EXPECT_EQ(f.traces(), 1u);
  EXPECT_EQ(f(x, 3.0f, Static<int>{1}).item(), 3);
  EXPECT_EQ(f.traces(), 2u);
}

TEST_P(CompileOn, ReturnedTensorsKeepTheirValue) {
  auto f = compile([](Tensor x) { return std::pair{x, x + 1}; });
  const auto [same, more] = f(Tensor::of<float>({1}, {1}));
  f(Tensor::of<float>({7}, {1}));
  EXPECT_EQ(same.item(), 1);
  EXPECT_EQ(more.item(), 2);
}

TEST_P(CompileOn, AReadGivesTheLatestAssignment) {
  const Variable v(Tensor::of<float>({1}, {1}));
  auto f = compile([&](Tensor x) {
    const Tensor before = v.value();
    v.assign(before + x);
    const Tensor after = v.value();
    v.assign(after * 10);
    return std::tuple{before, after, Tensor(v)};
  });
  const Tensor snapshot = v.value();
  const auto [before, after, last] = f(2.0f * ones({1}));
  EXPECT_EQ(before.item(), 1);
  EXPECT_EQ(after.item(), 3);
  EXPECT_EQ(last.item(), 30);
  EXPECT_EQ(v.value().item(), 30);
  EXPECT_EQ(snapshot.item(), 1);
}

TEST_P(CompileOn, SnapshotsOfAFlatBufferAndItsMembersKeepTheirValue) {
  const Variable a(Tensor::of<float>({1}, {1})), b(Tensor::of<float>({2}, {1}));
  const Segment flat = lay_out({a, b})[0];
  const auto assigned_by_a_program = [](const Variable& v, float x) {
    compile([&] { v.assign(0 * v.value() + x); })();
  };
  for (const bool traced : {false, true}) {
    const auto assign = [&](const Variable& v, float x) {
      traced ? assigned_by_a_program(v, x) : v.assign(full(v.shape(), x));
    };
    assign(flat.flat, 1);
    const Tensor one = a.value(), other = b.value();
    assign(flat.flat, 5);
    EXPECT_EQ(one.item(), 1);
    EXPECT_EQ(other.item(), 1);
    const Tensor all = flat.flat.value(), neighbor = b.value();
    assign(a, 7);
    EXPECT_EQ(all.to_vector()[0], 5) << "a member's change is none of the flat buffer's snapshot";
    EXPECT_EQ(neighbor.item(), 5);
    EXPECT_EQ(flat.flat.value().to_vector()[0], 7);
  }
}

TEST_P(CompileOn, VariablesCanSwap) {
  const Variable a(Tensor::of<float>({1, 2}, {2})), b(Tensor::of<float>({3, 4}, {2}));
  auto swap = compile([&] {
    const Tensor old = a.value();
    a.assign(b.value());
    b.assign(old);
  });
  swap();
  EXPECT_THAT(a.value().to_vector(), ElementsAre(3, 4));
  EXPECT_THAT(b.value().to_vector(), ElementsAre(1, 2));
}

TEST_P(CompileOn, NoValueEscapesATrace) {
  Tensor kept;
  auto f = compile([&](Tensor x) {
    kept = x + 1;
    return x;
  });
  f(ones({1}));
  EXPECT_THROW(kept.item(), TraceError);
  EXPECT_THROW(kept + 1, TraceError);
  auto reads = compile([](Tensor x) { return x * x.item(); });
  try {
    reads(ones({1}));
    FAIL() << "item() while tracing must throw";
  } catch (const TraceError& e) {
    EXPECT_THAT(e.what(), HasSubstr("return it from the program"));
  }
  EXPECT_THROW(compile([](Tensor x) { return unique(x).values; })(ones({3})), TraceError);
}

TEST_P(CompileOn, AFailedTraceChangesNothing) {
  const Variable v(Tensor::of<float>({1}, {1}));
  bool bad = true;
  auto f = compile([&](Tensor x) {
    v.assign(v.value() + x);
    if (bad) throw std::runtime_error("stop");
    return x;
  });
  EXPECT_THROW(f(ones({1})), std::runtime_error);
  EXPECT_EQ(v.value().item(), 1);
  EXPECT_FALSE(tracing());
  bad = false;
  f(ones({1}));
  EXPECT_EQ(v.value().item(), 2);
}

TEST_P(CompileOn, FlagsPickTheTrace) {
  const Flag doubled(false);
  auto f = compile([&](Tensor x) { return doubled.get() ? x * 2 : x; });
  EXPECT_EQ(f(ones({1})).item(), 1);
  doubled.set(true);
  EXPECT_EQ(f(ones({1})).item(), 2);
  doubled.set(false);
  EXPECT_EQ(f(ones({1})).item(), 1);
  EXPECT_EQ(f.traces(), 2u);
}

TEST_P(CompileOn, TooManyTracesNameTheDimension) {
  auto f = compile([](Tensor x) { return x.sum(); }, {.name = "sums", .max_traces = 4});
  for (int n = 1; n <= 4; ++n) f(ones({3, n}));
  try {
    f(ones({3, 5}));
    FAIL() << "must throw";
  } catch (const TraceError& e) {
    EXPECT_THAT(e.what(), HasSubstr("axis 1 of argument 0 keeps changing"));
    EXPECT_THAT(e.what(), HasSubstr("sums"));
  }
}

TEST_P(CompileOn, TheTraceThatWasUsedLongestAgoGoes) {
  auto f = compile([](Tensor x) { return x.sum(); }, {.max_traces = 2, .evict_traces = true});
  const auto traced = [&](int n) {
    const std::size_t before = f.traces();
    const float sum = f(ones({n})).item();
    EXPECT_EQ(sum, static_cast<float>(n));
    return f.traces() > before;
  };
  EXPECT_TRUE(traced(1));
  EXPECT_TRUE(traced(2));
  EXPECT_FALSE(traced(1));
  EXPECT_TRUE(traced(3));  // in place of 2
  EXPECT_FALSE(traced(1));
  EXPECT_TRUE(traced(2));  // in place of 3
  EXPECT_FALSE(traced(1));
  EXPECT_THROW(f(Tensor()), ValueError);  // a call that fails takes no place
  EXPECT_FALSE(traced(2));
}

TEST_P(CompileOn, CapturedTensorsAreConstants) {
  Tensor c = Tensor::of<float>({10}, {1});
  auto f = compile([&](Tensor x) { return x + c; });
  EXPECT_EQ(f(ones({1})).item(), 11);
  c = Tensor::of<float>({20}, {1});
  EXPECT_EQ(f(ones({1})).item(), 11);
}

TEST_P(CompileOn, ProgramsNestAsOne) {
  auto inner = compile([](Tensor x) { return x * x; });
  auto outer = compile([&](Tensor x) { return inner(x) + 1; });
  EXPECT_EQ(outer(3.0f * ones({1})).item(), 10);
  EXPECT_EQ(inner.traces(), 0u);
}

TEST_P(CompileOn, RandomNumbersDependOnCallAndOrdinalOnly) {
  Generator g(7);
  const GeneratorScope scope(g);
  auto f = compile([] { return std::pair{uniform({5}), uniform({5})}; });
  const auto [a, b] = f();
  const auto [c, d] = f();
  EXPECT_NE(a.to_vector(), b.to_vector());
  EXPECT_NE(a.to_vector(), c.to_vector());
  g.seed(7);
  const auto [again, b2] = f();
  EXPECT_EQ(a.to_vector(), again.to_vector());
  // Another program with the same draws, at the same call number.
  g.seed(7);
  auto other = compile([](Tensor x) { return uniform({5}) + 0 * x; });
  EXPECT_EQ(other(zeros({5})).to_vector(), a.to_vector());
  g.seed(7);
  EXPECT_EQ(uniform({5}).to_vector(), a.to_vector());  // eager: one call per draw
  EXPECT_NE(uniform({5}).to_vector(), a.to_vector());
}

TEST_P(CompileOn, ADrawnVariableDependsOnSeedAndPathOnly) {
  const auto make = [] {
    const Variable v({3}, Init{[](const Shape& s, DType d) { return randn(s, d); }});
    v.set_path("0.weight");
    v.initialize(11);
    return v.value().to_vector();
  };
  const auto first = make();
  EXPECT_EQ(first, make());
}

TEST_P(CompileOn, AVariableIsResetToItsOwnDraw) {
  const Init init{[](const Shape& s, DType d) { return randn(s, d); }};
  const Variable keyed({3}, init), loose({3}, init), pending({3}, init);
  keyed.set_path("0.weight");
  keyed.initialize(11);
  for (const Variable& v : {keyed, loose}) {
    const auto first = v.value().to_vector();
    const Tensor kept = v.value();
    v.assign(zeros({3}));
    v.reset();
    EXPECT_EQ(v.value().to_vector(), first);
    EXPECT_EQ(kept.to_vector(), first);
    v.assign(ones({3}));
    EXPECT_EQ(kept.to_vector(), first);  // a value that was read does not change
  }
  pending.reset();
  EXPECT_FALSE(pending.initialized());
  EXPECT_THROW(Variable(ones({2})).reset(), ValueError);
  EXPECT_THROW(Variable().reset(), ValueError);
  auto f = compile([&] {
    keyed.reset();
    return keyed.value();
  });
  EXPECT_THROW(static_cast<void>(f()), TraceError);
}

TEST_P(CompileOn, GraphAndMemoryPlanAreText) {
  auto f = compile([](Tensor x) { return tanh(x) + 1; }, {.name = "tanh1"});
  EXPECT_THROW(f.graph(), TraceError);
  f.prepare(zeros({4, 5}));
  EXPECT_THAT(f.graph(), HasSubstr("tanh("));
  EXPECT_THAT(f.memory_plan().text(), HasSubstr("peak"));
}

WEFT_ON_EVERY_DEVICE(CompileOn);

}  // namespace
}  // namespace weft::testing
