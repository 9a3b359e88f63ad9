// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <CLI/CLI.hpp>

std::optional<Options> parse_options(int argc, char** argv, int& exit_code) {
  Options o;
  CLI::App app("Trains a multi-layer perceptron on handwritten digits.", "digits");
  app.add_option("--epochs", o.epochs, "passes over the training data")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app.add_option("--batch-size", o.batch_size, "rows per update")->check(CLI::Range(2, 1000000))->capture_default_str();
  app.add_option("--lr", o.lr, "peak learning rate")->check(CLI::Range(0.0, 1e6))->capture_default_str();
  app.add_option("--seed", o.seed, "of weights, dropout and order")->capture_default_str();
  app.add_option("--device", o.device, "cpu, cuda, cuda:1 or best")->capture_default_str();
  app.add_option("--precision", o.precision, "of products and activations: f32, tf32, bf16 or f16")
      ->check(CLI::IsMember({"f32", "tf32", "bf16", "f16"}))
      ->capture_default_str();
  app.add_option("--out", o.out, "directory for the model, the history and the report")->capture_default_str();
  app.add_option("--mnist", o.mnist, "directory with the original MNIST files: train on them instead");
  app.add_option("--split", o.split, "with --mnist: of the test files alone, the share of images to train on")
      ->check(CLI::Range(0.01, 0.99))
      ->needs("--mnist");
  CLI::Option* dry_run = app.add_flag("--dry-run", o.dry_run, "print where the memory goes, and stop");
  app.add_option("--memory", o.memory, "with --dry-run: the memory that the largest batch is computed for, as 16GiB")
      ->transform(CLI::AsSizeValue(false))
      ->needs(dry_run);
  app.add_flag("--explain", o.explain, "print the kernels of a training step: what is fused, costs and times");
  app.add_flag("--quiet", o.quiet, "only the result");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    exit_code = app.exit(e);
    return std::nullopt;
  }
  return o;
}
