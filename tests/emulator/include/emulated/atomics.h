// SPDX-License-Identifier: Apache-2.0
#pragma once

// Atomics and fences. Threads of the emulation switch only at collectives, so plain reads and writes are atomic; each
// function takes exactly the types that CUDA's has.
#include <concepts>
#include <type_traits>

namespace weft::emulator::detail {
template <class T, class... U>
concept OneOf = (std::same_as<T, U> || ...);
template <class T>
concept AtomicInteger = OneOf<T, int, unsigned int, unsigned long long>;
template <class T>
concept AtomicOrdered = OneOf<T, int, unsigned int, long long, unsigned long long>;
template <class T>
concept AtomicAdded = OneOf<T, int, unsigned int, unsigned long long, float, double>;
template <class T>
concept AtomicExchanged = OneOf<T, int, unsigned int, unsigned long long, float>;
template <class T>
concept AtomicCompared = OneOf<T, int, unsigned int, unsigned long long, unsigned short>;

template <class T>
T replace(T* address, T value) {
  const T old = *address;
  *address = value;
  return old;
}

// Signed overflow wraps on the device.
template <class T>
T wrapping_add(T a, T b) {
  if constexpr (std::is_same_v<T, int>) {
    return static_cast<int>(static_cast<unsigned>(a) + static_cast<unsigned>(b));
  } else {
    return a + b;
  }
}
}  // namespace weft::emulator::detail

template <weft::emulator::detail::AtomicAdded T>
T atomicAdd(T* address, std::type_identity_t<T> value) {
  return weft::emulator::detail::replace(address, weft::emulator::detail::wrapping_add(*address, value));
}
inline int atomicSub(int* address, int value) {
  return weft::emulator::detail::replace(
      address, static_cast<int>(static_cast<unsigned>(*address) - static_cast<unsigned>(value)));
}
inline unsigned int atomicSub(unsigned int* address, unsigned int value) {
  return weft::emulator::detail::replace(address, *address - value);
}
template <weft::emulator::detail::AtomicOrdered T>
T atomicMin(T* address, std::type_identity_t<T> value) {
  return weft::emulator::detail::replace(address, value < *address ? value : *address);
}
template <weft::emulator::detail::AtomicOrdered T>
T atomicMax(T* address, std::type_identity_t<T> value) {
  return weft::emulator::detail::replace(address, value > *address ? value : *address);
}
template <weft::emulator::detail::AtomicInteger T>
T atomicAnd(T* address, std::type_identity_t<T> value) {
  return weft::emulator::detail::replace(address, *address & value);
}
template <weft::emulator::detail::AtomicInteger T>
T atomicOr(T* address, std::type_identity_t<T> value) {
  return weft::emulator::detail::replace(address, *address | value);
}
template <weft::emulator::detail::AtomicInteger T>
T atomicXor(T* address, std::type_identity_t<T> value) {
  return weft::emulator::detail::replace(address, *address ^ value);
}
template <weft::emulator::detail::AtomicExchanged T>
T atomicExch(T* address, std::type_identity_t<T> value) {
  return weft::emulator::detail::replace(address, value);
}
template <weft::emulator::detail::AtomicCompared T>
T atomicCAS(T* address, std::type_identity_t<T> expected, std::type_identity_t<T> value) {
  return weft::emulator::detail::replace(address, *address == expected ? value : *address);
}
// Counts up to `limit` and starts again at 0; the other way round for Dec.
inline unsigned int atomicInc(unsigned int* address, unsigned int limit) {
  return weft::emulator::detail::replace(address, *address >= limit ? 0u : *address + 1u);
}
inline unsigned int atomicDec(unsigned int* address, unsigned int limit) {
  return weft::emulator::detail::replace(address, *address == 0u || *address > limit ? limit : *address - 1u);
}

inline void __threadfence() {}
inline void __threadfence_block() {}
inline void __threadfence_system() {}
