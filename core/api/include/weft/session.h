// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <vector>

#include "weft/detail/export.h"
#include "weft/device.h"
#include "weft/tensor.h"

namespace weft WEFT_EXPORT {

// The user's memory for a result of a session, in place of a new tensor.
class Out {
 public:
  // Host memory, one element per element of the result.
  template <Element T>
  static Out borrow(std::span<T> host) {
    return {host.data(), {Shape{std::ssize(host)}, dtype_of<T>()}, Device::cpu(), false};
  }
  // Memory of a device, dense and row-major. ValueError for a null pointer, unless the spec has no elements.
  static Out borrow_device(void* pointer, TensorSpec spec, Device device);

  // Address and device of the memory.
  void* data() const { return data_; }
  Device device() const { return device_; }
  // True if a result of this spec fits: same dtype and shape; for host memory, same dtype and number of elements.
  bool takes(const TensorSpec& result) const;
  const TensorSpec& spec() const { return spec_; }  // a flat shape for host memory

 private:
  Out(void* data, TensorSpec spec, Device device, bool shaped)
      : data_(data), spec_(std::move(spec)), device_(device), shaped_(shaped) {}
  void* data_;
  TensorSpec spec_;
  Device device_;
  bool shaped_;  // false: only the number of elements is known
};

namespace detail {
struct Argument;
struct PendingState;
class ProgramCache;
class SessionState;
}  // namespace detail

// A run that may still be going on.
class Pending {
 public:
  // A run that a session has started.
  explicit Pending(std::shared_ptr<const detail::PendingState> state) : state_(std::move(state)) {}
  // True once the results are there; never waits.
  bool ready() const;
  // Waits, and throws DataError when the device met bad data.
  void get() const;
  // A cudaEvent_t that other streams can wait for, valid while this lives; null on the CPU.
  void* event() const;

 private:
  std::shared_ptr<const detail::PendingState> state_;
};

namespace detail {

// A session without its signature.
class SessionHandle {
 public:
  explicit SessionHandle(std::shared_ptr<const ProgramCache> program);
  ~SessionHandle();
  SessionHandle(SessionHandle&&) noexcept;
  SessionHandle& operator=(SessionHandle&&) noexcept;
  std::vector<Tensor> run(const std::vector<Argument>& arguments);
  Pending into(std::span<const Out> outs, const std::vector<Argument>& arguments);

 private:
  std::unique_ptr<SessionState> state_;
};

}  // namespace detail
}  // namespace weft
