// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "tests/oracle/golden.h"
#include "tests/support/every_device.h"
#include "tests/support/files.h"
#include "weft/activation.h"
#include "weft/batch_norm.h"
#include "weft/linear.h"
#include "weft/ops.h"
#include "weft/random.h"
#include "weft/sequential.h"
#include "weft/serialize.h"

namespace weft::testing {
namespace {

Sequential classifier() { return Sequential{Linear(64, 16), BatchNorm(16), ReLU(), Linear(16, 10)}; }

class Tied : public Module {
 public:
  Tied() { decoder.weight = encoder.weight; }
  Tensor forward(Tensor x) const { return decoder(relu(encoder(x))); }
  Linear encoder{6, 6}, decoder{6, 6};
  WEFT_MODULE(encoder, decoder)
};

class ExchangeOn : public EveryDevice {
 protected:
  std::filesystem::path path(const char* name) const { return directory_ / name; }

  // Saves the model, has PyTorch load and run it, compares.
  template <class M>
  void check_in_torch(M& model, const char* kind, const Tensor& x) {
    const char* python = std::getenv("WEFT_TORCH_PYTHON");
    if (!python || !*python) GTEST_SKIP() << "WEFT_TORCH_PYTHON is not set; scripts/torch.sh makes one";
    model.eval();
    save(model, path("model.safetensors"));
    write_safetensors(path("x.safetensors"), {{"x", x}});
    const std::string script = (std::filesystem::path(WEFT_SOURCE_DIR) / "tests/oracle/run_model.py").string();
    std::string command = "\"" + std::string(python) + "\" -B \"" + script + "\" " + kind;
    for (const char* file : {"model.safetensors", "x.safetensors", "y.safetensors"})
      command += " \"" + path(file).string() + "\"";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
    expect_like(model(x), SafetensorsFile(path("y.safetensors")).tensor("y"), kind);
  }

 private:
  TemporaryDirectory directory_;
};

TEST_P(ExchangeOn, PyTorchsFileLoadsAndComputesTheSame) {
  Sequential model = classifier();
  const auto golden = std::filesystem::path(WEFT_SOURCE_DIR) / "tests/oracle/golden/model.safetensors";
  const LoadReport report = load(model, golden);
  EXPECT_EQ(report.loaded.size(), 9u) << report.text();
  model.eval();
  const SafetensorsFile expected = open_golden("model_expected");
  expect_like(model(expected.tensor("x").to(device())), expected.tensor("y"), "y");
}

TEST_P(ExchangeOn, PyTorchLoadsAndRunsWhatIsSaved) {
  seed(3);
  Sequential model = classifier();
  for (int i = 0; i < 3; ++i) model(2 * randn({32, 64}) + 1);  // moves the running statistics
  check_in_torch(model, "classifier", randn({8, 64}));
}

TEST_P(ExchangeOn, PyTorchLoadsTiedWeights) {
  seed(4);
  Tied model;
  check_in_torch(model, "tied", randn({5, 6}));
}

WEFT_ON_EVERY_DEVICE(ExchangeOn);

}  // namespace
}  // namespace weft::testing
