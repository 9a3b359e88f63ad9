// SPDX-License-Identifier: Apache-2.0
// Sealed programs: sessions, buckets, and results in the user's memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/device/block.h"
#include "tests/support/every_device.h"
#include "weft/compile.h"
#include "weft/detail/flag.h"
#include "weft/error.h"
#include "weft/ops.h"
#include "weft/random.h"
#include "weft/user_stream.h"
#include "weft/variable.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;
using Values = std::vector<float>;

template <class E>
std::string message_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const E& e) {
    return e.what();
  }
  ADD_FAILURE() << "nothing of the kind was thrown";
  return "";
}

class SessionOn : public EveryDevice {
 protected:
  // softmax(tanh(x w) u): 5 columns in, 3 out.
  Variable w{randn({5, 16})}, u{randn({16, 3})};
  auto classifier(Buckets buckets = {}) {
    return compile([this](Tensor x) { return softmax(matmul(tanh(matmul(x, w)), u)); },
                   {.name = "classify", .device = device(), .buckets = std::move(buckets)});
  }
  static Values request(std::int64_t rows, int salt) {
    Values out;
    for (std::int64_t i = 0; i < rows * 5; ++i) out.push_back(std::sin(static_cast<float>(i * 3 + salt) * 0.7f));
    return out;
  }
  static Tensor borrowed(const Values& values) {
    return Tensor::borrow(std::span<const float>(values), {std::ssize(values) / 5, 5});
  }
};

// A result over the memory of an argument that is returned, too: as it is, reshaped, or in its place for another one.
TEST_P(SessionOn, ResultsMayGoOverReturnedArguments) {
  if (!device().is_cpu()) GTEST_SKIP() << "device memory is not read here";
  Values x{1, 2}, y{10, 20}, other(2);
  const auto tensor = [](const Values& values) {
    return Tensor::borrow(std::span<const float>(values), {std::ssize(values)});
  };
  const auto out = [](Values& values) { return Out::borrow(std::span(values)); };
  auto twice = compile([](Tensor a) { return std::pair{a + a, a.reshape({2, 1})}; }, {.device = device()});
  twice.prepare(tensor(x));
  twice.seal();
  auto session = twice.session();
  session.into(std::array{out(x), out(other)}, tensor(x));
  EXPECT_EQ(x, (Values{2, 4}));
  EXPECT_EQ(other, (Values{1, 2}));
  session.into(std::array{out(other), out(x)}, tensor(x));
  EXPECT_EQ(other, (Values{4, 8}));
  EXPECT_EQ(x, (Values{2, 4}));

  auto swap = compile([](Tensor a, Tensor b) { return std::pair{b, a}; }, {.device = device()});
  swap.prepare(tensor(x), tensor(y));
  swap.seal();
  auto swapping = swap.session();
  swapping.into(std::array{out(x), out(y)}, tensor(x), tensor(y));
  EXPECT_EQ(x, (Values{10, 20}));
  EXPECT_EQ(y, (Values{2, 4}));
}

TEST_P(SessionOn, SealedProgramsKnowTheirShapesAndForgetTheFunction) {
  const auto captured = std::make_shared<int>(0);
  auto program = compile([this, captured](Tensor x) { return matmul(x, w); }, {.name = "p", .device = device()});
  EXPECT_THAT(message_of<TraceError>([&] { program.seal(); }), HasSubstr("has not been traced"));
  program.prepare({{.shape = {2, 5}}});
  program.prepare(zeros({3, 5}));
  EXPECT_EQ(program.traces(), 2u);
  EXPECT_THAT(message_of<TraceError>([&] { program.session(); }), HasSubstr("seal()"));
  EXPECT_EQ(captured.use_count(), 2);
  program.seal();
  EXPECT_EQ(captured.use_count(), 1);
  EXPECT_EQ(program(zeros({2, 5})).shape(), (Shape{2, 16}));
  auto session = program.session();
  EXPECT_EQ(session(zeros({3, 5})).shape(), (Shape{3, 16}));
  for (const std::string& text : {message_of<ShapeError>([&] {
                                    program(zeros({4, 5}));
                                  }),
                                  message_of<ShapeError>([&] {
                                    session(zeros({4, 5}));
                                  })}) {
    EXPECT_THAT(text, HasSubstr("'p' is sealed and was not prepared for"));
    EXPECT_THAT(text, HasSubstr("4, 5"));
    EXPECT_THAT(text, HasSubstr("2, 5"));
    EXPECT_THAT(text, HasSubstr("3, 5"));
  }
  EXPECT_EQ(program.traces(), 2u);
  EXPECT_THAT(message_of<ValueError>([&] {
                program.prepare({{.shape = {2, 5}}, {.shape = {2}}});
              }),
              HasSubstr("2 specs were given for 1 arguments"));
}

TEST_P(SessionOn, AFlagThatChangesLaterIsAnError) {
  Flag doubled(false);
  auto program = compile([&](Tensor x) { return doubled.get() ? x * 2 : x + 0; }, {.device = device()});
  program.prepare({{.shape = {2}}});
  program.seal();
  auto session = program.session();
  EXPECT_EQ(session(full({2}, 3.0f)).to_vector(), (Values{3, 3}));
  doubled.set(true);
  EXPECT_THAT(message_of<TraceError>([&] { session(full({2}, 3.0f)); }), HasSubstr("flag"));
}

TEST_P(SessionOn, ProgramsThatAssignHaveNone) {
  Variable count{Tensor::scalar(0.0f)};
  auto counting = compile(
      [&](Tensor x) {
        count.assign(count.value() + 1);
        return x + 0;
      },
      {.device = device()});
  auto drawing = compile([](Tensor x) { return dropout(x, 0.5); }, {.device = device()});
  counting(zeros({2}));
  drawing(zeros({2}));
  counting.seal();
  drawing.seal();
  counting(zeros({2}));
  EXPECT_EQ(count.value().item(), 2);
  EXPECT_THAT(message_of<TraceError>([&] { counting.session(); }), HasSubstr("assigns"));
  EXPECT_THAT(message_of<TraceError>([&] { drawing.session(); }), HasSubstr("'generator'"));
}

TEST_P(SessionOn, GivesTheProgramsBitsHoweverItIsCalled) {
  auto program = classifier();
  for (const std::int64_t rows : {1, 4}) program.prepare({{.shape = {rows, 5}}});
  program.seal();
  auto a = program.session(), b = program.session();
  for (int i = 0; i < 4; ++i)
    for (const std::int64_t rows : {1, 4}) {
      const Values in = request(rows, i);
      const Values want = program(borrowed(in)).to_vector();
      const Tensor kept = a(borrowed(in));
      EXPECT_EQ(b(borrowed(in).to(device())).to_vector(), want);
      Values out(want.size());
      b.into(std::array{Out::borrow(std::span(out))}, borrowed(in));
      EXPECT_EQ(out, want);
      const Tensor place = zeros({rows, 3});
      auto* const pointer = const_cast<void*>(place.device_pointer());
      const std::array to{Out::borrow_device(pointer, {{rows, 3}, DType::kF32}, device())};
      const Tensor there = borrowed(in).to(device());
      const Pending pending = a.async_into(to, there);
      while (!pending.ready()) std::this_thread::yield();
      pending.get();
      EXPECT_EQ(place.to_vector(), want);
      EXPECT_EQ(kept.to_vector(), want);
    }
}

TEST_P(SessionOn, RunsOnTheUsersStream) {
  const Stream own = Stream::create(device());  // outlives the session
  auto program = classifier();
  program.prepare({{.shape = {2, 5}}});
  program.seal();
  auto session = program.session();
  const Values in = request(2, 0), want = program(borrowed(in)).to_vector();
  for (int i = 0; i < 3; ++i) {
    Values out(6);
    const UserStream scope(device(), own.handle());
    const Pending pending = session.async_into(std::array{Out::borrow(std::span(out))}, borrowed(in));
    own.synchronize();
    EXPECT_TRUE(pending.ready());
    EXPECT_EQ(pending.event() != nullptr, device().is_cuda());
    EXPECT_EQ(out, want);
  }
}

TEST_P(SessionOn, MemoryOfAnotherKindIsRefused) {
  auto program = classifier();
  program.prepare({{.shape = {2, 5}}});
  program.seal();
  auto session = program.session();
  const Values in = request(2, 0);
  Values five(5);
  std::vector<double> six(6);
  EXPECT_THAT(message_of<ShapeError>([&] { session.into(std::array{Out::borrow(std::span(five))}, borrowed(in)); }),
              HasSubstr("result 0 of program 'classify'"));
  EXPECT_THROW(session.into(std::array{Out::borrow(std::span(six))}, borrowed(in)), ShapeError);
  EXPECT_THAT(message_of<ValueError>([&] { session.into({}, borrowed(in)); }), HasSubstr("has 1 results"));
  EXPECT_THROW(Out::borrow_device(nullptr, {{2}, DType::kF32}, device()), ValueError);
}

TEST_P(SessionOn, BucketsPadAndCut) {
  auto plain = classifier(), program = classifier({{1, 2, 4, 8}});
  program.prepare({{.shape = {6, 5}}});
  EXPECT_EQ(program.traces(), 4u);
  program.seal();
  auto session = program.session();
  for (std::int64_t rows = 1; rows <= 8; ++rows) {
    const Values in = request(rows, 1);
    const Tensor got = program(borrowed(in));
    EXPECT_EQ(got.shape(), (Shape{rows, 3}));
    EXPECT_EQ(session(borrowed(in)).to_vector(), got.to_vector());
    Values out(static_cast<std::size_t>(rows) * 3);
    session.into(std::array{Out::borrow(std::span(out))}, borrowed(in));
    EXPECT_EQ(out, got.to_vector());
    const Values want = plain(borrowed(in)).to_vector();
    // Another number of rows may be another tile, so another order of the same sums.
    for (std::size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(out[i], want[i], 1e-6);
  }
  EXPECT_THAT(message_of<ShapeError>([&] { program(zeros({9, 5})); }), HasSubstr("its largest bucket is 8"));
}

TEST_P(SessionOn, BucketsRefuseWhatMixesRows) {
  const auto refusal = [&](std::function<Tensor(Tensor)> f) {
    auto program = compile(std::move(f), {.name = "mix", .device = device(), .buckets = {{4}}});
    return message_of<ValueError>([&] { program(zeros({4, 4})); });
  };
  EXPECT_THAT(refusal([](Tensor x) { return x - x.mean({0}, true); }), HasSubstr("op 'mean' mixes the rows"));
  EXPECT_THAT(refusal([](Tensor x) { return softmax(x, 0); }), HasSubstr("mixes the rows"));
  EXPECT_THAT(refusal([](Tensor x) { return matmul(x.transpose(), x); }), HasSubstr("mixes the rows"));
  EXPECT_THAT(refusal([](Tensor x) { return matmul(x, x); }), HasSubstr("mixes the rows"));
  EXPECT_THAT(refusal([](Tensor x) { return x.reshape({16}); }), HasSubstr("mixes the rows"));
  EXPECT_THAT(refusal([](Tensor) { return zeros({4}); }), HasSubstr("without the rows"));
  EXPECT_THAT(refusal([](Tensor x) { return dropout(x, 0.5); }), HasSubstr("assigns"));
  auto two = compile([](Tensor x, Tensor y) { return x + y; }, {.device = device(), .buckets = {{4}}});
  EXPECT_EQ(two(zeros({3, 2}), zeros({3, 1})).shape(), (Shape{3, 2}));
  EXPECT_EQ(two(zeros({3, 2}), 1.0f).shape(), (Shape{3, 2}));
  EXPECT_THAT(message_of<ShapeError>([&] { two(zeros({3, 2}), zeros({1, 2})); }), HasSubstr("argument 1 has 1 rows"));
}

TEST_P(SessionOn, EightThreadsServeOneModel) {
#ifdef WEFT_CUDA_EMULATED
  if (device().is_cuda()) GTEST_SKIP() << "the emulated device runs one thread's work at a time";
#endif
  auto program = classifier({{1, 2, 4, 8, 16}});
  program.prepare({{.shape = {16, 5}}});
  program.seal();
  constexpr int kThreads = 8, kRequests = 40;
  std::vector<std::vector<Values>> want(kThreads), got(kThreads);
  const auto rows_of = [](int t, int i) { return std::int64_t{1} + (i * (t + 7)) % 16; };
  for (int t = 0; t < kThreads; ++t)
    for (int i = 0; i < kRequests; ++i)
      want[static_cast<std::size_t>(t)].push_back(program(borrowed(request(rows_of(t, i), t + i))).to_vector());
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      auto session = program.session();
      for (int i = 0; i < kRequests; ++i) {
        const Values in = request(rows_of(t, i), t + i);
        Values out(in.size() / 5 * 3);
        session.into(std::array{Out::borrow(std::span(out))}, borrowed(in));
        got[static_cast<std::size_t>(t)].push_back(out);
      }
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(got, want);
}

WEFT_ON_EVERY_DEVICE(SessionOn);

}  // namespace
}  // namespace weft::testing
