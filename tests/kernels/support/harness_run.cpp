// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/support/harness_run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <map>
#include <memory>

#include "core/device/block.h"
#include "core/exec/candidate.h"
#include "core/ops/op.h"
#include "core/passes/optimize.h"

#if defined(__SANITIZE_ADDRESS__)
#define WEFT_TEST_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEFT_TEST_ASAN 1
#endif
#endif
#if defined(WEFT_TEST_ASAN)
#include <sanitizer/asan_interface.h>
#endif

namespace weft::testing {
namespace {

constexpr std::size_t kGuard = 256;
constexpr std::uint8_t kGuardByte = 0xA5;
constexpr std::uint8_t kUnset = 0xFF;  // NaN as any float, far out of range as an integer

// A block of device memory between two guard bands.
class Guarded {
 public:
  Guarded(const Bytes& content, std::size_t shift, const Stream& stream)
      : bytes_(content.size()),
        shift_(shift),
        stream_(stream),
        image_(2 * kGuard + shift + content.size(), kGuardByte) {
    std::copy(content.begin(), content.end(), image_.begin() + static_cast<std::ptrdiff_t>(kGuard + shift_));
    buffer_ = Block::allocate(image_.size(), stream);
    copy_bytes(buffer_->data(), stream.device(), image_.data(), Device::cpu(), image_.size(), stream);
    stream.synchronize();
    fence(true);
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  ~Guarded() { fence(false); }

  void* data() const { return static_cast<std::uint8_t*>(buffer_->data()) + kGuard + shift_; }

  // The bytes after the run; fails where a guard byte changed.
  Bytes read(const std::string& what) {
    fence(false);
    Bytes now(image_.size());
    copy_bytes(now.data(), Device::cpu(), buffer_->data(), stream_.device(), now.size(), stream_);
    stream_.synchronize();
    const std::size_t begin = kGuard + shift_;
    const auto untouched = [&](std::size_t from, std::size_t to) {
      return std::all_of(now.begin() + static_cast<std::ptrdiff_t>(from), now.begin() + static_cast<std::ptrdiff_t>(to),
                         [](std::uint8_t byte) { return byte == kGuardByte; });
    };
    EXPECT_TRUE(untouched(0, begin)) << what << ": written before its first byte";
    EXPECT_TRUE(untouched(begin + bytes_, now.size())) << what << ": written behind its last byte";
    return {now.begin() + static_cast<std::ptrdiff_t>(begin),
            now.begin() + static_cast<std::ptrdiff_t>(begin + bytes_)};
  }

 private:
  // Under ASan reads outside show too, where the device's memory is the host's.
  void fence([[maybe_unused]] bool up) const {
#if defined(WEFT_TEST_ASAN)
#if !defined(WEFT_CUDA_EMULATED)
    if (stream_.device().is_cuda()) return;
#endif
    const auto* base = static_cast<const std::uint8_t*>(buffer_->data());
    const std::size_t begin = kGuard + shift_, end = begin + bytes_;
    if (up) {
      __asan_poison_memory_region(base, begin);
      __asan_poison_memory_region(base + end, image_.size() - end);
    } else {
      __asan_unpoison_memory_region(base, image_.size());
    }
#endif
  }

  std::size_t bytes_, shift_;
  Stream stream_;
  Bytes image_;
  std::shared_ptr<Block> buffer_;
};

using Blocks = std::vector<std::unique_ptr<Guarded>>;

// One guarded run of a prepared kernel.
class Run {
 public:
  Run(const ir::Node& node, const std::vector<RawTensor>& inputs, Device device, RunOptions options)
      : node_(node), inputs_(inputs), device_(device), options_(options), stream_(Stream::current(device)) {
    for (const RawTensor& input : inputs) input_specs_.push_back(input.spec);
    output_specs_ = ops::infer_node(node, input_specs_);
  }

  RawRun operator()() {
    exec::PreparedKernel kernel = exec::prepare_kernel(
        {node_.op, node_.attributes, input_specs_, output_specs_, device_, node_.path, node_.region});
    for (const RawTensor& input : inputs_) in_.push_back(block(input.bytes, shift_of(input.spec)));
    for (std::size_t i = 0; i < output_specs_.size(); ++i) {
      const bool wanted = options_.only_output < 0 || static_cast<std::size_t>(options_.only_output) == i;
      const Bytes unset(static_cast<std::size_t>(output_specs_[i].bytes()), kUnset);
      const bool own = wanted && static_cast<int>(i) != options_.replacing;
      out_.push_back(own ? block(unset, shift_of(output_specs_[i])) : nullptr);
    }
    workspace_ = block(Bytes(kernel.workspace, kUnset), 0);
    fault_ = block(Bytes(sizeof(DataFault), 0), 0);
    launch(kernel);
    return collect();
  }

 private:
  std::size_t shift_of(const TensorSpec& spec) const { return options_.misaligned ? size_of(spec.dtype) : 0; }
  std::unique_ptr<Guarded> block(const Bytes& content, std::size_t shift) const {
    return std::make_unique<Guarded>(content, shift, stream_);
  }

  void launch(const exec::PreparedKernel& kernel) {
    std::vector<View> in, out;
    for (std::size_t i = 0; i < in_.size(); ++i) in.push_back({in_[i]->data(), input_specs_[i]});
    for (std::size_t i = 0; i < out_.size(); ++i) {
      void* data = out_[i] ? out_[i]->data() : nullptr;
      if (static_cast<int>(i) == options_.replacing) data = in[static_cast<std::size_t>(options_.replaced)].data;
      out.push_back({data, output_specs_[i]});
    }
    Call call;
    call.inputs = in;
    call.outputs = out;
    call.workspace = {workspace_->data(), {{static_cast<std::int64_t>(kernel.workspace)}, DType::kU8}};
    call.stream = stream_.handle();
    call.device = device_.index();
    call.fault = static_cast<DataFault*>(fault_->data());
    kernel.run(call);
    stream_.synchronize();
  }

  RawRun collect() {
    const std::string where = node_.op.name() + " on " + device_.name();
    RawRun result;
    Bytes replaced;
    for (std::size_t i = 0; i < in_.size(); ++i) {
      if (static_cast<int>(i) == options_.replaced) {
        replaced = in_[i]->read(where + ", input " + std::to_string(i));
        continue;
      }
      EXPECT_EQ(in_[i]->read(where + ", input " + std::to_string(i)), inputs_[i].bytes)
          << where << " changed input " << i;
    }
    for (std::size_t i = 0; i < out_.size(); ++i) {
      if (static_cast<int>(i) == options_.replacing) {
        result.outputs.push_back({output_specs_[i], replaced});
        continue;
      }
      result.outputs.push_back(
          {output_specs_[i], out_[i] ? out_[i]->read(where + ", output " + std::to_string(i)) : Bytes{}});
    }
    workspace_->read(where + ", workspace");
    const Bytes fault = fault_->read(where + ", fault");
    std::memcpy(&result.fault, fault.data(), sizeof(DataFault));
    return result;
  }

  const ir::Node& node_;
  const std::vector<RawTensor>& inputs_;
  Device device_;
  RunOptions options_;
  Stream stream_;
  std::vector<TensorSpec> input_specs_, output_specs_;
  Blocks in_, out_;
  std::unique_ptr<Guarded> workspace_, fault_;
};

// The nodes that an op becomes in a fused program.
ir::Graph parts_of(const ir::Node& node, const std::vector<RawTensor>& inputs) {
  ir::Graph graph;
  ops::Builder build(graph);
  std::vector<ir::Value> operands;
  for (const RawTensor& input : inputs) operands.push_back(graph.add_input(input.spec, ir::InputKind::kArgument, ""));
  for (const ir::Value v : build.emit_all(node.op, operands, node.attributes)) graph.outputs.push_back({v, ""});
  return passes::optimize(graph);
}

RawRun run_parts(const ir::Node& node, const std::vector<RawTensor>& inputs, Device device, bool misaligned) {
  const ir::Graph graph = parts_of(node, inputs);
  std::map<ir::Value, RawTensor> values;
  for (std::size_t i = 0; i < inputs.size(); ++i) values[graph.inputs[i].value] = inputs[i];
  RawRun result{};
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const ir::Node& part = graph.nodes[n];
    if (part.op == ir::input_op()) continue;
    std::vector<RawTensor> operands;
    for (const ir::Value v : part.inputs) operands.push_back(values.at(v));
    RawRun run = Run(part, operands, device, {.misaligned = misaligned})();
    if (run.fault.code != 0) result.fault = run.fault;
    for (std::size_t o = 0; o < run.outputs.size(); ++o)
      values[{static_cast<std::int32_t>(n), static_cast<std::int32_t>(o)}] = std::move(run.outputs[o]);
  }
  for (const ir::Output& output : graph.outputs) result.outputs.push_back(values.at(output.value));
  return result;
}

std::vector<HostTensor> run_node(const ir::Node& node, const std::vector<HostTensor>& inputs, Device device,
                                 DataFault* fault) {
  std::vector<RawTensor> raw;
  for (const HostTensor& input : inputs) raw.push_back({input.spec, encode(input)});
  const RawRun run = run_raw(node, raw, device);
  if (fault) {
    *fault = run.fault;
  } else {
    EXPECT_EQ(run.fault.code, 0) << exec::data_error_of(run.fault).what();
  }
  std::vector<HostTensor> outputs;
  for (const RawTensor& output : run.outputs) outputs.push_back(decode(output));
  return outputs;
}

}  // namespace

RawRun run_raw(const ir::Node& node, const std::vector<RawTensor>& inputs, Device device, RunOptions options) {
  if (!node.region && ops::find_op(node.op).facts.runs == ops::Runs::kParts)
    return run_parts(node, inputs, device, options.misaligned);
  return Run(node, inputs, device, options)();
}

RawRun run_fused(const ir::Node& node, const std::vector<RawTensor>& inputs, Device device) {
  return run_parts(node, inputs, device, false);
}

std::vector<std::string_view> candidates_taking(const ir::Node& node, const std::vector<RawTensor>& inputs,
                                                Device device) {
  std::vector<TensorSpec> specs;
  for (const RawTensor& input : inputs) specs.push_back(input.spec);
  const std::vector<TensorSpec> outputs = ops::infer_node(node, specs);
  const exec::KernelRequest request{node.op, node.attributes, specs, outputs, device, node.path, node.region};
  std::vector<std::string_view> names;
  for (const exec::KernelRow& row : exec::kernel_table()) {
    if (row.op != node.op.name()) continue;
    for (const exec::Candidate& candidate : device.is_cuda() ? row.cuda : row.cpu)
      if (candidate.prepare(request)) names.push_back(candidate.name);
  }
  return names;
}

std::vector<HostTensor> run_op(std::string_view op, const ir::Attributes& attributes,
                               const std::vector<HostTensor>& inputs, Device device, DataFault* fault) {
  ir::Node node;
  node.op = ir::OpId::of(op);
  node.attributes = attributes;
  return run_node(node, inputs, device, fault);
}

std::vector<HostTensor> run_graph(const ir::Graph& graph, const std::vector<HostTensor>& inputs, Device device) {
  std::vector<std::vector<HostTensor>> values(graph.nodes.size());
  for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
    values[static_cast<std::size_t>(graph.inputs[i].value.node)] = {inputs.at(i)};
  }
  const auto value_of = [&](ir::Value v) -> const HostTensor& {
    return values[static_cast<std::size_t>(v.node)].at(static_cast<std::size_t>(v.output));
  };
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!values[i].empty()) continue;
    std::vector<HostTensor> operands;
    for (const ir::Value v : graph.nodes[i].inputs) operands.push_back(value_of(v));
    values[i] = run_node(graph.nodes[i], operands, device, nullptr);
  }
  std::vector<HostTensor> outputs;
  for (const ir::Output& output : graph.outputs) outputs.push_back(value_of(output.value));
  return outputs;
}

}  // namespace weft::testing
