// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <charconv>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "weft/weft.h"

// The arguments of the small examples:
//   PROGRAM [length] [device] [--seed N] [--data PATH] [--out FOLDER] [--no-bar] [--dry-run] [--explain]
struct Options {
  std::int64_t length = 1;          // epochs or steps, whichever the program counts
  std::filesystem::path data{};     // what the program reads, if it reads anything
  std::uint64_t seed = 1;           // of all draws
  std::string device = "best";      // as Device::parse() takes it
  std::filesystem::path out = ".";  // folder of the pictures
  bool is_judged = true;            // false with --no-bar, for runs that are too short: a missed bar is no failure
  bool dry_run = false;             // print the memory plan of a step and stop
  bool explain = false;             // print the kernels of a step and their times
};

[[noreturn]] inline void wrong_argument(const std::string& message) {
  throw weft::ValueError("arguments", "", message);
}

template <class T>
T number_argument(std::string_view name, std::string_view text, T least) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least)
    wrong_argument(std::string(name) + " is \"" + std::string(text) + "\", want a number" +
                   (least > 0 ? " above 0" : ""));
  return value;
}

inline Options parse_options(int argc, char** argv, Options options) {
  int position = 0;
  for (int i = 1; i < argc; ++i) {
    const std::string_view text = argv[i];
    const auto value = [&] {
      if (++i == argc) wrong_argument(std::string(text) + " wants a value");
      return std::string_view(argv[i]);
    };
    if (text == "--dry-run") {
      options.dry_run = true;
    } else if (text == "--explain") {
      options.explain = true;
    } else if (text == "--no-bar") {
      options.is_judged = false;
    } else if (text == "--seed") {
      options.seed = number_argument<std::uint64_t>(text, value(), 0);
    } else if (text == "--data") {
      options.data = value();
    } else if (text == "--out") {
      options.out = value();
    } else if (position == 0 && !text.starts_with('-')) {
      options.length = number_argument<std::int64_t>("the length", text, 1);
      ++position;
    } else if (position == 1 && !text.starts_with('-')) {
      options.device = text;
      ++position;
    } else {
      wrong_argument("\"" + std::string(text) + "\" is no argument of this program");
    }
  }
  return options;
}

// Runs `learn`, which prints what it has learned and says whether its bar is met, on the device and with the seed that
// were asked for. The result is the exit status: 1 where the bar is missed.
template <class Learn>
int run_example(int argc, char** argv, Options defaults, Learn learn) try {
  const Options options = parse_options(argc, argv, std::move(defaults));
  const weft::DeviceScope device(weft::Device::parse(options.device));
  weft::seed(options.seed);
  std::error_code error;
  std::filesystem::create_directories(options.out, error);
  if (error)
    throw weft::FormatError("pictures", options.out.string(), "cannot create the directory: " + error.message());
  return learn(options) || !options.is_judged ? 0 : 1;
} catch (const weft::Error& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 2;
}

// Plans the step for these arguments and prints what was asked for. True when that is all there is to do.
template <class Step, class... Given>
bool only_planned(const Options& options, Step& step, const Given&... given) {
  if (!options.dry_run && !options.explain) return false;
  step.prepare(given...);
  if (options.explain) std::printf("%s\n", step.explain().c_str());
  if (!options.dry_run) return false;
  const std::int64_t free = weft::free_memory(weft::default_device());
  std::printf("%s\nlargest batch for the %.1f GiB that are free: %" PRId64 " rows\n", step.memory_plan().text().c_str(),
              static_cast<double>(free) / (1 << 30), step.largest_batch(free, given...));
  return true;
}
