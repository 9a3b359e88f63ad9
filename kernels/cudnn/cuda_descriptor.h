// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/cudnn/cuda_abi.h"

namespace weft::kernels::cudnn {

// Throws DeviceError with the call and the library's words for a status other than 0.
void check(const Functions& library, Status status, const char* call);

// The attribute type that goes with a C++ type.
template <class T>
inline constexpr AttributeType kTypeOf = AttributeType::kPointer;
template <>
inline constexpr AttributeType kTypeOf<std::int64_t> = AttributeType::kInt64;
template <>
inline constexpr AttributeType kTypeOf<std::int32_t> = AttributeType::kInt32;
template <>
inline constexpr AttributeType kTypeOf<float> = AttributeType::kFloat;
template <>
inline constexpr AttributeType kTypeOf<double> = AttributeType::kDouble;
template <>
inline constexpr AttributeType kTypeOf<DataType> = AttributeType::kDataType;
template <>
inline constexpr AttributeType kTypeOf<ConvolutionMode> = AttributeType::kConvolutionMode;
template <>
inline constexpr AttributeType kTypeOf<HeuristicsMode> = AttributeType::kHeuristicsMode;
template <>
inline constexpr AttributeType kTypeOf<NumericalNote> = AttributeType::kNumericalNote;
template <>
inline constexpr AttributeType kTypeOf<BehaviorNote> = AttributeType::kBehaviorNote;
template <>
inline constexpr AttributeType kTypeOf<Handle> = AttributeType::kHandle;

// A backend descriptor, destroyed with its last copy. Throws DeviceError where the library fails.
class Descriptor {
 public:
  Descriptor(const Functions& library, DescriptorType type);

  template <class T>
  void set(Attribute name, const T& value) {
    set(name, kTypeOf<T>, 1, &value);
  }
  template <class T>
  void set(Attribute name, const std::vector<T>& values) {
    set(name, kTypeOf<T>, static_cast<std::int64_t>(values.size()), values.data());
  }
  void set(Attribute name, const Descriptor& value);
  void set(Attribute name, const std::string& text);

  // False where cuDNN does not support what the attributes ask for. Throws DeviceError for all other failures.
  [[nodiscard]] bool finalize(const char* what);

  std::int64_t number(Attribute name) const;
  std::string text(Attribute name) const;
  template <class Note>
  std::vector<Note> notes(Attribute name) const {
    std::vector<Note> all(static_cast<std::size_t>(kMostNotes));
    all.resize(static_cast<std::size_t>(get(name, kTypeOf<Note>, kMostNotes, all.data())));
    return all;
  }
  // Descriptors that the library fills: one, such as a configuration's engine, or a list of any length.
  Descriptor part(Attribute name, DescriptorType type) const;
  std::vector<Descriptor> list(Attribute name, DescriptorType type) const;

  RawDescriptor raw() const { return raw_.get(); }

 private:
  void set(Attribute name, AttributeType type, std::int64_t count, const void* elements);
  std::int64_t get(Attribute name, AttributeType type, std::int64_t room, void* elements) const;

  const Functions* library_;
  std::shared_ptr<void> raw_;
};

}  // namespace weft::kernels::cudnn
