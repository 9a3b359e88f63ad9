// SPDX-License-Identifier: Apache-2.0
// Trains a multi-layer perceptron on handwritten digits and reports on it.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "examine.h"
#include "files.h"
#include "options.h"
#include "report.h"
#include "weft/weft.h"

namespace {

// Images as rows of pixels.
weft::Dataset flat(const weft::Dataset& data) {
  return weft::Dataset({data.column(0).reshape({data.size(), -1}), data.column(1)});
}

weft::Split load_data(const Options& options) {
  if (options.mnist.empty()) return weft::data::digits();
  if (options.split > 0) {
    const weft::Split split = weft::data::mnist(options.mnist, false).split(options.split);
    return {flat(split.train), flat(split.test)};
  }
  return {flat(weft::data::mnist(options.mnist, true)), flat(weft::data::mnist(options.mnist, false))};
}

weft::Precision precision_of(const std::string& name) {
  if (name == "tf32") return weft::Precision::kTF32;
  if (name == "bf16") return weft::Precision::kBF16;
  return name == "f16" ? weft::Precision::kF16 : weft::Precision::kF32;
}

weft::Sequential make_model(std::int64_t pixels) {
  return weft::Sequential{weft::Linear(pixels, 128), weft::BatchNorm(128), weft::ReLU(), weft::Dropout(0.2),
                          weft::Linear(128, kClasses)};
}

weft::Trainer make_trainer(const Options& options, const weft::Split& data, weft::Sequential& model) {
  const std::int64_t rows = std::min(options.batch_size, data.train.size());
  const std::int64_t updates = options.epochs * ((data.train.size() + rows - 1) / rows);
  weft::Trainer trainer(
      model, weft::CrossEntropy(), weft::AdamW{.lr = weft::schedule::warmup_cosine(options.lr, updates / 10, updates)},
      {.device = weft::default_device(), .seed = options.seed, .precision = precision_of(options.precision)});
  trainer.prepare(data.train, rows);
  return trainer;
}

// Facts for the user before the first step.
Run describe(const Options& options, const weft::Split& data, weft::Sequential& model, const weft::Trainer& trainer) {
  Run run;
  run.options = options;
  run.device = weft::default_device();
  run.data = (options.mnist.empty() ? "digits: " : "MNIST: ") + std::to_string(data.train.size()) +
             " images to train on, " + std::to_string(data.test.size()) + " to test";
  const std::int64_t rows = std::min(options.batch_size, data.train.size());
  run.summary = weft::summary(model, {{.shape = {rows, data.train.column(0).dim(1)}}}).text();
  run.memory = trainer.memory_plan().text();
  if (options.explain) run.profile = trainer.profile();
  return run;
}

std::string settings(const Options& options) {
  std::ostringstream out;
  out << "batch size " << options.batch_size << ", learning rate " << options.lr << ", seed " << options.seed << ", "
      << options.precision;
  return out.str();
}

void train(Run& run, const weft::Split& data, weft::Trainer& trainer) {
  const std::int64_t rows = std::min(run.options.batch_size, data.train.size());
  const auto sections = [&] {
    run.test = examine(trainer.predict(data.test.column(0)), data.test.column(1));
    return report_sections(run.test, data.test.column(0));
  };
  run.history = trainer.fit(
      data.train,
      {.epochs = run.options.epochs,
       .batch_size = rows,
       .validation = data.test,
       .callbacks = {weft::callbacks::report(
           run.options.out / "report.html",
           {.title = "Handwritten digits", .about = run.data + "\n" + settings(run.options), .sections = sections})},
       .quiet = run.options.quiet});
  const weft::Tensor logits = trainer.predict(data.test.column(0)), labels = data.test.column(1).to(logits.device());
  weft::plot::confusion_matrix(weft::metrics::confusion_matrix(logits, labels), run.options.out / "confusion.svg", {},
                               {.title = "Test images"});
}

void print_largest_batch(const Run& run, const weft::Split& data, weft::Trainer& trainer) {
  const auto given = static_cast<std::int64_t>(run.options.memory);
  const std::int64_t memory = given > 0 ? given : weft::free_memory(run.device);
  std::printf("largest batch for %.2f GiB%s: %lld rows\n", static_cast<double>(memory) / (1 << 30),
              given > 0 ? "" : ", which are free", static_cast<long long>(trainer.largest_batch(data.train, memory)));
}

void write_results(const Run& run, weft::Sequential& model) {
  const std::filesystem::path& out = run.options.out;
  weft::save(model, out / "model.safetensors");
  weft::replace_file(out / "history.json", history_json(run), "digits");
  std::printf("wrote %s, history.json, report.html, confusion.svg\n", (out / "model.safetensors").c_str());
}

}  // namespace

int main(int argc, char** argv) try {
  int exit_code = 0;
  const std::optional<Options> options = parse_options(argc, argv, exit_code);
  if (!options) return exit_code;
  // The device is shown with the run: of what weft logs, only warnings are news.
  weft::set_log_callback([](weft::LogLevel level, std::string_view message) {
    if (level == weft::LogLevel::kWarning)
      std::fprintf(stderr, "%.*s\n", static_cast<int>(message.size()), message.data());
  });
  const weft::DeviceScope device(weft::Device::parse(options->device));
  if (!options->dry_run) make_directory(options->out);  // before the work, not after it
  const weft::Split data = load_data(*options);
  weft::Sequential model = make_model(data.train.column(0).dim(1));
  weft::Trainer trainer = make_trainer(*options, data, model);
  Run run = describe(*options, data, model, trainer);
  if (!options->quiet || options->dry_run)
    std::printf("%s\n%s\n\n%s\n%s\n", run.device.describe().c_str(), run.data.c_str(), run.summary.c_str(),
                run.memory.c_str());
  if (options->explain) std::printf("%s\n", run.profile.text().c_str());
  if (options->dry_run) {
    print_largest_batch(run, data, trainer);
    return 0;
  }
  train(run, data, trainer);
  if (!options->quiet) std::printf("\n%s\n", confusion_text(run.test).c_str());
  std::printf("test accuracy %.2f %%\n", 100 * run.test.accuracy);
  write_results(run, model);
  return 0;
} catch (const weft::Error& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
