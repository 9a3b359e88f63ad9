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
  double split = 0;             // share of the MNIST test files to train on; 0: the training files
  bool quiet = false;
  bool dry_run = false;      // print the memory plan and stop
  bool explain = false;      // print the kernels of a step
  std::uint64_t memory = 0;  // for the largest batch of the plan; 0: what the device has free
};

// Reads the command line. Empty when the program has nothing to do: `exit_code` says whether that was --help or an
// error, and what is to be said has been printed.
std::optional<Options> parse_options(int argc, char** argv, int& exit_code);
