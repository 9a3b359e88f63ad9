// SPDX-License-Identifier: Apache-2.0
// Serves the cases over a pipe, so that a driver can take turns between weft and its peer: one command per line, one
// line of answer, "ok ..." or "error MESSAGE".
//   list                     the names of the cases
//   ops                      the names of the cases of one op each
//   recipes                  the names of the cases of one recipe each
//   open NAME [tiny]         makes a case ready: what it is, its FLOPs, bytes and footprint
//   probe FILE               writes the first steps' inputs and results as safetensors
//   explain FILE             writes the kernels of a step and their times; after a step
//   run SECONDS BURST        microseconds per step, one number per burst of steps
//   roof product             FLOPs per second, f32 and bf16
//   roof copy BYTES          bytes per second, plain and non-temporal
//   machine                  what runs here
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <optional>
#include <sstream>

#include "bench/case.h"
#include "bench/roof.h"
#include "weft/file.h"
#include "weft/safetensors.h"
#include "weft/version.h"

namespace weft::bench {
namespace {

using Clock = std::chrono::steady_clock;

class Server {
 public:
  explicit Server(Device device) : device_(device) {}

  std::string answer(const std::string& line) {
    std::istringstream words(line);
    std::string command;
    words >> command;
    if (command == "list") return list(rows());
    if (command == "ops") return list(op_rows());
    if (command == "recipes") return list(recipe_rows());
    if (command == "open") return open(words);
    if (command == "probe") return probe(words);
    if (command == "explain") return explain(words);
    if (command == "run") return run(words);
    if (command == "roof") return roof(words);
    if (command == "machine") return "ok weft=" + std::string(WEFT_VERSION) + " " + device_.describe();
    throw ValueError("no such command: " + command);
  }

 private:
  static std::string list(const std::vector<Row>& all) {
    std::string names = "ok";
    for (const Row& row : all) names += " " + row.name;
    return names;
  }

  std::string open(std::istringstream& words) {
    std::string name, size;
    words >> name >> size;
    const std::vector<Row> all = name.starts_with("op-")       ? op_rows()
                                 : name.starts_with("update-") ? recipe_rows()
                                                               : rows();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Row& row) { return row.name == name; });
    if (found == all.end()) throw ValueError("no such case: " + name);
    case_.reset();
    seed(1);
    case_ = found->make({device_, size == "tiny"});
    std::ostringstream out;
    out.precision(17);
    out << "ok " << case_->about << " flops=" << case_->flops << " bytes=" << case_->bytes
        << " footprint=" << case_->footprint;
    return out.str();
  }

  std::string probe(std::istringstream& words) {
    std::string file;
    std::getline(words >> std::ws, file);
    write_safetensors(file, opened().probe());
    return "ok";
  }

  std::string explain(std::istringstream& words) {
    std::string file;
    std::getline(words >> std::ws, file);
    replace_file(file, opened().explain(), "explain");
    return "ok";
  }

  std::string run(std::istringstream& words) {
    constexpr std::size_t kAtLeast = 3, kAtMost = 100'000;
    double seconds = 0;
    int burst = 1;
    words >> seconds >> burst;
    Case& made = opened();
    std::vector<double> samples;
    const Clock::time_point begin = Clock::now();
    Clock::time_point before = begin;
    while (samples.size() < kAtMost &&
           (samples.size() < kAtLeast || std::chrono::duration<double>(before - begin).count() < seconds)) {
      for (int i = 0; i < burst; ++i) made.step();
      synchronize(device_);
      const Clock::time_point now = Clock::now();
      samples.push_back(std::chrono::duration<double, std::micro>(now - before).count() / burst);
      before = now;
    }
    std::ostringstream out;
    out.precision(6);
    out << "ok";
    for (const double sample : samples) out << " " << sample;
    return out.str();
  }

  static std::string roof(std::istringstream& words) {
    std::string what;
    words >> what;
    std::ostringstream out;
    out.precision(6);
    if (what == "product") {
      out << "ok f32=" << product_roof_f32();
      if (const std::optional<double> bf16 = product_roof_bf16()) out << " bf16=" << *bf16;
      return out.str();
    }
    double footprint = 0;
    words >> footprint;
    const CopyRoof copy = copy_roof(static_cast<std::size_t>(footprint));
    out << "ok plain=" << copy.plain << " non_temporal=" << copy.non_temporal;
    return out.str();
  }

  Case& opened() {
    if (!case_) throw ValueError("no case is open");
    return *case_;
  }

  Device device_;
  std::optional<Case> case_;
};

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string answer(Server& server, const std::string& line) {
  try {
    return server.answer(line);
  } catch (const std::exception& error) {
    return "error " + one_line(error.what());
  }
}

int serve(const std::string& device, int threads) {
  const Device where = Device::parse(device);
  if (threads > 0) set_num_threads(threads);
  const DeviceScope scope(where);
  Server server(where);
  for (std::string line; std::getline(std::cin, line);) std::cout << answer(server, line) << std::endl;
  return 0;
}

}  // namespace
}  // namespace weft::bench

int main(int argc, char** argv) {
  try {
    if (argc > 3) throw weft::ValueError("usage: bench_weft [DEVICE [THREADS]], then commands on the standard input");
    return weft::bench::serve(argc > 1 ? argv[1] : "cpu", argc > 2 ? std::stoi(argv[2]) : 0);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_weft: %s\n", error.what());
    return 1;
  }
}
