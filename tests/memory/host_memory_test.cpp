// SPDX-License-Identifier: Apache-2.0
// Public functions throw OutOfMemory if the system refuses host memory whose size follows the user's data.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/files.h"
#include "weft/detail/host_allocation.h"
#include "weft/weft.h"

namespace {

std::atomic<std::size_t> largest{SIZE_MAX};  // bytes that operator new gives
std::atomic<int> refused{0};
std::atomic<std::size_t> live{0}, peak{0};  // bytes that operator new has given

void* given(std::size_t bytes, std::size_t alignment) {
  if (bytes > largest) {
    ++refused;
    return nullptr;
  }
  void* const memory =
      std::aligned_alloc(alignment, (std::max<std::size_t>(bytes, 1) + alignment - 1) / alignment * alignment);
  const std::size_t now = live += malloc_usable_size(memory);
  for (std::size_t most = peak; now > most && !peak.compare_exchange_weak(most, now);) {
  }
  return memory;
}

void take_back(void* memory) {
  live -= malloc_usable_size(memory);
  std::free(memory);
}

void* given_or_thrown(std::size_t bytes, std::size_t alignment) {
  void* const memory = given(bytes, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

constexpr std::size_t kPlain = alignof(std::max_align_t);

}  // namespace

void* operator new(std::size_t n) { return given_or_thrown(n, kPlain); }
void* operator new[](std::size_t n) { return given_or_thrown(n, kPlain); }
void* operator new(std::size_t n, std::align_val_t a) { return given_or_thrown(n, static_cast<std::size_t>(a)); }
void* operator new[](std::size_t n, std::align_val_t a) { return given_or_thrown(n, static_cast<std::size_t>(a)); }
void* operator new(std::size_t n, const std::nothrow_t&) noexcept { return given(n, kPlain); }
void* operator new[](std::size_t n, const std::nothrow_t&) noexcept { return given(n, kPlain); }
void operator delete(void* p) noexcept { take_back(p); }
void operator delete[](void* p) noexcept { take_back(p); }
void operator delete(void* p, std::size_t) noexcept { take_back(p); }
void operator delete[](void* p, std::size_t) noexcept { take_back(p); }
void operator delete(void* p, std::align_val_t) noexcept { take_back(p); }
void operator delete[](void* p, std::align_val_t) noexcept { take_back(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { take_back(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { take_back(p); }

namespace weft::testing {
namespace {

using ::testing::HasSubstr;

// While it lives, operator new gives at most `bytes` at a time.
struct Limit {
  explicit Limit(std::size_t bytes) {
    refused = 0;
    largest = bytes;
  }
  ~Limit() { largest = SIZE_MAX; }
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;
};

constexpr std::int64_t kRows = 300'000;
constexpr std::size_t kLimit = std::size_t{1} << 20;

// The message of the OutOfMemory that f throws; every other exception goes on and ends the test.
std::string refusal(const std::function<void()>& f, std::size_t limit = kLimit) {
  try {
    const Limit bound(limit);
    f();
  } catch (const OutOfMemory& e) {
    EXPECT_GT(refused, 0);
    return e.what();
  }
  return "nothing was thrown";
}

TEST(HostMemory, AllocatingTranslates) {
  EXPECT_EQ(detail::allocating("f", 4, [] { return 7; }), 7);
  const auto message = [](const std::function<void()>& f, std::size_t bytes) {
    try {
      const Scope scope("layer");
      detail::allocating("f", bytes, f);
    } catch (const OutOfMemory& e) {
      return std::string(e.what());
    }
    return std::string("nothing was thrown");
  };
  const std::size_t beyond = std::vector<int>().max_size() + 1;
  const volatile std::size_t hidden = beyond;  // the compiler shall not warn of it
  EXPECT_EQ(message([&] { std::vector<int>{}.reserve(hidden); }, 12),
            "[f] layer: asked for 12 bytes of host memory, and the system has not so much; ask for less at a time");
  EXPECT_EQ(message([] { throw std::bad_alloc(); }, 0),
            "[f] layer: the system has no more host memory for what is asked; ask for less at a time");
  EXPECT_THROW(detail::allocating("f", 1, [] { throw ValueError("mine"); }), ValueError);
}

TEST(HostMemory, Reads) {
  const Tensor x = zeros({kRows, 4});
  EXPECT_THAT(refusal([&] { static_cast<void>(x.to_vector()); }),
              HasSubstr("[to_vector] asked for 4800000 bytes of host memory"));
  std::vector<double> as(static_cast<std::size_t>(x.numel()));
  EXPECT_THAT(refusal([&] { x.copy_to<double>(as); }), HasSubstr("[read] asked for 4800000 bytes"));
  EXPECT_THAT(refusal([&] { static_cast<void>(x.text()); }), HasSubstr("[text] asked for 4800000 bytes"));
  EXPECT_EQ(x.to_vector().size(), as.size());
}

TEST(HostMemory, Files) {
  const TemporaryDirectory directory;
  std::string table;
  for (std::int64_t i = 0; i < kRows; ++i) table += "1.5\n";
  write_file(directory / "table.csv", table);
  EXPECT_THAT(refusal([&] { static_cast<void>(data::read_csv(directory / "table.csv")); }),
              HasSubstr("table.csv: the system has no more host memory"));
  std::string images{'\0', '\0', '\x08', '\x01', '\0', '\x40', '\0', '\0'};
  images.append(std::size_t{0x400000}, '\x01');
  write_file(directory / "images", images);
  EXPECT_THAT(refusal([&] { static_cast<void>(data::read_idx(directory / "images")); }),
              HasSubstr("images: the system has no more host memory"));
  const std::string long_name(2 * kLimit, 'n');
  write_safetensors(directory / "weights", {{long_name, zeros({1})}, {"w", zeros({kRows, 4})}});
  EXPECT_THAT(refusal([&] { SafetensorsFile(directory / "weights"); }),
              HasSubstr("weights: the system has no more host memory"));
  const SafetensorsFile copies(directory / "weights", {.map = false});
  EXPECT_THAT(refusal([&] { static_cast<void>(copies.tensor("w")); }), HasSubstr("asked for 4800000 bytes"));
  EXPECT_EQ(copies.tensor("w").numel(), kRows * 4);
}

TEST(HostMemory, Data) {
  const Dataset rows({zeros({kRows, 1}), zeros({kRows})});
  for (const bool shuffle : {true, false}) {
    Loader loader(rows, {.batch_size = 4, .shuffle = shuffle});
    EXPECT_THAT(refusal([&] { static_cast<void>(loader.begin()); }), HasSubstr("[loader] asked for 2400000 bytes"));
    static_cast<void>(loader.begin());
  }
  EXPECT_THAT(refusal([&] { static_cast<void>(rows.split(0.5, 1)); }), HasSubstr("[dataset] asked for 2400000 bytes"));
  std::vector<std::int64_t> all(static_cast<std::size_t>(kRows), 0);
  EXPECT_THAT(refusal([&] { static_cast<void>(rows.subset(all)); }), HasSubstr("asked for 1200000 bytes"));
}

TEST(HostMemory, InitialValues) {
  const Parameter p({1000, 300}, init::orthogonal());
  EXPECT_THAT(refusal([&] { p.initialize(1); }), HasSubstr("[to_vector] asked for 2400000 bytes"));
  EXPECT_FALSE(p.initialized());
}

// A long program: its nodes are many megabytes.
TEST(HostMemory, Programs) {
  const auto longer = [](Tensor x) {
    for (int i = 0; i < 20'000; ++i) x = sin(x) + static_cast<double>(i);
    return x;
  };
  auto program = compile(longer);
  EXPECT_THAT(refusal([&] { program(ones({2})); }), HasSubstr("the system has no more host memory"));
  EXPECT_EQ(program.traces(), 0u);
}

// 64 MiB of rows, made as they are read.
struct ManyRows {
  static constexpr std::int64_t kWidth = 4096;
  std::int64_t size() const { return 4096; }
  std::vector<Tensor> rows(std::span<const std::int64_t> rows) const {
    std::vector<float> x(rows.size() * kWidth), y;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto row = static_cast<float>(rows[i] % 7);
      std::fill_n(x.begin() + static_cast<std::ptrdiff_t>(i * kWidth), kWidth, row);
      y.push_back(row);
    }
    return {Tensor::of(x, {std::ssize(rows), kWidth}), Tensor::of(y, {std::ssize(rows), 1})};
  }
};

TEST(HostMemory, ASourceNeedsRoomForAFewBatchesAlone) {
  const DeviceScope cpu(Device::cpu());
  Sequential model{Linear(ManyRows::kWidth, 1)};
  Trainer trainer(model, MSE(), SGD{.lr = 1e-6}, {.device = Device::cpu(), .seed = 1});
  const FitOptions options{.batch_size = 16, .quiet = true};
  trainer.fit(ManyRows{}, options);
  const std::size_t before = live;
  peak = before;
  const auto doubled = [](std::vector<Tensor> row) -> std::vector<Tensor> { return {row[0] * 2, row[1]}; };
  trainer.fit(data::map(ManyRows{}, doubled, {.threads = 3}), options);
  EXPECT_LT(peak - before, std::size_t{8} << 20);
  EXPECT_GT(peak - before,
            std::size_t{16 * ManyRows::kWidth * sizeof(float)});  // a batch, so that something was counted
}

}  // namespace
}  // namespace weft::testing
