// SPDX-License-Identifier: Apache-2.0
#include "core/data/images/pixels.h"

#include <utility>

#include "core/base/check.h"
#include "core/io/host_memory.h"
#include "core/io/host_values.h"
#include "weft/error.h"

namespace weft::detail {
namespace {

const Tensor& checked(const char* op, const Tensor& image, ImageTypes types) {
  check_known(op, "image", image);
  if (image.rank() != 3 || image.numel() == 0)
    fail<ShapeError>(op, "the image is ", image.shape(), "; it must be (height, width, channels) with a pixel");
  if (types == ImageTypes::kU8 && image.dtype() != DType::kU8)
    fail<DTypeError>(op, "the image is ", image.dtype(), "; it must be u8, so put Normalize behind ", op);
  return image;
}

}  // namespace

ImageView::ImageView(const char* op, const Tensor& image, ImageTypes types)
    : tensor_(checked(op, image, types).to(Device::cpu())),
      pixel_bytes_(static_cast<std::size_t>(TensorSpec{Shape{tensor_.dim(2)}, tensor_.dtype()}.bytes())),
      data_(host_bytes(tensor_)) {}

NewImage::NewImage(std::int64_t height, std::int64_t width, std::int64_t channels, DType dtype)
    : spec_{{height, width, channels}, dtype}, memory_(host_memory(static_cast<std::size_t>(spec_.bytes()))) {}

Tensor NewImage::tensor() const { return host_tensor(memory_.get(), spec_, memory_); }

}  // namespace weft::detail
