// SPDX-License-Identifier: Apache-2.0
#include "core/device/recording.h"

#include <exception>

#include "core/device/backend.h"

namespace weft {

Recording::Recording(Device device, const std::function<void(const Stream&)>& work) {
  // A new stream, because the work may later run on the legacy default stream, which cannot record.
  const Stream stream = Stream::create(device);
  cuda_backend::begin_capture(device.index(), stream.handle());
  std::exception_ptr thrown;
  try {
    work(stream);
  } catch (...) {
    thrown = std::current_exception();
  }
  try {
    graph_ = cuda_backend::end_capture(device.index(), stream.handle());
  } catch (...) {
    if (!thrown) thrown = std::current_exception();
  }
  if (thrown) std::rethrow_exception(thrown);
}

void Recording::run(const Stream& stream) const {
  cuda_backend::launch_graph(stream.device().index(), graph_.get(), stream.handle());
}

}  // namespace weft
