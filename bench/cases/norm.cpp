// SPDX-License-Identifier: Apache-2.0
// Normalizations, forward and backward: batch norm over NHWC images, alone and with the residual add and ReLU that
// follow it, and layer norm, alone and behind dropout and a residual add.
#include "bench/case.h"

namespace weft::bench {
namespace {

double bytes_of(const Shape& shape, DType dtype) { return static_cast<double>(TensorSpec{shape, dtype}.bytes()); }

struct Images {
  std::string name;
  std::vector<std::int64_t> shape;
  DType dtype;
  bool add_relu;
};

// The layer and its program: outputs y, dx, dweight, dbias, and the residual's gradient where there is one.
struct BatchNormStep {
  explicit BatchNormStep(const Images& images) : norm(images.shape.back()) {}

  std::vector<Tensor> trace(const Tensor& x, const Tensor& residual, const Tensor& gy) const {
    Tensor y = norm(x);
    if (residual.defined()) y = relu(y + residual);
    std::vector<Tensor> of = {x, norm.weight.value(), norm.bias.value()};
    if (residual.defined()) of.push_back(residual);
    std::vector<Tensor> out = gradients(sum((y * gy).to(DType::kF32)), of);
    out.insert(out.begin(), y);
    return out;
  }

  BatchNorm norm;
  Compiled<std::vector<Tensor>(Tensor, Tensor)> plain =
      compile([this](Tensor x, Tensor gy) { return trace(x, {}, gy); });
  Compiled<std::vector<Tensor>(Tensor, Tensor, Tensor)> fused =
      compile([this](Tensor x, Tensor gy, Tensor residual) { return trace(x, residual, gy); });
};

Case make_batch_norm(Images images, const Setup& setup) {
  if (setup.tiny) images.shape = {3, 2, 5, 6};
  const Shape shape{images.shape};
  Case made{.about = About("batchnorm")
                         .add("shape", images.shape)
                         .add("dtype", std::string(name_of(images.dtype)))
                         .add("add_relu", images.add_relu ? 1 : 0)
                         .text()};
  const double one = bytes_of(shape, images.dtype);
  // Forward reads x twice and writes y; backward reads x and dy twice and writes dx. The residual is read once, its
  // gradient written once, and the ReLU's mask is a bit.
  made.bytes = (images.add_relu ? 10 : 8) * one;
  made.footprint = (images.add_relu ? 6 : 4) * one;
  const auto step = std::make_shared<BatchNormStep>(images);
  Stateless stateless{.batches = {}, .inputs = {"x", "gy"}, .outputs = {"y", "dx", "dweight", "dbias"}, .run = {}};
  if (images.add_relu) {
    stateless.inputs.push_back("residual");
    stateless.outputs.push_back("dresidual");
    stateless.run = [step](const std::vector<Tensor>& in) { return step->fused(in[0], in[1], in[2]); };
    stateless.explain = [step] { return step->fused.explain(); };
  } else {
    stateless.run = [step](const std::vector<Tensor>& in) { return step->plain(in[0], in[1]); };
    stateless.explain = [step] { return step->plain.explain(); };
  }
  for (std::size_t i = 0; i < rotation(static_cast<std::int64_t>(2 * one)); ++i) {
    stateless.batches.push_back({noise(shape, images.dtype), noise(shape, images.dtype)});
    if (images.add_relu) stateless.batches.back().push_back(noise(shape, images.dtype));
  }
  finish(made, std::move(stateless));
  return made;
}

struct Rows {
  std::string name;
  std::int64_t rows, width;
  bool dropout_residual;
};

// Layer norm of bf16 rows in f32, of plain ops.
Tensor layer_norm(const Tensor& rows, const Tensor& weight, const Tensor& bias) {
  const Tensor x = rows.to(DType::kF32);
  const Tensor centered = x - x.mean({-1}, true);
  const Tensor scale = rsqrt(square(centered).mean({-1}, true) + 1e-5);
  return (centered * scale * weight + bias).to(rows.dtype());
}

struct LayerNormStep {
  explicit LayerNormStep(std::int64_t width) : weight(ones({width})), bias(zeros({width})) {}

  std::vector<Tensor> trace(const Tensor& x, const Tensor& residual, const Tensor& gy) const {
    const Tensor w = weight.value(), b = bias.value();
    const Tensor in = residual.defined() ? dropout(x, 0.1) + residual : x;
    const Tensor y = layer_norm(in, w, b);
    std::vector<Tensor> of = {x, w, b};
    if (residual.defined()) of.push_back(residual);
    std::vector<Tensor> out = gradients(sum((y * gy).to(DType::kF32)), of);
    out.insert(out.begin(), y);
    if (residual.defined()) out.push_back(in);
    return out;
  }

  Variable weight, bias;
  Compiled<std::vector<Tensor>(Tensor, Tensor)> plain =
      compile([this](Tensor x, Tensor gy) { return trace(x, {}, gy); });
  Compiled<std::vector<Tensor>(Tensor, Tensor, Tensor)> fused =
      compile([this](Tensor x, Tensor gy, Tensor residual) { return trace(x, residual, gy); });
};

Case make_layer_norm(Rows rows, const Setup& setup) {
  if (setup.tiny) {
    rows.rows = 5;
    rows.width = 19;
  }
  const Shape shape{rows.rows, rows.width};
  Case made{.about = About("layernorm")
                         .add("rows", rows.rows)
                         .add("width", rows.width)
                         .add("dropout_residual", rows.dropout_residual ? 1 : 0)
                         .text()};
  const double one = bytes_of(shape, DType::kBF16);
  // Forward reads x and writes y; backward reads x and dy and writes dx. With dropout and the residual: both are read,
  // their sum is written, and the residual has a gradient.
  made.bytes = (rows.dropout_residual ? 8 : 5) * one;
  made.footprint = (rows.dropout_residual ? 7 : 4) * one;
  const auto step = std::make_shared<LayerNormStep>(rows.width);
  Stateless stateless{.batches = {}, .inputs = {"x", "gy"}, .outputs = {"y", "dx", "dweight", "dbias"}, .run = {}};
  if (rows.dropout_residual) {
    stateless.inputs.push_back("residual");
    stateless.outputs.insert(stateless.outputs.end(), {"dresidual", "sum"});
    stateless.run = [step](const std::vector<Tensor>& in) { return step->fused(in[0], in[1], in[2]); };
    stateless.explain = [step] { return step->fused.explain(); };
  } else {
    stateless.run = [step](const std::vector<Tensor>& in) { return step->plain(in[0], in[1]); };
    stateless.explain = [step] { return step->plain.explain(); };
  }
  for (std::size_t i = 0; i < rotation(static_cast<std::int64_t>(2 * one)); ++i) {
    stateless.batches.push_back({noise(shape, DType::kBF16), noise(shape, DType::kBF16)});
    if (rows.dropout_residual) stateless.batches.back().push_back(noise(shape, DType::kBF16));
  }
  finish(made, std::move(stateless));
  return made;
}

}  // namespace

std::vector<Row> norm_rows() {
  std::vector<Row> all;
  for (const Images& images : {Images{"batchnorm-nhwc", {256, 16, 16, 64}, DType::kF32, false},
                               Images{"batchnorm-add-relu-bf16-56x56x64", {256, 56, 56, 64}, DType::kBF16, true},
                               Images{"batchnorm-add-relu-bf16-56x56x256", {256, 56, 56, 256}, DType::kBF16, true},
                               Images{"batchnorm-add-relu-bf16-14x14x1024", {256, 14, 14, 1024}, DType::kBF16, true}})
    all.push_back({images.name, [images](const Setup& setup) { return make_batch_norm(images, setup); }});
  for (const Rows& rows :
       {Rows{"layernorm-bf16-16384x768", 16384, 768, false}, Rows{"layernorm-bf16-16384x4096", 16384, 4096, false},
        Rows{"layernorm-bf16-1024x12288", 1024, 12288, false},
        Rows{"dropout-residual-layernorm-bf16-16384x4096", 16384, 4096, true}})
    all.push_back({rows.name, [rows](const Setup& setup) { return make_layer_norm(rows, setup); }});
  return all;
}

}  // namespace weft::bench
