// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/ops/builder.h"

// Facts of an op: all that passes, planner, reports and buckets ask of it. No fact has a default; the registry refuses
// an op that leaves one out. opaque_facts() has a safe answer for every fact.
namespace weft::ops {

// Specs and attributes of a node, from which its facts follow.
struct Signature {
  Signature(const Graph& in, const Node& node)
      : graph(in), inputs(node.inputs), outputs(node.outputs), attributes(node.attributes) {}
  Signature(const Graph& in, std::span<const Value> from, std::span<const TensorSpec> to, const Attributes& with)
      : graph(in), inputs(from), outputs(to), attributes(with) {}
  const TensorSpec& input(std::size_t i) const { return graph.spec(inputs[i]); }

  const Graph& graph;
  std::span<const Value> inputs;
  std::span<const TensorSpec> outputs;
  const Attributes& attributes;
};

// Relation of an op's results to its operands.
enum class Kind : std::uint8_t {
  kElementwise,  // an element of the result from one element of each operand; operands broadcast
  kMovement,     // elements of one operand, unchanged, at places known before the run: transpose, slice
  kReduction,    // an element of the result from all elements along some axes
  kContraction,  // sums of products
  kSource,       // no operands
  kDraw,         // random numbers
  kBarrier,      // operand 0, unchanged, not before the other operands are there
  kOpaque,       // any other op
};

// Floating-point operations of one run; a multiply-add is two.
using FlopsRule = std::function<double(const Signature&)>;
inline constexpr double kTranscendentalFlops = 8;
FlopsRule no_flops();
FlopsRule flops_per_input_element(double count);   // of input 0
FlopsRule flops_per_output_element(double count);  // of output 0
FlopsRule flops_of_parts(Decompose decompose);

// Bytes of input `input` that one run reads.
using BytesRule = std::function<std::int64_t(const Signature&, std::size_t input)>;
BytesRule reads_all();
// Only the picked elements of input 0, as many as output 0 has: table[index]. The other inputs in full.
BytesRule reads_what_it_gives();

// Offset in bytes of output 0 within input 0, if output 0 is an alias; nothing if the node must run.
using AliasRule = std::function<std::optional<std::int64_t>(const Node&)>;
AliasRule no_alias();
AliasRule same_memory();

// Offset in bytes of each input within output 0, if output 0 is the inputs side by side and zeros: concat. Empty for
// other ops.
using PartsRule = std::function<std::vector<std::int64_t>(const Signature&)>;
PartsRule no_parts();

// Permission to write an output over an input of as many elements and bytes. The kernel must read element i of all
// inputs before it writes element i of any output, and must read this input nowhere else.
using InPlaceRule = std::function<bool(const Node&, std::size_t output, std::size_t input)>;
InPlaceRule never_in_place();
InPlaceRule in_place(std::size_t output, std::size_t input);

// Relation of a value to the rows of a batch, which lie along axis 0 of a program's arguments.
enum class Rows : std::uint8_t {
  kNone,     // independent of the batch
  kAlike,    // independent of the batch, with equal rows: zeros of the batch's size, a broadcast bias
  kCarried,  // row i along axis 0 is made of row i of the batch alone
  kMixed,    // rows of the batch combined, or along another axis; also if nothing is known
};
// The relation of each output, from those of the inputs, none of which is kMixed; core/ops/rows.h has the common rules.
using RowsRule = std::function<std::vector<Rows>(const Signature&, std::span<const Rows>)>;

// Permission for mixed precision to use 16 bits, for a node whose operands and results are f32.
struct Half {
  enum class Use : std::uint8_t {
    kNever,     // operands and results stay f32
    kResult,    // arithmetic is f32, its result may be stored in 16 bits
    kAsStored,  // the inputs in mask `inputs` are read in 16 bits, if all of them are stored so
    kProduct,   // all operands are read in 16 bits, sums are f32; attribute `dtype` is the result's
  };
  Use use = Use::kNever;
  std::uint32_t inputs = 0;  // bit i: input i
};
using HalfRule = std::function<Half(const Signature&)>;
HalfRule stays_f32();
HalfRule may_round_result();
HalfRule takes_as_stored(std::uint32_t inputs);
HalfRule multiplies_half();

// Way in which a node runs.
enum class Runs : std::uint8_t {
  kKernel,
  kParts,                // as its decomposition, because it has no kernel
  kPartsWhereFused,      // as its decomposition, with the same bits, in programs whose elementwise nodes are fused
  kWidePartsWhereFused,  // as kPartsWhereFused for f32 and f64, as kKernel for 16-bit dtypes
};

inline constexpr std::size_t kNoEpilogue = 0;

struct OpFacts {
  std::optional<Kind> kind;
  FlopsRule flops;
  BytesRule bytes_read;
  AliasRule alias;
  PartsRule parts;
  InPlaceRule in_place;
  RowsRule rows;
  HalfRule half;
  std::optional<Runs> runs;
  // Number of the op's inputs, if a kernel "<op>_epilogue" runs a body on the op's results; else kNoEpilogue.
  std::optional<std::size_t> epilogue;
  // True if a matrix library can compute the op behind a product, as the only node of an epilogue: relu_bits.
  std::optional<bool> library_epilogue;
};

// The name of the first fact that is left out; empty if there is none.
std::string_view missing_fact(const OpFacts& facts);

// The safe answer for every fact, from which op families start.
OpFacts opaque_facts();
// Facts of an op without a kernel: FLOPs are those of its decomposition.
OpFacts composed_facts(Decompose decompose, RowsRule rows, HalfRule half);

}  // namespace weft::ops
