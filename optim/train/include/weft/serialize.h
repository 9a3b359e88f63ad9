// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "weft/detail/export.h"
#include "weft/module.h"
#include "weft/pipeline.h"

namespace weft WEFT_EXPORT {

// Settings of load().
struct LoadOptions {
  bool strict = true;                           // FormatError when anything is missing or unexpected
  std::map<std::string, std::string> rename{};  // prefix in the file -> prefix in the module; the longest match wins
  std::vector<std::string> skip{};              // globs of names in the module that keep their values
};

// Names that load() has matched, and those that it has not.
struct LoadReport {
  std::vector<std::string> loaded, missing, skipped;  // names in the module
  std::vector<std::string> unexpected;                // names in the file
  // The names as lines of text.
  std::string text() const;
};

// Settings of save().
struct SaveOptions {
  std::optional<data::Pipeline> transforms{};  // a fitted pipeline, which data::Pipeline::load() reads from the file
};

// Writes parameters and buffers as safetensors, with PyTorch's names and layouts. A tied cell is written once, under
// its first name; its other names stand in the metadata, as safetensors.torch.save_model writes them. ValueError for a
// pipeline that is not fitted.
void save(Module& module, const std::filesystem::path& path, const SaveOptions& options = {});

// Fills a module from a safetensors file; values that do not exist yet are not drawn first. Floating types are
// converted. A pipeline in the file is left alone. ShapeError or DTypeError, with `strict` or without, if a tensor does
// not fit its variable; then nothing has changed.
LoadReport load(Module& module, const std::filesystem::path& path, const LoadOptions& options = {});

}  // namespace weft
