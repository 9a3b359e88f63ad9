// SPDX-License-Identifier: Apache-2.0
#include "core/api/report/profile.h"

#include <algorithm>
#include <array>
#include <iomanip>
#include <limits>
#include <numeric>
#include <sstream>
#include <utility>

#include "core/api/report/memory_report.h"
#include "core/base/check.h"
#include "core/base/text_table.h"
#include "core/exec/explain.h"
#include "core/exec/instance.h"
#include "core/exec/roofs.h"
#include "core/ops/cost.h"
#include "core/ops/phase.h"

namespace weft {
namespace {

std::string fixed(double value, int digits) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(digits) << value;
  return out.str();
}

// "12.3 M"
std::string counted(double value) {
  constexpr std::array kUnits{"", " k", " M", " G", " T", " P"};
  std::size_t unit = 0;
  for (; value >= 1000 && unit + 1 < kUnits.size(); ++unit) value /= 1000;
  return fixed(value, unit ? 1 : 0) + kUnits[unit];
}

using Cells = std::vector<std::string>;

Cells cells_of(const KernelProfile& k) {
  return {k.kernel,
          k.candidate,
          k.layer,
          k.phase,
          counted(k.flops),
          detail::human_bytes(k.bytes_read),
          detail::human_bytes(k.bytes_written),
          fixed(1e6 * k.seconds, 1),
          fixed(100 * k.share, 1),
          k.share_of_roof > 0 ? fixed(100 * k.share_of_roof, 0) + (k.memory_bound ? " mem" : " flop") : "-",
          k.fused};
}

}  // namespace

double Profile::seconds() const {
  return std::accumulate(kernels.begin(), kernels.end(), 0.0,
                         [](double sum, const KernelProfile& k) { return sum + k.seconds; });
}

std::string Profile::text() const {
  std::vector<Cells> rows{{"kernel", "candidate", "layer", "phase", "FLOPs", "read", "written", "us", "% of step",
                           "% of roof", "fused ops"}};
  KernelProfile all{.kernel = "total", .seconds = seconds(), .share = kernels.empty() ? 0.0 : 1.0};
  for (const KernelProfile& k : kernels) {
    rows.push_back(cells_of(k));
    all.flops += k.flops;
    all.bytes_read += k.bytes_read;
    all.bytes_written += k.bytes_written;
    all.share_of_roof += k.share_of_roof * k.share;
    all.memory_bound &= k.memory_bound;
  }
  rows.push_back(cells_of(all));
  return cat("'", program, "' on ", device, ": ", kernels.size(),
             " kernels; roofs measured here: ", fixed(bytes_per_second / 1e9, 1), " GB/s (copy), ",
             fixed(flops_per_second / 1e9, 1), " GFLOP/s (f32 product)\n", detail::text_table(rows, "llllrrrrrrl"));
}

namespace detail {
namespace {

// One kernel's row, without its time.
KernelProfile kernel_of(const exec::Executable& program, std::size_t step) {
  const ir::Node& node = program.graph().nodes[program.prepared_calls()[step].node];
  const exec::CallCost cost = exec::cost_of(program, step);
  KernelProfile out;
  out.kernel = node.op.name();
  out.candidate = program.prepared_calls()[step].kernel.candidate;
  out.fused = exec::fused_ops(node);
  out.layer = ops::layer_of(node.path);
  out.phase = ops::name_of(ops::phase_of(node.path));
  out.flops = cost.flops;
  out.bytes_read = cost.read;
  out.bytes_written = cost.written;
  return out;
}

// Inputs of a run: captures, copies of the variables, zeros for the arguments.
std::vector<Array> copies(const Trace& trace, const ir::Graph& graph, Device device, const Stream& stream) {
  std::vector<Array> out;
  for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
    const TensorSpec& spec = graph.spec(graph.inputs[i].value);
    if (trace.captures[i].defined()) {
      out.push_back(trace.captures[i]);
    } else if (trace.cells[i] && trace.cells[i]->initialized()) {
      out.push_back(Array::empty(spec, stream));
      copy_bytes(out.back().data(), device, trace.cells[i]->storage(device).data(), device,
                 static_cast<std::size_t>(spec.bytes()), stream);
    } else {
      out.push_back(Array::zeros(spec, stream));
    }
  }
  return out;
}

std::vector<Array> targets_of(const ir::Graph& graph, const std::vector<Array>& inputs) {
  std::vector<Array> out;
  for (const ir::Output& output : graph.outputs) {
    const auto input = std::find_if(graph.inputs.begin(), graph.inputs.end(), [&](const ir::Input& i) {
      return i.kind == ir::InputKind::kVariable && !output.name.empty() && i.name == output.name;
    });
    out.push_back(input == graph.inputs.end() ? Array()
                                              : inputs[static_cast<std::size_t>(input - graph.inputs.begin())]);
  }
  return out;
}

}  // namespace

double traced_flops(const std::string& path) {
  double sum = 0;
  if (const Tracer* tracer = Tracer::current())
    for (const ir::Node& node : tracer->graph().nodes)
      if (node.path == path) sum += ops::flops(tracer->graph(), node);
  return sum;
}

Profile profile_of(const std::string& name, const Trace& trace, std::shared_ptr<const exec::Executable> executable) {
  const exec::Executable& program = *executable;
  const Device device = program.device();
  const Stream stream = Stream::current(device);
  const std::vector<Array> inputs = copies(trace, program.graph(), device, stream);
  exec::Instance instance(std::move(executable));
  const std::vector<double> seconds = instance.profile(inputs, targets_of(program.graph(), inputs), stream);
  Profile out{name,
              device.describe(),
              exec::copy_rate(device, std::numeric_limits<std::int64_t>::max()),
              exec::product_rate(device, DType::kF32),
              {}};
  for (std::size_t s = 0; s < seconds.size(); ++s) {
    KernelProfile k = kernel_of(program, s);
    k.seconds = seconds[s];
    const std::int64_t bytes = k.bytes_read + k.bytes_written;
    const double memory = static_cast<double>(bytes) / exec::copy_rate(device, bytes);
    const double rate = exec::product_rate(device, exec::cost_of(program, s).dtype);
    const double arithmetic = rate > 0 ? k.flops / rate : 0;
    k.memory_bound = memory >= arithmetic;
    if (k.seconds > 0) k.share_of_roof = std::max(memory, arithmetic) / k.seconds;
    out.kernels.push_back(std::move(k));
  }
  for (KernelProfile& k : out.kernels) k.share = k.seconds / out.seconds();
  return out;
}

}  // namespace detail
}  // namespace weft
