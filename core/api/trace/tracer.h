// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/api/trace/cell.h"
#include "core/api/trace/tensor_impl.h"
#include "core/ops/op.h"

namespace weft::detail {

// A finished trace: the graph, and the cells and arrays that its inputs and outputs are bound to.
struct Trace {
  ir::Graph graph;
  std::vector<std::shared_ptr<Cell>> cells;     // cells of variable inputs, in input order (null for others)
  std::vector<Array> captures;                  // arrays of capture inputs, in input order (empty for others)
  std::vector<std::shared_ptr<Cell>> assigned;  // per output: the cell it goes to, null for returned ones
  std::vector<std::pair<Flag::State, bool>> guards;
  // The generators that it draws from: positions of the state among inputs and outputs.
  struct Draws {
    std::shared_ptr<Cell> state;
    std::size_t input, output;
  };
  std::vector<Draws> draws;
  exec::Faults faults;  // of the captures
  // Numbers that runs note without failing, and the values of flags that a fitting trace has if it can.
  std::vector<std::shared_ptr<exec::Watch>> watches;
  std::vector<std::pair<Flag::State, bool>> wishes;
  Device device;
};

// Records one program. The ops of this thread go to the tracer on top of the stack; without one they run at once.
class Tracer {
 public:
  explicit Tracer(std::optional<Device> device);
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  // The tracer of this thread, null outside a trace.
  static Tracer* current();

  Tensor add_argument(const TensorSpec& spec, const std::string& name);
  Tensor wrap(ir::Value value);
  // The tensor as a value of this graph; a concrete one becomes a captured constant. TraceError for another trace's
  // tensor.
  ir::Value lift(const Tensor& tensor, const char* op);

  ir::Value read(const std::shared_ptr<Cell>& cell);
  void assign(const std::shared_ptr<Cell>& cell, ir::Value value);
  // Every value that reads of this cell have given so far, oldest first.
  std::vector<ir::Value> versions(const std::shared_ptr<Cell>& cell) const;
  // The variables that have been read or assigned so far, in order of first use.
  std::vector<std::shared_ptr<Cell>> cells() const;
  // The state input and the ordinal of the next draw from a generator.
  std::pair<ir::Value, std::int64_t> next_draw(const std::shared_ptr<Cell>& state);
  void guard(const Flag::State& flag);
  void watch(std::shared_ptr<exec::Watch> watch) { watches_.push_back(std::move(watch)); }
  // The value of a flag whose other value asks for another trace where the program may still be traced.
  bool wish(const Flag::State& flag);

  ops::Builder& build() { return build_; }
  const ir::Graph& graph() const { return graph_; }
  // The device that the program will run on, as far as it is known.
  Device device() const;

  // Ends the recording: `results` are returned, assigned cells become further outputs.
  Trace finish(const std::vector<Tensor>& results, std::optional<Device> argument_device);

 private:
  struct CellState {
    ir::Value latest;
    std::size_t input = 0;  // position in graph_.inputs
    std::vector<ir::Value> versions;
    bool assigned = false;
  };
  struct Draws {
    ir::Value state;
    std::int64_t next = 0;
  };
  // The name of a variable in the graph. Made unique, because two modules may both have a "0.weight".
  std::string unique_name(const std::string& path);
  ir::Value slot_of(const Cell& cell, ir::Value flat);

  ir::Graph graph_;
  ops::Builder build_;
  std::shared_ptr<TraceToken> token_;
  std::optional<Device> device_;
  // In order of first use, so that inputs and outputs come in a reproducible order.
  std::vector<std::pair<std::shared_ptr<Cell>, CellState>> cells_;
  std::map<Cell*, std::size_t> cell_index_;
  std::map<std::pair<Cell*, ir::Value>, ir::Value>
      slices_;  // (cell with a slot, version of its flat buffer) -> the slice
  std::map<const TensorImpl*, ir::Value> captured_;
  std::vector<Tensor> captured_tensors_;
  exec::Faults captured_faults_;
  std::map<std::int32_t, std::pair<std::shared_ptr<Cell>, Array>> bound_;  // input node -> its variable or its array
  std::map<Cell*, Draws> draws_;
  std::vector<std::pair<Flag::State, bool>> guards_;
  std::set<Flag::State> guarded_;
  std::vector<std::shared_ptr<exec::Watch>> watches_;
  std::vector<std::pair<Flag::State, bool>> wishes_;
  std::set<std::string> names_;               // names of variables
  std::map<std::string, int> names_by_path_;  // variables per path
  Tracer* parent_;

  CellState& state_of(const std::shared_ptr<Cell>& cell);
  friend class TracePause;
};

// Scope in which ops of this thread run at once even inside a trace, to draw initial values.
class [[nodiscard]] TracePause {
 public:
  TracePause();
  ~TracePause();
  TracePause(const TracePause&) = delete;
  TracePause& operator=(const TracePause&) = delete;

 private:
  Tracer* before_;
};

}  // namespace weft::detail
