// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

struct Options {
  int epochs = 30;
  std::int64_t batch_size = 64;
  double lr = 1e-2;
  std::uint64_t seed = 7;
  std::string device = "best";
  std::string precision = "f32";
  std::filesystem::path out = "runs/digits";
  std::filesystem::path mnist;  // empty: the digits built into weft
  bool quiet = false;
};

// Reads the command line. Empty when the program has nothing to do: `exit_code` says whether that was --help or an
// error, and what is to be said has been printed.
std::optional<Options> parse_options(int argc, char** argv, int& exit_code);
