// SPDX-License-Identifier: Apache-2.0
// Ways for a program to end while the library is still in use: objects of the program whose destructors work, exit() in
// a callback, threads that go on. The argument names the way; exit status 0 and no crash are right.
#include <unistd.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "weft/weft.h"

namespace {

using weft::Tensor;

weft::Dataset rows() {
  weft::seed(1);
  const Tensor x = weft::uniform({64, 4}), y = weft::arange(64, weft::DType::kI64);
  return weft::Dataset({x, weft::argmax(weft::matmul(x, weft::uniform({4, 3})), 1)});
}

struct Training {
  weft::Sequential model{weft::Linear(4, 16), weft::ReLU(), weft::Dropout(0.2), weft::Linear(16, 3)};
  weft::Trainer trainer{model, weft::CrossEntropy(), weft::Adam{}};
  void fit(int epochs, std::vector<std::shared_ptr<weft::Callback>> callbacks = {}) {
    trainer.fit(rows(), {.epochs = epochs, .callbacks = std::move(callbacks), .quiet = true});
  }
};

// All that a program may do at its end; throws if a result is wrong.
void work(Training& training) {
  training.fit(1);
  const double loss = training.trainer.evaluate(rows()).loss;
  if (!(loss > 0)) throw weft::ValueError("exit", "", "no loss");
  if (training.trainer.predict(rows().column(0)).numel() != 64 * 3) throw weft::ValueError("exit", "", "no prediction");
  const std::filesystem::path path = std::filesystem::temp_directory_path() / ("weft_exit_" + std::to_string(getpid()));
  weft::save(training.model, path);
  weft::load(training.model, path);
  std::filesystem::remove(path);
  auto f = weft::compile([](Tensor x) { return weft::matmul(x, x).sum() + weft::exp(x).mean(); });
  if (!(f(weft::ones({300, 300})).item() > 0)) throw weft::ValueError("exit", "", "no product");
  const Tensor logits = weft::zeros({2, 3}, weft::DType::kBF16);
  weft::cross_entropy(logits, Tensor::of<std::int64_t>({0, 1}, {2})).item();
  const weft::Scope scope("late");
  weft::log(weft::LogLevel::kInfo, "still here");
}

void finish(Training& training) noexcept {
  try {
    work(training);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    std::_Exit(2);
  }
}

struct AtExit {
  bool on = false;
  std::unique_ptr<Training> training;
  ~AtExit() {
    if (!on) return;
    if (!training) training = std::make_unique<Training>();
    finish(*training);
  }
};
AtExit at_exit;  // before main(), so that it goes after all that main() makes

struct Stop : weft::Callback {
  void on_epoch(weft::FitState&) override { std::exit(0); }
};

}  // namespace

int main(int, char** arguments) {
  const std::string_view way = arguments[1];
  if (way == "first-use") {
    at_exit.on = true;  // nothing of the library has run before
  } else if (way == "static") {
    at_exit.on = true;
    at_exit.training = std::make_unique<Training>();
    work(*at_exit.training);
  } else if (way == "late-static") {
    static AtExit late;
    late.on = true;
    late.training = std::make_unique<Training>();
    work(*late.training);
  } else if (way == "thread-local") {
    std::thread([] {
      thread_local AtExit of_thread;
      of_thread.on = true;
      of_thread.training = std::make_unique<Training>();
      work(*of_thread.training);
    }).join();
    thread_local AtExit of_main;
    of_main.on = true;
  } else if (way == "callback") {
    at_exit.on = true;
    at_exit.training = std::make_unique<Training>();
    at_exit.training->fit(3, {std::make_shared<Stop>()});
  } else if (way == "thread") {
    std::thread([] {
      Training training;
      for (;;) work(training);
    }).detach();
    std::this_thread::sleep_for(std::chrono::milliseconds(std::atoi(arguments[2])));
  } else {
    return 3;
  }
  return 0;
}
