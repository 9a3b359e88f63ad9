// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include "core/device/thread_pool.h"
#include "kernels/common/in_turn.h"
#include "kernels/common/workspace.h"
#include "kernels/elementwise/lower/lower.h"
#include "kernels/elementwise/run/engines.h"
#include "kernels/elementwise/tiles/states.h"
#include "kernels/matmul/gemms.h"
#include "kernels/matmul/matmul.h"

namespace weft::kernels {

namespace {

// The body runs on the tiles of the product while they are in cache; the product itself is nowhere in memory. Sums over
// its rows get a row of states for each block of rows, which are joined in order.
template <class Gemm>
class CpuMatmulEpilogue {
 public:
  CpuMatmulEpilogue(const exec::KernelRequest& request, const Lowered& lowered, Gemm gemm)
      : gemm_(std::move(gemm)), body_(cpu_program(lowered)), reductions_(reductions_of(lowered.program)) {
    // Rows of a tile are a few cache lines each, and storing past the caches waits for memory once per row.
    body_.streams = 0;
    const Shape& product = product_spec(request).shape;
    rows_ = product[-2];
    cols_ = product[-1];
    row_blocks_ = (rows_ + gemm_.block_rows() - 1) / gemm_.block_rows();
    blocks_ = cols_ == 0 ? 0 : product.numel() / std::max<std::int64_t>(1, rows_ * cols_) * row_blocks_;
  }

  std::size_t workspace() const { return states_at(reductions_.size()); }

  void operator()(const Call& call) const {
    Operands operands;
    for (std::size_t i = 2; i < call.inputs.size(); ++i) operands.inputs[i - 1] = call.inputs[i].data;
    for (std::size_t i = 0; i < call.outputs.size(); ++i) operands.outputs[i] = call.outputs[i].data;
    gemm_.for_each_tile(
        call.inputs[0].data, call.inputs[1].data, call.workspace.data,
        [&](const GemmTile& at, const void* tile, std::int64_t stride) { run_body(call, operands, at, tile, stride); });
    for (std::size_t i = 0; i < reductions_.size(); ++i) finish(call, i);
  }

 private:
  std::size_t states_at(std::size_t reduction) const {
    return padded(gemm_.workspace()) + reduction * static_cast<std::size_t>(blocks_ * cols_) * kStateBytes;
  }
  unsigned char* states(const Call& call, std::size_t reduction, std::int64_t block, std::int64_t col) const {
    return static_cast<unsigned char*>(call.workspace.data) + states_at(reduction) +
           (block * cols_ + col) * static_cast<std::int64_t>(kStateBytes);
  }

  void run_body(const Call& call, Operands operands, const GemmTile& at, const void* tile, std::int64_t stride) const {
    operands.inputs[0] = tile;
    operands.row_step[0] = stride;
    for (std::size_t i = 0; i < reductions_.size(); ++i) {
      const Reduction& r = reductions_[i];
      if (!operands.outputs[r.output]) continue;
      const std::int64_t block = at.matrix * row_blocks_ + at.row / gemm_.block_rows();
      void* own = states(call, i, block, at.col);
      start_states(r, own, at.cols);
      operands.partials[r.output] = {own, at.col};
    }
    run_window(body_, operands, {(at.matrix * rows_ + at.row) * cols_ + at.col, at.rows, at.cols, cols_});
  }

  void finish(const Call& call, std::size_t i) const {
    constexpr std::int64_t kAtOnce = 256, kGrain = 64 * 1024;
    const Reduction& r = reductions_[i];
    const View& out = call.outputs[static_cast<std::size_t>(r.output)];
    if (!out.data) return;
    const std::int64_t grain =
        std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(1, blocks_) / kAtOnce) * kAtOnce;
    parallel_for(cols_, grain, [&](std::int64_t begin, std::int64_t end) {
      alignas(8) unsigned char sum[kAtOnce * kStateBytes];
      for (; begin < end; begin += kAtOnce) {
        const std::int64_t n = std::min(kAtOnce, end - begin);
        start_states(r, sum, n);
        for (std::int64_t block = 0; block < blocks_; ++block) join_states(r, sum, states(call, i, block, begin), n);
        finish_states(
            r, sum, n,
            static_cast<unsigned char*>(out.data) + begin * static_cast<std::int64_t>(size_of(out.spec.dtype)));
      }
    });
  }

  Gemm gemm_;
  CpuProgram body_;
  std::vector<Reduction> reductions_;
  std::int64_t rows_ = 0, cols_ = 0, row_blocks_ = 0, blocks_ = 0;
};

// True if the body's loop takes a tile as one block. Other bodies go tile row by tile row, which costs more than the
// product costs on its way through memory: up to six times at 16 columns.
bool pays_on_tiles(const exec::KernelRequest& request) {
  constexpr std::int64_t kFew = 32, kVector = 16;
  const std::int64_t cols = product_spec(request).shape[-1];
  return cols >= kFew && cols % kVector == 0 && request.inputs[0].dtype != DType::kF64;
}

// The node with this product, where its body can run on tiles: reductions go along over all axes but the last.
template <class With>
MadeKernel on_tiles(const exec::KernelRequest& request, const With& with) {
  if (lone_node(*request.region.graph) || !pays_on_tiles(request)) return std::nullopt;
  const Lowered lowered = lower(request);
  if (!elementwise::reduces_to_columns(lowered, product_spec(request).shape[-1])) return std::nullopt;
  return with([&](auto gemm) -> exec::PreparedKernel {
    using Kernel = CpuMatmulEpilogue<decltype(gemm)>;
    const auto kernel = std::make_shared<const Kernel>(request, lowered, std::move(gemm));
    return {[kernel](const Call& call) { (*kernel)(call); }, kernel->workspace()};
  });
}

MadeKernel on_units(const exec::KernelRequest& request, bf16_units::Kind kind) {
  if (!takes_units(request.inputs[0].dtype, kind)) return std::nullopt;
  return on_tiles(request, [&](const auto& make) { return with_units(gemm_problem(request), kind, make); });
}

}  // namespace

std::optional<exec::PreparedKernel> prepare_epilogue_amx(const exec::KernelRequest& request) {
  return on_units(request, bf16_units::Kind::kAmx);
}

std::optional<exec::PreparedKernel> prepare_epilogue_avx512_bf16(const exec::KernelRequest& request) {
  return on_units(request, bf16_units::Kind::kAvx512);
}

std::optional<exec::PreparedKernel> prepare_epilogue_dots(const exec::KernelRequest& request) {
  const GemmProblem problem = gemm_problem(request);
  if (!takes_dots(problem)) return std::nullopt;
  return on_tiles(request, [&](const auto& make) { return with_dots(problem, GemmInto::kTiles, make); });
}

std::optional<exec::PreparedKernel> prepare_epilogue_tiles(const exec::KernelRequest& request) {
  return on_tiles(request, [&](const auto& make) { return with_tiles(gemm_problem(request), GemmInto::kTiles, make); });
}

exec::PreparedKernel prepare_epilogue_in_turn(const exec::KernelRequest& request) {
  return prepare_in_turn(request, "matmul", 2);
}

}  // namespace weft::kernels
