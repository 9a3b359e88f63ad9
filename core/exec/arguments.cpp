// SPDX-License-Identifier: Apache-2.0
#include "core/exec/arguments.h"

#include <cstring>
#include <utility>

namespace weft::exec {
namespace {

constexpr std::size_t kCopied = std::size_t{1} << 20;  // copying more takes longer than launching calls one by one

std::size_t padded(std::size_t bytes) {
  constexpr std::size_t kAlignment = 256;
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

std::size_t bytes_of(const Array& array) { return static_cast<std::size_t>(array.spec().bytes()); }

}  // namespace

Arguments::Arguments(const ir::Graph& graph, Device device)
    : graph_(graph), device_(device), addresses_(graph.inputs.size()), places_(graph.inputs.size()) {
  from_host_.reserve(addresses_.size());
}

const std::vector<void*>& Arguments::bring(std::span<const Array> inputs, const Stream& stream) {
  if (device_.is_cuda() && !(stream == stream_)) {
    // New places, because earlier work of the other stream may still read the old ones.
    for (Array& place : places_)
      if (place.defined()) place = Array::empty(place.spec(), stream);
    stream_ = stream;
  }
  from_host_.clear();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    void* const given = inputs[i].data();
    const bool host = inputs[i].device() != device_;
    const bool may_move = device_.is_cuda() && graph_.inputs[i].kind == ir::InputKind::kArgument;
    const bool has_place = host || (settled_ && bytes_of(inputs[i]) <= kCopied);
    if (may_move && has_place && !places_[i].defined()) places_[i] = Array::empty(inputs[i].spec(), stream);
    addresses_[i] = places_[i].defined() ? places_[i].data() : given;
    if (host) {
      from_host_.push_back(i);
    } else if (addresses_[i] != given) {
      copy_bytes(addresses_[i], device_, given, device_, bytes_of(inputs[i]), stream);
    }
  }
  if (!from_host_.empty()) bring_from_host(inputs, stream);
  return addresses_;
}

// Sends all host arguments in one copy to a staging buffer on the device, while the run before may still work. The
// run's own stream then copies each argument to its place, because the run before reads it there.
void Arguments::bring_from_host(std::span<const Array> inputs, const Stream& stream) {
  std::size_t bytes = 0;
  for (const std::size_t i : from_host_) bytes += padded(bytes_of(inputs[i]));
  constexpr int kPlaces = 2;  // the run before may still read one
  if (!upload_ || upload_->bytes() < bytes) upload_ = Upload::create(device_, bytes, kPlaces);
  auto place = upload_->take();
  std::size_t at = 0;
  for (const std::size_t i : from_host_) {
    if (bytes_of(inputs[i]) > 0) std::memcpy(place->host() + at, inputs[i].data(), bytes_of(inputs[i]));
    at += padded(bytes_of(inputs[i]));
  }
  upload_->send(*place, bytes);
  const auto arrived = upload_->receive(std::move(place), stream);
  at = 0;
  for (const std::size_t i : from_host_) {
    copy_bytes(addresses_[i], device_, arrived->device() + at, device_, bytes_of(inputs[i]), stream);
    at += padded(bytes_of(inputs[i]));
  }
}

}  // namespace weft::exec
