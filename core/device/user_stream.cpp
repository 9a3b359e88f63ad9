// SPDX-License-Identifier: Apache-2.0
#include "weft/user_stream.h"

#include "core/device/stream.h"

namespace weft {

struct UserStream::Scope {
  StreamScope current;
};

UserStream::UserStream(Device device, void* cuda_stream)
    : scope_(new Scope{StreamScope(Stream::wrap(device, cuda_stream))}) {}
UserStream::~UserStream() = default;

}  // namespace weft
