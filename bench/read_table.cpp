// SPDX-License-Identifier: Apache-2.0
// Reads a table again and again, for driver/read_table.py: a line "wall_us cpu_us rows missing" for each line of input.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <exception>
#include <string>

#include "weft/weft.h"

namespace {

double cpu_us() { return 1e6 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }  // of all threads

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bench_read_table FILE THREADS\n");
    return 2;
  }
  try {
    weft::set_num_threads(std::stoi(argv[2]));
    while (std::getchar() == '\n') {
      const double cpu = cpu_us();
      const auto begin = std::chrono::steady_clock::now();
      const weft::data::Table table = weft::data::read_table(argv[1]);
      const std::chrono::duration<double, std::micro> wall = std::chrono::steady_clock::now() - begin;
      const double used = cpu_us() - cpu;
      std::int64_t missing = 0;
      for (const std::string& name : table.names()) missing += table.column(name).missing();
      std::printf("%.0f %.0f %lld %lld\n", wall.count(), used, static_cast<long long>(table.size()),
                  static_cast<long long>(missing));
      std::fflush(stdout);
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_read_table: %s\n", error.what());
    return 1;
  }
}
