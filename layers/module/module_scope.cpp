// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "weft/detail/call_recorder.h"
#include "weft/module.h"

namespace weft::detail {
namespace {

thread_local const ModuleScope* innermost = nullptr;
thread_local CallRecorder* recorder = nullptr;

// The path of one module below another; looks at direct members before it goes deeper.
class NameFinder : public Visitor {
 public:
  NameFinder(const Module& wanted, bool deep) : wanted_(&wanted), deep_(deep) {}
  bool enter(std::string_view name, Module& module) override {
    lengths_.push_back(path_.size());
    if (!path_.empty()) path_ += '.';
    path_ += name;
    if (&module == wanted_ && !found) found = path_;
    return deep_ && !found;
  }
  void leave() override {
    path_.resize(lengths_.back());
    lengths_.pop_back();
  }
  void visit(std::string_view, Parameter&) override {}
  void visit(std::string_view, Buffer&) override {}

  std::optional<std::string> found;

 private:
  const Module* wanted_;
  bool deep_;
  std::string path_;
  std::vector<std::size_t> lengths_;
};

// The path of `module` below `caller`; empty if `caller` does not own it.
std::string name_in(const Module& caller, const Module& module) {
  for (const bool deep : {false, true}) {
    NameFinder finder(module, deep);
    // The cast is safe, because this visitor only compares addresses.
    const_cast<Module&>(caller).members(finder);
    if (finder.found) return *finder.found;
  }
  return {};
}

}  // namespace

ModuleScope::ModuleScope(const Module& module)
    : module_(&module), caller_(innermost), scope_(caller_ ? name_in(*caller_->module_, module) : std::string()) {
  expect_present("call", module);
  innermost = this;
}

ModuleScope::~ModuleScope() { innermost = caller_; }

void ModuleScope::record(const Tensor& output) const { CallRecorder::record(module_, output); }

CallRecorder::CallRecorder(std::function<void(LayerCall)> listen) : listen_(std::move(listen)), before_(recorder) {
  recorder = this;
}

CallRecorder::~CallRecorder() { recorder = before_; }

void CallRecorder::record(const Module* module, const Tensor& output) {
  if (recorder) recorder->listen_({Scope::path(), module, output});
}

}  // namespace weft::detail
