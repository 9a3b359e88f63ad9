// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <memory>

#include "weft/device.h"

namespace weft {

class Event;

// An ordered queue of device work. On the CPU work is done when the call returns, and a stream is only a name.
class Stream {
 public:
  Stream() = default;  // the CPU's stream
  // weft's own stream of a device, unless a StreamScope of this thread names another.
  static Stream current(Device device);
  static Stream create(Device device);
  // The user's cudaStream_t, which must outlive all use.
  static Stream wrap(Device device, void* handle);

  Device device() const { return device_; }
  void* handle() const { return handle_.get(); }
  void synchronize() const;
  // Makes work enqueued from now on wait for the work that `other` holds now. The host does not wait.
  void wait(const Stream& other) const;
  // Makes work enqueued from now on wait for a point in another stream's work.
  void wait(const Event& event) const;
  // False for a stream of the user's, which may be gone before the memory that was used on it.
  bool owned() const { return std::get_deleter<NotOwned>(handle_) == nullptr; }
  // True while work on this stream is recorded into a CUDA graph and not run.
  bool capturing() const;
  // Calls f on the host when the work enqueued so far is done; f must not call the device.
  void enqueue_host(std::function<void()> f) const;
  bool operator==(const Stream& other) const { return device_ == other.device_ && handle() == other.handle(); }

 private:
  struct NotOwned {
    void operator()(void*) const {}
  };
  Device device_;
  std::shared_ptr<void> handle_;
};

// Makes a stream current for its device in this thread, for the scope's lifetime.
class [[nodiscard]] StreamScope {
 public:
  explicit StreamScope(Stream stream);
  ~StreamScope();
  StreamScope(const StreamScope&) = delete;
  StreamScope& operator=(const StreamScope&) = delete;

 private:
  Stream before_;
  bool had_before_;
};

// A point in a stream's work.
class Event {
 public:
  Event() = default;
  static Event record(const Stream& stream);
  // Moves the event to the end of the work that `stream` holds now. Waits for the earlier point go on.
  void move_to(const Stream& stream);
  bool ready() const;
  void synchronize() const;
  void* handle() const { return handle_.get(); }  // cudaEvent_t, null on the CPU

 private:
  friend class Stream;
  Device device_;
  std::shared_ptr<void> handle_;
};

}  // namespace weft
