// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <utility>

// Objects of the library that live as long as the process or a thread. Static objects of the user's program and threads
// that go on after main() use them while the process exits. So no other static or thread_local object of the library
// has a destructor; tests/architecture/exit_symbols.sh looks for them in the compiled files.
namespace weft {

// A T for a static variable, made once and never destroyed: `static const Lasting<std::map<int, Row>> rows;`.
template <class T>
class Lasting {
 public:
  template <class... Args>
  explicit Lasting(Args&&... args) : object_(new T(std::forward<Args>(args)...)) {}
  T& operator*() const { return *object_; }
  T* operator->() const { return object_; }

 private:
  T* object_;
};

namespace detail {
// Calls f(argument) when this thread ends; never, if the thread is past that point.
void at_thread_end(void (*f)(void*), void* argument);
}  // namespace detail

// A T for a thread_local variable: `thread_local PerThread<std::vector<Row>> rows;`. It is made when the thread first
// uses it and destroyed when the thread ends. A later use, by a destructor of a static object, makes another one that
// stays.
template <class T>
class PerThread {
 public:
  T& operator*() {
    if (object_ == nullptr) make();
    return *object_;
  }
  T* operator->() { return &**this; }

 private:
  void make() {
    object_ = new T();
    detail::at_thread_end(
        [](void* self) {
          T*& object = static_cast<PerThread*>(self)->object_;
          delete std::exchange(object, nullptr);
        },
        this);
  }
  T* object_ = nullptr;
};

}  // namespace weft
