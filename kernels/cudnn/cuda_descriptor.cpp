// SPDX-License-Identifier: Apache-2.0
#include "kernels/cudnn/cuda_descriptor.h"

#include <algorithm>

#include "core/base/check.h"

namespace weft::kernels::cudnn {
namespace {

// A status that says that cuDNN cannot do what is asked, and not that something broke.
bool refuses(Status status) { return status >= 2000 && status < 4000; }

}  // namespace

void check(const Functions& library, Status status, const char* call) {
  if (status == 0) return;
  char detail[512] = {};
  library.get_last_error_string(detail, sizeof(detail));
  fail<DeviceError>("cudnn", call, " failed: ", library.get_error_string(status), detail[0] ? ": " : "", detail);
}

Descriptor::Descriptor(const Functions& library, DescriptorType type) : library_(&library) {
  RawDescriptor made = nullptr;
  check(library, library.create_descriptor(type, &made), "cudnnBackendCreateDescriptor");
  raw_ = {made, [destroy = library.destroy_descriptor](void* raw) { static_cast<void>(destroy(raw)); }};
}

void Descriptor::set(Attribute name, const Descriptor& value) {
  const RawDescriptor raw = value.raw();
  set(name, AttributeType::kDescriptor, 1, &raw);
}

void Descriptor::set(Attribute name, const std::string& text) {
  set(name, AttributeType::kChar, static_cast<std::int64_t>(text.size()), text.data());
}

void Descriptor::set(Attribute name, AttributeType type, std::int64_t count, const void* elements) {
  check(*library_, library_->set_attribute(raw(), name, type, count, elements), "cudnnBackendSetAttribute");
}

bool Descriptor::finalize(const char* what) {
  const Status status = library_->finalize(raw());
  if (refuses(status)) return false;
  check(*library_, status, what);
  return true;
}

std::int64_t Descriptor::get(Attribute name, AttributeType type, std::int64_t room, void* elements) const {
  std::int64_t count = 0;
  check(*library_, library_->get_attribute(raw(), name, type, room, &count, elements), "cudnnBackendGetAttribute");
  return room == 0 ? count : std::min(count, room);
}

std::int64_t Descriptor::number(Attribute name) const {
  std::int64_t value = 0;
  get(name, AttributeType::kInt64, 1, &value);
  return value;
}

std::string Descriptor::text(Attribute name) const {
  std::string text(static_cast<std::size_t>(get(name, AttributeType::kChar, 0, nullptr)), '\0');
  if (!text.empty()) get(name, AttributeType::kChar, static_cast<std::int64_t>(text.size()), text.data());
  text.resize(std::min(text.size(), text.find('\0')));
  return text;
}

Descriptor Descriptor::part(Attribute name, DescriptorType type) const {
  Descriptor filled(*library_, type);
  RawDescriptor raw = filled.raw();
  get(name, AttributeType::kDescriptor, 1, &raw);
  return filled;
}

std::vector<Descriptor> Descriptor::list(Attribute name, DescriptorType type) const {
  const std::int64_t count = get(name, AttributeType::kDescriptor, 0, nullptr);
  std::vector<Descriptor> filled;
  std::vector<RawDescriptor> raw;
  for (std::int64_t i = 0; i < count; ++i) {
    filled.emplace_back(*library_, type);
    raw.push_back(filled.back().raw());
  }
  // The first count is an upper bound: some stay unfilled.
  if (count > 0) filled.erase(filled.begin() + get(name, AttributeType::kDescriptor, count, raw.data()), filled.end());
  return filled;
}

}  // namespace weft::kernels::cudnn
