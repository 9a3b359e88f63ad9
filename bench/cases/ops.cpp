// SPDX-License-Identifier: Apache-2.0
// Every op of the public API alone, forward and with its backward, on a few shapes: bench/driver/ops.py.
#include <algorithm>
#include <string_view>
#include <utility>

#include "bench/case.h"

namespace weft::bench {
namespace {

using Inputs = std::vector<Tensor>;
using Results = std::vector<Tensor>;

// Kinds of an op's inputs, a letter each.
//   x  noise of the shape         p  [0.5, 2) of the shape      u  [0, 1) of the shape      b  bools of the shape
//   r  noise (last)               w  noise (last, 64)           s  [0.05, 0.95) of the shape
//   m  noise (last), a statistic  q  [0.5, 2) (last), a statistic
//   c  noise of the shape with last axis 1   f  noise (last, 3, 3, last)
//   i  i64 below `last`, (rows)   j  i64 below `first`, (first)   k  i64 below `last`, of the shape
struct Op {
  std::string name, inputs;
  std::function<Results(const Inputs&)> run;
  bool differentiable = true;
  bool traced = true;  // false: the result's shape depends on values, so that the op runs eagerly
};

std::function<Results(const Inputs&)> one(std::function<Tensor(const Inputs&)> f) {
  return [f = std::move(f)](const Inputs& in) { return Results{f(in)}; };
}

std::vector<Op> functions() {
  std::vector<Op> all;
  const auto positive = [](const std::string& name) {
    return name == "log" || name == "log1p" || name == "sqrt" || name == "rsqrt" || name == "pow" ||
           name == "remainder" || name == "floor_divide";
  };
  const auto add = [&](const std::string& name, int arity, std::function<Tensor(const Inputs&)> f) {
    const bool logical = name.starts_with("logical_");
    const bool compares = name.ends_with("equal") || name.starts_with("less") || name.starts_with("greater");
    const char kind = logical ? 'b' : positive(name) ? 'p' : 'x';
    all.push_back({name, std::string(static_cast<std::size_t>(arity), kind), one(std::move(f)),
                   !logical && !compares && name != "floor_divide"});
  };
#define WEFT_UNARY(Name, name) add(#name, 1, [](const Inputs& in) { return weft::name(in[0]); });
#define WEFT_BINARY(Name, name) add(#name, 2, [](const Inputs& in) { return weft::name(in[0], in[1]); });
  WEFT_UNARY_FNS(WEFT_UNARY)
  WEFT_BINARY_FNS(WEFT_BINARY)
#undef WEFT_UNARY
#undef WEFT_BINARY
  all.push_back({"where", "bxx", one([](const Inputs& in) { return where(in[0], in[1], in[2]); })});
  all.push_back({"fma", "xxx", one([](const Inputs& in) { return fma(in[0], in[1], in[2]); })});
  all.push_back({"clamp", "x", one([](const Inputs& in) { return clamp(in[0], -0.5, 0.75); })});
  // A whole exponent, which users write most.
  all.push_back({"pow3", "x", one([](const Inputs& in) { return pow(in[0], 3); })});
  return all;
}

std::vector<Op> movements() {
  const auto tail = [](const Tensor& x) { return std::vector<std::int64_t>(static_cast<std::size_t>(x.rank()), 1); };
  return {
      {"reshape", "x", one([](const Inputs& in) { return reshape(in[0], {-1}); })},
      {"permute", "x", one([](const Inputs& in) {
         std::vector<int> order;
         for (int axis = in[0].rank(); axis-- > 0;) order.push_back(axis);
         return permute(in[0], order);
       })},
      {"broadcast_to", "cx", one([](const Inputs& in) { return broadcast_to(in[0], in[1].shape()); }), false},
      {"concat", "xx", one([](const Inputs& in) {
         return concat({in[0], in[1]});
       })},
      {"stack", "xx", one([](const Inputs& in) {
         return stack({in[0], in[1]}, -1);
       })},
      {"split", "x", [](const Inputs& in) { return split(in[0], std::max<std::int64_t>(1, in[0].dim(-1) / 2), -1); }},
      {"flip", "x", one([](const Inputs& in) { return flip(in[0], {-1}); })},
      {"pad", "x", one([tail](const Inputs& in) { return pad(in[0], tail(in[0]), tail(in[0])); })},
      {"take", "xj", one([](const Inputs& in) { return take(in[0], in[1]); })},
      {"index_add", "xjx", one([](const Inputs& in) { return index_add(in[0], in[1], in[2]); })},
      {"gather", "xk", one([](const Inputs& in) { return gather(in[0], in[1], -1); })},
      {"scatter_add", "xkx", one([](const Inputs& in) { return scatter_add(in[0], in[1], in[2], -1); })},
      {"one_hot", "j", one([](const Inputs& in) { return one_hot(minimum(in[0], 63), 64); }), false},
      {"to_bf16", "x", one([](const Inputs& in) { return in[0].to(DType::kBF16); })},
      {"stop_gradient", "x", one([](const Inputs& in) { return stop_gradient(in[0]); }), false},
  };
}

Results pair(std::pair<Tensor, Tensor> both) { return {std::move(both.first), std::move(both.second)}; }

std::vector<Op> reductions() {
  return {
      {"sum", "x", one([](const Inputs& in) { return sum(in[0], {-1}); })},
      {"sum_first", "x", one([](const Inputs& in) { return sum(in[0], {0}); })},
      {"sum_all", "x", one([](const Inputs& in) { return sum(in[0]); })},
      {"mean", "x", one([](const Inputs& in) { return mean(in[0], {-1}); })},
      {"prod", "x", one([](const Inputs& in) { return prod(in[0], {-1}); })},
      {"max", "x", one([](const Inputs& in) { return max(in[0], {-1}); })},
      {"min", "x", one([](const Inputs& in) { return min(in[0], {-1}); })},
      {"any", "b", one([](const Inputs& in) { return any(in[0], {-1}); }), false},
      {"all", "b", one([](const Inputs& in) { return all(in[0], {-1}); }), false},
      {"argmax", "x", one([](const Inputs& in) { return argmax(in[0]); }), false},
      {"argmin", "x", one([](const Inputs& in) { return argmin(in[0]); }), false},
      {"variance", "x", one([](const Inputs& in) { return variance(in[0], {-1}); })},
      {"logsumexp", "x", one([](const Inputs& in) { return logsumexp(in[0], {-1}); })},
      {"cumsum", "x", one([](const Inputs& in) { return cumsum(in[0]); })},
      {"softmax", "x", one([](const Inputs& in) { return softmax(in[0]); })},
      {"log_softmax", "x", one([](const Inputs& in) { return log_softmax(in[0]); })},
      {"sort", "x", [](const Inputs& in) { return pair(sort(in[0])); }, false},
      {"topk", "x", [](const Inputs& in) { return pair(topk(in[0], 8)); }, false},
      {"unique", "j", [](const Inputs& in) { return Results{unique(in[0]).values}; }, false, false},
  };
}

Tensor as_rows(const Tensor& x) { return x.reshape({-1, x.dim(-1)}); }

std::vector<Op> layers() {
  return {
      {"matmul", "xw", one([](const Inputs& in) { return matmul(in[0], in[1]); })},
      {"dropout", "x", one([](const Inputs& in) { return dropout(in[0], 0.5); })},
      {"batch_norm", "xrr", one([](const Inputs& in) { return batch_norm(in[0], in[1], in[2]).y; })},
      {"batch_norm_inference", "xrrmq",
       one([](const Inputs& in) { return batch_norm_inference(in[0], in[1], in[2], in[3], in[4]); })},
      {"cross_entropy", "xi", one([](const Inputs& in) { return cross_entropy(as_rows(in[0]), in[1]); })},
      {"accuracy", "xi", one([](const Inputs& in) { return accuracy(as_rows(in[0]), in[1]); }), false},
  };
}

std::vector<Op> arrays() {
  return {
      {"tril", "x", one([](const Inputs& in) { return tril(as_rows(in[0])); })},
      {"triu", "x", one([](const Inputs& in) { return triu(as_rows(in[0])); })},
      {"diag", "x", one([](const Inputs& in) { return diag(as_rows(in[0])); })},
      {"roll", "x", one([](const Inputs& in) { return roll(in[0], 3); })},
      {"repeat", "x", one([](const Inputs& in) { return repeat(in[0], 2); })},
      {"tile", "x", one([](const Inputs& in) { return tile(in[0], {2}); })},
      {"outer", "rr", one([](const Inputs& in) { return outer(in[0], in[1]); })},
      {"cross", "xx", one([](const Inputs& in) { return cross(in[0].slice(-1, 0, 3), in[1].slice(-1, 0, 3)); })},
      {"einsum", "xw", one([](const Inputs& in) { return einsum("...i,ij->...j", in); })},
      {"nonzero", "x", one([](const Inputs& in) { return nonzero(in[0] > 0); }), false, false},
      {"norm", "x", one([](const Inputs& in) { return norm(in[0], 2, {-1}); })},
      {"standard_deviation", "x", one([](const Inputs& in) { return standard_deviation(in[0], {-1}); })},
      {"quantile", "x", one([](const Inputs& in) { return quantile(in[0], 0.3); })},
      {"median", "x", one([](const Inputs& in) { return median(in[0]); })},
      {"eye", "x", one([](const Inputs& in) { return eye(std::min<std::int64_t>(in[0].dim(0), 4096), 64); }), false},
      {"linspace", "x", one([](const Inputs& in) { return linspace(0, 1, in[0].numel()); }), false},
      {"randint", "x", one([](const Inputs& in) { return randint(0, 100, in[0].shape()); }), false},
      {"randperm", "x", one([](const Inputs& in) { return randperm(in[0].numel()); }), false},
      {"gamma", "x", one([](const Inputs& in) { return gamma(in[0].shape(), 2); }), false},
      {"beta", "x", one([](const Inputs& in) { return beta(in[0].shape(), 2, 2); }), false},
      {"alpha_dropout", "x", one([](const Inputs& in) { return alpha_dropout(in[0], 0.5); })},
      {"feature_dropout", "x", one([](const Inputs& in) { return feature_dropout(as_rows(in[0]), 0.5); })},
      {"stochastic_depth", "x", one([](const Inputs& in) { return stochastic_depth(in[0], 0.5); })},
      {"gaussian_noise", "x", one([](const Inputs& in) { return gaussian_noise(in[0], 0.5); })},
      {"bernoulli", "u", one([](const Inputs& in) { return bernoulli(in[0]); }), false},
  };
}

std::vector<Op> activations() {
  const auto unary = [](const char* name, Tensor (*f)(const Tensor&), bool differentiable = true) {
    return Op{name, "x", one([f](const Inputs& in) { return f(in[0]); }), differentiable};
  };
  return {
      {"unit_step", "x", one([](const Inputs& in) { return unit_step(in[0]); }), false},
      unary("piecewise_linear", piecewise_linear),
      {"hardtanh", "x", one([](const Inputs& in) { return hardtanh(in[0]); })},
      unary("relu6", relu6),
      unary("hardsigmoid", hardsigmoid),
      unary("hardswish", hardswish),
      {"leaky_relu", "x", one([](const Inputs& in) { return leaky_relu(in[0]); })},
      {"prelu", "xr", one([](const Inputs& in) { return prelu(in[0], in[1]); })},
      {"threshold", "x", one([](const Inputs& in) { return threshold(in[0], 0.5, -1); })},
      {"elu", "x", one([](const Inputs& in) { return elu(in[0]); })},
      unary("selu", selu),
      {"celu", "x", one([](const Inputs& in) { return celu(in[0], 2); })},
      unary("log_sigmoid", log_sigmoid),
      unary("softsign", softsign),
      unary("tanhshrink", tanhshrink),
      {"swish", "x", one([](const Inputs& in) { return swish(in[0], 1.5); })},
      {"e_swish", "x", one([](const Inputs& in) { return e_swish(in[0]); })},
      unary("mish", mish),
      {"softmin", "x", one([](const Inputs& in) { return softmin(in[0]); })},
      {"glu", "x", one([](const Inputs& in) { return glu(in[0]); })},
      {"swiglu", "x", one([](const Inputs& in) { return swiglu(in[0]); })},
      {"geglu", "x", one([](const Inputs& in) { return geglu(in[0]); })},
      {"maxout", "x", one([](const Inputs& in) { return maxout(in[0], 4); })},
  };
}

std::vector<Op> losses() {
  return {
      {"mse_loss", "xx", one([](const Inputs& in) { return mse_loss(in[0], in[1]); })},
      {"l1_loss", "xx", one([](const Inputs& in) { return l1_loss(in[0], in[1]); })},
      {"log_cosh_loss", "xx", one([](const Inputs& in) { return log_cosh_loss(in[0], in[1]); })},
      {"huber_loss", "xx", one([](const Inputs& in) { return huber_loss(in[0], in[1]); })},
      {"smooth_l1_loss", "xx", one([](const Inputs& in) { return smooth_l1_loss(in[0], in[1]); })},
      {"quantile_loss", "xx", one([](const Inputs& in) { return quantile_loss(in[0], in[1]); })},
      {"poisson_nll", "xu", one([](const Inputs& in) { return poisson_nll(in[0], in[1]); })},
      {"gaussian_nll", "xxp", one([](const Inputs& in) { return gaussian_nll(in[0], in[1], in[2]); })},
      {"nll", "xi", one([](const Inputs& in) { return nll(as_rows(in[0]), in[1]); })},
      {"nll_of_probabilities", "pi", one([](const Inputs& in) { return nll_of_probabilities(as_rows(in[0]), in[1]); })},
      {"bce", "su", one([](const Inputs& in) { return bce(in[0], in[1]); })},
      {"bce_with_logits", "xu", one([](const Inputs& in) { return bce_with_logits(in[0], in[1]); })},
      {"focal_loss", "xu", one([](const Inputs& in) { return focal_loss(in[0], in[1]); })},
      {"kl_divergence", "xp", one([](const Inputs& in) { return kl_divergence(in[0], in[1]); })},
      {"hinge_loss", "xx", one([](const Inputs& in) { return hinge_loss(in[0], in[1]); })},
      {"squared_hinge_loss", "xx", one([](const Inputs& in) { return squared_hinge_loss(in[0], in[1]); })},
      {"multi_margin_loss", "xi", one([](const Inputs& in) { return multi_margin_loss(as_rows(in[0]), in[1]); })},
      {"cosine_similarity", "xx", one([](const Inputs& in) { return cosine_similarity(in[0], in[1]); })},
      {"pairwise_distance", "xx", one([](const Inputs& in) { return pairwise_distance(in[0], in[1]); })},
      {"cosine_embedding_loss", "xxi",
       one([](const Inputs& in) { return cosine_embedding_loss(as_rows(in[0]), as_rows(in[1]), in[2]); })},
      {"contrastive_loss", "xxi",
       one([](const Inputs& in) { return contrastive_loss(as_rows(in[0]), as_rows(in[1]), in[2]); })},
      {"triplet_margin_loss", "xxp", one([](const Inputs& in) { return triplet_margin_loss(in[0], in[1], in[2]); })},
      {"discriminator_loss", "xx",
       one([](const Inputs& in) { return discriminator_loss(GANLoss::kHinge, in[0], in[1]); })},
      {"generator_loss", "x", one([](const Inputs& in) { return generator_loss(GANLoss::kNonSaturating, in[0]); })},
  };
}

// Ops of images (n, height, width, channels).
std::vector<Op> images() {
  const MaxPoolOptions pool{.window = 3, .stride = 2, .padding = 1};
  const auto linear = ResizeMode::kLinear;
  return {
      {"conv", "xf", one([](const Inputs& in) { return conv(in[0], in[1], {.padding = 1}); })},
      {"conv_transpose", "xf", one([](const Inputs& in) { return conv_transpose(in[0], in[1], {.padding = 1}); })},
      {"max_pool", "x", one([=](const Inputs& in) { return max_pool(in[0], pool); })},
      {"max_unpool", "x", one([](const Inputs& in) {
         const MaxPoolResult r = max_pool_with_index(in[0], {.window = 2});
         return max_unpool(r.y, r.index, {.window = 2});
       })},
      {"adaptive_max_pool", "x", one([](const Inputs& in) { return adaptive_max_pool(in[0], 5); })},
      {"global_max_pool", "x", one([](const Inputs& in) { return global_max_pool(in[0]); })},
      {"avg_pool", "x",
       one([](const Inputs& in) { return avg_pool(in[0], {.window = 3, .stride = 2, .padding = 1}); })},
      {"adaptive_avg_pool", "x", one([](const Inputs& in) { return adaptive_avg_pool(in[0], 5); })},
      {"global_avg_pool", "x", one([](const Inputs& in) { return global_avg_pool(in[0]); })},
      {"lp_pool", "x", one([](const Inputs& in) { return lp_pool(in[0], 2, {.window = 2}); })},
      {"resize", "x", one([=](const Inputs& in) {
         return resize(in[0], {.scale = {2, 2}, .mode = linear});
       })},
      {"pixel_shuffle", "x", one([](const Inputs& in) { return pixel_shuffle(in[0], 2); })},
      {"pixel_unshuffle", "x", one([](const Inputs& in) { return pixel_unshuffle(in[0], 2); })},
      {"unfold", "x", one([](const Inputs& in) { return unfold(in[0], {.window = 2}); })},
      {"fold", "x", one([](const Inputs& in) {
         return fold(unfold(in[0], {.window = 2}), {in[0].dim(1), in[0].dim(2)}, {.window = 2});
       })},
  };
}

// New tensors of the shape of an input, which is looked at and not read.
std::vector<Op> sources() {
  return {
      {"zeros", "x", one([](const Inputs& in) { return zeros(in[0].shape()); }), false},
      {"ones", "x", one([](const Inputs& in) { return ones(in[0].shape()); }), false},
      {"full", "x", one([](const Inputs& in) { return full(in[0].shape(), 0.5); }), false},
      {"zeros_like", "x", one([](const Inputs& in) { return zeros_like(in[0]); }), false},
      {"ones_like", "x", one([](const Inputs& in) { return ones_like(in[0]); }), false},
      {"full_like", "x", one([](const Inputs& in) { return full_like(in[0], 0.5); }), false},
      {"arange", "x", one([](const Inputs& in) { return arange(in[0].numel()); }), false},
      {"uniform", "x", one([](const Inputs& in) { return uniform(in[0].shape()); }), false},
      {"randn", "x", one([](const Inputs& in) { return randn(in[0].shape()); }), false},
  };
}

Tensor input_of(char kind, const Shape& shape) {
  const std::int64_t last = shape[-1], rows = shape.numel() / last;
  std::vector<std::int64_t> column = shape.dims();
  column.back() = 1;
  switch (kind) {
    case 'p':
      return uniform(shape, 0.5, 2);
    case 'u':
      return uniform(shape);
    case 's':
      return uniform(shape, 0.05, 0.95);
    case 'b':
      return noise(shape) > 0;
    case 'r':
    case 'm':
      return noise({last});
    case 'q':
      return uniform({last}, 0.5, 2);
    case 'i':
      return labels(rows, last);
    case 'j':
      return labels(shape[0], shape[0]);
    case 'k':
      return labels(shape.numel(), last).reshape(shape);
    case 'w':
      return noise({last, 64});
    case 'c':
      return noise(Shape(column));
    case 'f':
      return noise({last, 3, 3, last});
    default:
      return noise(shape);
  }
}

// True for the kinds that a user asks gradients of.
bool has_gradient(char kind) { return std::string_view("xprwcsf").find(kind) != std::string_view::npos; }

template <std::size_t>
using Argument = Tensor;
template <std::size_t... i>
void trace(Stateless& stateless, const std::function<Results(const Inputs&)>& f, std::index_sequence<i...>) {
  using Program = Compiled<Results(Argument<i>...)>;
  const auto program = std::make_shared<Program>(compile([f](Argument<i>... x) { return f({std::move(x)...}); }));
  stateless.run = [program](const Inputs& in) { return (*program)(in[i]...); };
  stateless.explain = [program] { return program->explain(); };
}

Case make(const Op& op, const Shape& shape, bool backward, const Setup&) {
  Case made{.about = About("op").add("op", op.name).add("shape", shape.dims()).add("backward", backward).text()};
  Inputs batch;
  Stateless stateless;
  for (std::size_t i = 0; i < op.inputs.size(); ++i) {
    batch.push_back(input_of(op.inputs[i], shape));
    stateless.inputs.push_back("in" + std::to_string(i));
  }
  const std::size_t results = op.run(batch).size();
  for (std::size_t i = 0; i < results; ++i) stateless.outputs.push_back("out" + std::to_string(i));
  std::function<Results(const Inputs&)> f = op.run;
  if (backward) {
    // The gradient of the results' sum by every floating input, like y.backward(ones).
    for (std::size_t i = 0; i < op.inputs.size(); ++i)
      if (has_gradient(op.inputs[i])) stateless.outputs.push_back("grad" + std::to_string(i));
    f = [run = op.run, inputs = op.inputs](const Inputs& in) {
      Results out = run(in);
      Tensor total;
      for (const Tensor& result : out) total = total.defined() ? total + sum(result) : sum(result);
      std::vector<Tensor> by;
      for (std::size_t i = 0; i < in.size(); ++i)
        if (has_gradient(inputs[i])) by.push_back(in[i]);
      for (Tensor& gradient : gradients(total, by)) out.push_back(std::move(gradient));
      return out;
    };
  }
  stateless.run = f;
  if (op.traced) {
    switch (op.inputs.size()) {
      case 1:
        trace(stateless, f, std::make_index_sequence<1>());
        break;
      case 2:
        trace(stateless, f, std::make_index_sequence<2>());
        break;
      case 3:
        trace(stateless, f, std::make_index_sequence<3>());
        break;
      default:
        trace(stateless, f, std::make_index_sequence<5>());
    }
  }
  stateless.batches.push_back(std::move(batch));
  finish(made, std::move(stateless));
  return made;
}

}  // namespace

std::vector<Row> op_rows() {
  std::vector<Row> rows;
  const std::vector<std::vector<std::int64_t>> shapes = {{4096, 64}, {64, 4096}, {1'000'000}, {8, 128, 16, 16}};
  for (auto* family : {functions, movements, reductions, layers, images, arrays, activations, losses, sources})
    for (const Op& op : family())
      for (const std::vector<std::int64_t>& dims : shapes) {
        // Weights of 256 MB, a result of 4 TB, and statistics of one row are not what anybody times.
        if (dims.size() == 1 &&
            (op.name == "matmul" || op.name == "einsum" || op.name == "outer" || op.name.starts_with("batch_norm")))
          continue;
        if (dims.size() != 4 && family == images) continue;
        std::string text;
        for (const std::int64_t size : dims) text += (text.empty() ? "" : "x") + std::to_string(size);
        for (const bool backward : {false, true}) {
          if (backward && !op.differentiable) continue;
          rows.push_back(
              {"op-" + op.name + "-" + text + (backward ? "-backward" : ""), [op, dims, backward](const Setup& setup) {
                 std::vector<std::int64_t> sizes = dims;
                 if (setup.tiny)
                   for (std::int64_t& size : sizes) size = std::min<std::int64_t>(size, 12);
                 return make(op, Shape(sizes), backward, setup);
               }});
        }
      }
  return rows;
}

}  // namespace weft::bench
