// SPDX-License-Identifier: Apache-2.0
#include "core/api/trace/tracer.h"

#include "core/base/check.h"

namespace weft::detail {
namespace {

thread_local Tracer* top = nullptr;

}  // namespace

Tracer::Tracer(std::optional<Device> device)
    : build_(graph_), token_(std::make_shared<TraceToken>(TraceToken{this})), device_(device), parent_(top) {
  top = this;
}

Tracer::~Tracer() {
  token_->tracer = nullptr;
  top = parent_;
}

Tracer* Tracer::current() { return top; }

Tensor Tracer::add_argument(const TensorSpec& spec, const std::string& name) {
  return wrap(graph_.add_input(spec, ir::InputKind::kArgument, name));
}

Tensor Tracer::wrap(ir::Value value) {
  return Tensor(std::make_shared<const TensorImpl>(token_, value, graph_.spec(value)));
}

ir::Value Tracer::lift(const Tensor& tensor, const char* op) {
  const TensorImpl& impl = impl_of(tensor, op);
  if (impl.traced()) {
    if (impl.token() == token_) return impl.value();
    fail<TraceError>(op, "a ", impl.spec(),
                     " of another trace is used here; return it from its program, or pass it as an argument");
  }
  if (const auto found = captured_.find(&impl); found != captured_.end()) return found->second;
  const Array array = impl.own_array();  // a constant of the program, though its variable may change
  captured_faults_.add(impl.faults());
  if (!device_) device_ = array.device();
  const ir::Value value = graph_.add_input(impl.spec(), ir::InputKind::kCapture, "");
  bound_[value.node] = {nullptr, array};
  captured_[&impl] = value;
  captured_tensors_.push_back(tensor);  // keeps the address from being used again
  return value;
}

Tracer::CellState& Tracer::state_of(const std::shared_ptr<Cell>& cell) {
  const auto [found, fresh] = cell_index_.try_emplace(cell.get(), cells_.size());
  if (fresh) cells_.emplace_back(cell, CellState{});
  return cells_[found->second].second;
}

std::string Tracer::unique_name(const std::string& path) {
  const std::string base = path.empty() ? "variable" : path;
  int& used = names_by_path_[base];
  std::string name = used == 0 ? base : base + " #" + std::to_string(used + 1);
  while (!names_.insert(name).second) name = base + " #" + std::to_string(++used + 1);
  ++used;
  return name;
}

ir::Value Tracer::slot_of(const Cell& cell, ir::Value flat) {
  const std::int64_t begin = cell.slot->offset;
  const ir::Value part = build_.emit(
      "slice", {flat},
      {{"begin", ir::Ints{begin}}, {"end", ir::Ints{begin + cell.spec().shape.numel()}}, {"step", ir::Ints{1}}});
  return build_.emit("reshape", {part}, {{"shape", cell.spec().shape.dims()}});
}

ir::Value Tracer::read(const std::shared_ptr<Cell>& cell) {
  if (cell->slot) {
    const ir::Value flat = read(cell->slot->flat);
    auto& known = slices_[{cell.get(), flat}];
    if (!known.defined()) {
      known = slot_of(*cell, flat);
      state_of(cell).versions.push_back(known);
    }
    return known;
  }
  CellState& state = state_of(cell);
  if (!state.latest.defined()) {
    if (!device_ && cell->initialized() && !cell->roams) device_ = cell->device();
    state.latest = graph_.add_input(cell->spec(), ir::InputKind::kVariable, unique_name(cell->path));
    state.input = graph_.inputs.size() - 1;
    state.versions.push_back(state.latest);
    bound_[state.latest.node] = {cell, Array()};
  }
  return state.latest;
}

void Tracer::assign(const std::shared_ptr<Cell>& cell, ir::Value value) {
  if (cell->slot) {  // assigns the flat buffer with this part replaced
    const std::int64_t begin = cell->slot->offset, end = begin + cell->spec().shape.numel();
    const ir::Value flat = read(cell->slot->flat);
    const std::int64_t all = graph_.spec(flat).shape.numel();
    std::vector<ir::Value> parts;
    const auto keep = [&](std::int64_t from, std::int64_t to) {
      if (from < to)
        parts.push_back(
            build_.emit("slice", {flat}, {{"begin", ir::Ints{from}}, {"end", ir::Ints{to}}, {"step", ir::Ints{1}}}));
    };
    keep(0, begin);
    parts.push_back(build_.emit("reshape", {value}, {{"shape", ir::Ints{end - begin}}}));
    keep(end, all);
    assign(cell->slot->flat, build_.emit("concat", parts, {{"axis", std::int64_t{0}}}));
    return;
  }
  // The input must exist even if nothing reads the old value, because the executor finds the memory to write through
  // it.
  read(cell);
  CellState& state = state_of(cell);
  state.latest = value;
  state.versions.push_back(value);
  state.assigned = true;
}

std::vector<ir::Value> Tracer::versions(const std::shared_ptr<Cell>& cell) const {
  const auto found = cell_index_.find(cell.get());
  return found == cell_index_.end() ? std::vector<ir::Value>{} : cells_[found->second].second.versions;
}

std::vector<std::shared_ptr<Cell>> Tracer::cells() const {
  std::vector<std::shared_ptr<Cell>> out;
  for (const auto& [cell, state] : cells_) out.push_back(cell);
  return out;
}

std::pair<ir::Value, std::int64_t> Tracer::next_draw(const std::shared_ptr<Cell>& state) {
  Draws& draws = draws_[state.get()];
  if (!draws.state.defined()) draws.state = read(state);
  return {draws.state, draws.next++};
}

void Tracer::guard(const Flag::State& flag) {
  if (guarded_.insert(flag).second) guards_.emplace_back(flag, flag->load());
}

bool Tracer::wish(const Flag::State& flag) { return wishes_.emplace_back(flag, flag->load()).second; }

Device Tracer::device() const { return device_.value_or(default_device()); }

Trace Tracer::finish(const std::vector<Tensor>& results, std::optional<Device> argument_device) {
  for (const Tensor& r : results) graph_.outputs.push_back({lift(r, "return"), ""});
  // One run of the program is one call of each generator that it draws from.
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const auto cell = cells_[i].first;
    if (!draws_.contains(cell.get())) continue;
    const ir::Value one = build_.emit("iota", {}, {{"length", std::int64_t{2}}, {"dtype", DType::kI64}});  // {0, 1}
    assign(cell, build_.emit("add", {draws_[cell.get()].state, one}));
  }
  Trace trace;
  trace.assigned.resize(graph_.outputs.size());
  for (const auto& [cell, state] : cells_) {
    if (!state.assigned) continue;
    if (draws_.contains(cell.get())) trace.draws.push_back({cell, state.input, graph_.outputs.size()});
    graph_.outputs.push_back({state.latest, graph_.inputs[state.input].name});
    trace.assigned.push_back(cell);
  }
  for (const ir::Input& input : graph_.inputs) {
    const auto found = bound_.find(input.value.node);
    trace.cells.push_back(found == bound_.end() ? nullptr : found->second.first);
    trace.captures.push_back(found == bound_.end() ? Array() : found->second.second);
  }
  trace.guards = std::move(guards_);
  trace.watches = std::move(watches_);
  trace.wishes = std::move(wishes_);
  trace.faults = captured_faults_;
  trace.device = device_ ? *device_ : argument_device.value_or(default_device());
  trace.graph = graph_;
  return trace;
}

TracePause::TracePause() : before_(top) { top = nullptr; }
TracePause::~TracePause() { top = before_; }

}  // namespace weft::detail
