// SPDX-License-Identifier: Apache-2.0
// A residual net on small color images, with augmentation on the loader's threads, and a picture of the pixels that
// spoke for the class. A run that was stopped goes on from the last epoch in its folder, with the same bits.
// usage: residual [epochs] [device] [--data FOLDER] [--seed N] [--out FOLDER] [--dry-run] [--explain]
// FOLDER holds CIFAR-10's binary files, a folder of PNG and JPEG files for each class, or MNIST's files; MNIST and,
// without FOLDER, the built-in digits get colors.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "handwritten.h"
#include "options.h"
#include "weft/weft.h"

namespace {

struct Residual : weft::Module {
  Residual(std::int64_t in, std::int64_t out, std::int64_t stride)
      : conv1(in, out, 3, {.stride = stride, .padding = 1, .bias = false}),
        norm1(out),
        conv2(out, out, 3, {.padding = 1, .bias = false}),
        norm2(out) {
    if (stride != 1 || in != out) shortcut.emplace(in, out, 1, weft::ConvOptions{.stride = stride, .bias = false});
  }
  weft::Tensor forward(const weft::Tensor& x) const {  // (n, h, w, in)
    const weft::Tensor y = norm2(conv2(weft::relu(norm1(conv1(x)))));
    return weft::relu(y + (shortcut ? (*shortcut)(x) : x));
  }
  weft::Conv2d conv1;
  weft::BatchNorm norm1;
  weft::Conv2d conv2;
  weft::BatchNorm norm2;
  std::optional<weft::Conv2d> shortcut;
  WEFT_MODULE(conv1, norm1, conv2, norm2, shortcut)
};

struct Net : weft::Module {
  Net(std::int64_t width, std::int64_t classes)
      : body{weft::Conv2d(3, width, 3, {.padding = 1, .bias = false}),
             weft::BatchNorm(width),
             weft::ReLU(),
             Residual(width, width, 1),
             Residual(width, 2 * width, 2),
             Residual(2 * width, 4 * width, 2)},
        head(4 * width, classes) {}
  weft::Tensor forward(const weft::Tensor& x) const { return head(pool(features(x))); }
  // Bytes become floats here, so that batches travel to the device as bytes.
  [[nodiscard]] weft::Tensor features(const weft::Tensor& x) const {
    return body((x.to(weft::DType::kF32) / 255 - 0.5) / 0.25);
  }
  // Class activation map (n, 8, 8) of classes (n): the features weighed as the head weighs them for the class.
  // Source: Zhou et al. 2016.
  [[nodiscard]] weft::Tensor activation(const weft::Tensor& x, const weft::Tensor& classes) const {
    const weft::Tensor weights = weft::take(head.weight.value(), classes);  // (n, features)
    return (features(x) * weights.reshape({x.dim(0), 1, 1, -1})).sum({3});
  }
  weft::Sequential body;
  weft::GlobalAvgPool2d pool;
  weft::Linear head;
  WEFT_MODULE(body, pool, head)
};

// Digits u8 (n, 28, 28) in white on black -> images of 32x32 pixels in a color on another one, drawn for each row.
weft::data::Images colored(const weft::Dataset& digits) {
  const weft::Tensor pixels = (digits.column(0) * 255).to(weft::DType::kU8);
  std::vector<std::string> names;
  for (int k = 0; k < 10; ++k) names.push_back(std::to_string(k));
  return weft::data::Images(weft::Dataset({pixels, digits.column(1)}), names)
      .map(weft::data::Resize({32, 32}))
      .map([](const weft::Tensor& gray) {
        const weft::Tensor ink = weft::uniform({1, 1, 3}, 128, 255), paper = weft::uniform({1, 1, 3}, 0, 96);
        return (paper + (ink - paper) * (gray.to(weft::DType::kF32) / 255)).to(weft::DType::kU8);
      });
}

struct Data {
  weft::data::ImageSplit images;
  std::int64_t width;  // channels of the first layer
  bool flips;          // mirrored images are of the same class
  double bar;          // accuracy; 0: none is known
};
Data load(const std::filesystem::path& folder) {
  if (holds(folder, "data_batch_1.bin")) return {weft::data::cifar10(folder), 32, true, 0};
  if (folder.empty() || holds(folder, "t10k-images")) {
    const weft::Split digits = handwritten(folder);
    return {{colored(digits.train), colored(digits.test)}, 16, false, folder.empty() ? 0.97 : 0.985};
  }
  return {weft::data::images(folder, {.size = {32, 32}}), 32, true, 0};
}

// Images above, below them the pixels that spoke for the predicted class.
void draw(const Net& model, const weft::data::Images& test, const std::filesystem::path& out) {
  std::vector<std::int64_t> rows(10);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int64_t>(i);
  const weft::Tensor images = weft::Source(test).rows(rows)[0].to(weft::default_device());
  const weft::Tensor map = model.activation(images, weft::argmax(model(images), -1));
  const weft::Tensor large = weft::resize(map.unsqueeze(3), {.size = 32, .mode = weft::ResizeMode::kLinear});
  const weft::Tensor high = weft::max(large, {1, 2, 3}, true);
  const weft::Tensor colors = images.to(weft::DType::kF32) / 255, lit = weft::clamp(large / high, 0.15, 1.0);
  weft::plot::images(weft::concat({colors, colors * lit}), out / "residual_activation.svg", 10,
                     {.title = "Images, and the pixels that spoke for their class"});
}

bool learn(const Options& options) {
  weft::seed(options.seed);
  Data data = load(options.data);
  weft::data::Images train = data.images.train.map(weft::data::RandomCrop(32, {.padding = data.flips ? 4 : 2}));
  if (data.flips) train = train.map(weft::data::RandomFlip());
  train = train.threads(2);
  Net model(data.width, train.classes());
  const weft::TensorSpec images{.shape = {64, 32, 32, 3}, .dtype = weft::DType::kU8};
  std::printf("%s", weft::summary(model, {images}).text().c_str());

  const std::int64_t updates = options.length * (train.size() / 64);
  const bool cuda = weft::default_device() != weft::Device::cpu();
  weft::Trainer trainer(
      model, weft::CrossEntropy{{.label_smoothing = 0.1}},
      weft::SGD{.lr = weft::schedule::one_cycle(0.2, updates), .momentum = 0.9, .nesterov = true, .weight_decay = 5e-4},
      {.device = weft::default_device(),
       .seed = options.seed,
       .precision = cuda ? weft::Precision::kBF16 : weft::Precision::kF32});
  const int next = trainer.resume(options.out).value_or(1);
  if (next > 1) std::printf("goes on with epoch %d\n", next);
  trainer.fit(train, {.epochs = static_cast<int>(options.length) + 1 - next,
                      .batch_size = 64,
                      .validation = data.images.test,
                      .callbacks = {weft::callbacks::checkpoint(options.out)},
                      .drop_last = true});
  const double accuracy = trainer.evaluate(data.images.test).accuracy;
  std::printf("test accuracy %.2f %%", 100 * accuracy);
  if (data.bar > 0) std::printf(" (bar: %.1f %%)", 100 * data.bar);
  std::printf("\n");
  weft::save(model, options.out / "residual.safetensors");  // PyTorch's names and order of axes
  model.eval();
  draw(model, data.images.test, options.out);
  return accuracy >= data.bar;
}

}  // namespace

int main(int argc, char** argv) { return run_example(argc, argv, {.length = 6}, learn); }
