// SPDX-License-Identifier: Apache-2.0
// Serving a model: one sealed program, a session per thread, requests of any size up to a limit, answers written
// straight into the caller's memory.
//
// usage: server [requests per thread] [epochs of training before] [device]
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <thread>
#include <vector>

#include "weft/weft.h"

int main(int argc, char** argv) {
  constexpr std::int64_t kPixels = 64, kLargest = 64;
  constexpr int kThreads = 4;
  const int requests = argc > 1 ? std::atoi(argv[1]) : 1000;
  const int epochs = argc > 2 ? std::atoi(argv[2]) : 10;
  const weft::Device device = argc > 3 ? weft::Device::parse(argv[3]) : weft::Device::best();

  const weft::Split digits = weft::data::digits();
  weft::Sequential model{weft::Linear(kPixels, 128), weft::BatchNorm(128), weft::ReLU(), weft::Dropout(0.2),
                         weft::Linear(128, 10)};
  weft::Trainer trainer(model, weft::CrossEntropy(), weft::AdamW{.lr = 3e-3}, {.device = device, .seed = 7});
  trainer.fit(digits.train, {.epochs = epochs, .batch_size = 64, .quiet = true});
  model.eval();

  auto classify = weft::compile([&](weft::Tensor x) { return weft::argmax(model(x)); },
                                {.name = "classify", .device = device, .buckets = {{1, 4, 16, kLargest}}});
  classify.prepare({{.shape = {kLargest, kPixels}}});  // all four sizes: no request plans or builds anything
  classify.seal();                                     // from here on nothing changes, so sessions may run at once

  // The clients' pictures, in ordinary memory.
  const std::vector<float> pictures = digits.test.column(0).to_vector();
  const std::vector<std::int64_t> labels = digits.test.column(1).to_vector<std::int64_t>();
  std::array<std::int64_t, kThreads> asked{}, right{};

  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      auto session = classify.session();
      std::vector<std::int64_t> answer(kLargest);
      for (int i = 0; i < requests; ++i) {
        const std::size_t rows = 1 + static_cast<std::size_t>(i) * (t + 7) % kLargest;
        const std::size_t first = static_cast<std::size_t>(i) * 13 % (labels.size() - rows);
        const auto in = std::span(pictures).subspan(first * kPixels, rows * kPixels);
        const auto out = std::span(answer).first(rows);
        session.into(std::array{weft::Out::borrow(out)},
                     weft::Tensor::borrow(in, {static_cast<std::int64_t>(rows), kPixels}));
        for (std::size_t r = 0; r < rows; ++r) right[t] += out[r] == labels[first + r];
        asked[t] += static_cast<std::int64_t>(rows);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;

  std::int64_t all = 0, good = 0;
  for (std::size_t t = 0; t < kThreads; ++t) all += asked[t], good += right[t];
  std::printf("%d requests, %lld pictures in %.3f s on %s: %.1f%% right\n", kThreads * requests,
              static_cast<long long>(all), seconds.count(), device.name().c_str(),
              100.0 * static_cast<double>(good) / static_cast<double>(all));
}
