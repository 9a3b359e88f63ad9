// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/ops/builder.h"

// Facts of an op: the answers to all that passes, planner, reports and buckets ask of it. None has a default; the
// registry refuses an op that leaves one out. An op of which something is unknown states the safe answer, which
// opaque_facts() has for everything.
namespace weft::ops {

// Specs and attributes of a node: what facts depend on.
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

// How results come about.
enum class Kind : std::uint8_t {
  kElementwise,  // an element of the result from one element of each operand; operands broadcast
  kMovement,     // elements of one operand as they are, at places known beforehand
  kReduction,    // an element of the result from all elements along some axes
  kContraction,  // sums of products
  kSource,       // no operands
  kDraw,         // random numbers
  kOpaque,       // anything else
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
// Elements of input 0 that are picked, as many as output 0 has; the other inputs in full.
BytesRule reads_what_it_gives();

// Bytes into input 0 at which output 0 lies if both are the same memory; nothing where the node must run.
using AliasRule = std::function<std::optional<std::int64_t>(const Node&)>;
AliasRule no_alias();
AliasRule same_memory();

// Bytes into output 0 at which each input lies if output 0 is the inputs side by side and zeros; empty for others.
using PartsRule = std::function<std::vector<std::int64_t>(const Signature&)>;
PartsRule no_parts();

// Permission to write an output over an input of as many elements and bytes: the kernel reads an element of all inputs
// before it writes that element of any output, and reads this input nowhere else.
using InPlaceRule = std::function<bool(const Node&, std::size_t output, std::size_t input)>;
InPlaceRule never_in_place();
InPlaceRule in_place(std::size_t output, std::size_t input);

// Relation of a value to the rows of a batch, which lie along axis 0 of a program's arguments.
enum class Rows : std::uint8_t {
  kNone,     // the batch has no part in it
  kAlike,    // the batch has no part in it, and all its rows are equal: zeros of the batch's size, a bias spread
  kCarried,  // one row per row of the batch along axis 0, made of that row alone
  kMixed,    // rows of the batch together, or along another axis: also the answer where nothing is known
};
// The relation of each output, from those of the inputs, none of which is kMixed; core/ops/rows.h has the common rules.
using RowsRule = std::function<std::vector<Rows>(const Signature&, std::span<const Rows>)>;

// Permission to mixed precision, for a node whose operands and results are f32.
struct Half {
  enum class Use : std::uint8_t {
    kNever,     // operands and results stay f32
    kResult,    // arithmetic is f32, its result may be stored in 16 bits
    kAsStored,  // the inputs of `inputs` are read in 16 bits if they are stored so, and results have their dtype
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

// How a node runs.
enum class Runs : std::uint8_t {
  kKernel,
  kParts,                // as its decomposition: it has no kernel
  kPartsWhereFused,      // as its decomposition, with the same bits, in programs whose elementwise nodes are fused
  kWidePartsWhereFused,  // the same for f32 and f64 alone
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
  // Number of the op's inputs, where a kernel "<op>_epilogue" runs a body on its results; kNoEpilogue: none does.
  std::optional<std::size_t> epilogue;
  // A matrix library may compute it behind a product, as all that an epilogue does.
  std::optional<bool> library_epilogue;
};

// The first fact that is left out; empty: none is.
std::string_view missing_fact(const OpFacts& facts);

// The safe answers. Families start from them and state what is known.
OpFacts opaque_facts();
// Facts of an op without a kernel: FLOPs are those of its decomposition.
OpFacts composed_facts(Decompose decompose, RowsRule rows, HalfRule half);

}  // namespace weft::ops
