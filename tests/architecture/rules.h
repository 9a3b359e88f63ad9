// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "tests/architecture/includes.h"

namespace weft::testing {

struct Room {
  std::string_view folder;
  std::vector<std::string_view> may_include;            // beside itself
  std::vector<std::string_view> public_headers_only{};  // rooms of which only public headers may be included
};

// The header of each room that takes in all its public headers; weft/weft.h takes in these.
const std::vector<std::string_view>& umbrellas();

// Every room, lower floors first.
const std::vector<Room>& rooms();

// The room that a path lies in; null outside the library.
const Room* room_of(std::string_view path);

// One message per include of another room that the table does not allow: "file:line: rule".
std::vector<std::string> arrow_violations(const SourceFile& file, const std::vector<SourceFile>& library);

// A folder directly inside another folder of the library, by what its files include of its neighbors. Public headers
// (a room's include folder) count as ground: every neighbor may include them.
struct Folder {
  std::string path;
  std::vector<std::string> includes;  // neighbors, each once, sorted
};

// The folders inside `parent`, sorted by path.
std::vector<Folder> folders_in(std::string_view parent, const std::vector<SourceFile>& library);

// The arrows among these folders that lie on a cycle: "a -> b". Empty where the folders can be put in floors.
std::vector<std::string> cyclic_arrows(const std::vector<Folder>& folders);

// One message per <include> that is neither standard C++, the operating system's, nor a third party allowed here.
std::vector<std::string> third_party_violations(const SourceFile& file);

// One message per declaration that returns tensors or rows and is not [[nodiscard]]. Calls whose effects may be all
// that is wanted are left out: forward(), update(), fit(), ...
std::vector<std::string> discardable_results(const SourceFile& header);

// One message per word of CUDA's in the code of a public header.
std::vector<std::string> cuda_words(const SourceFile& header);

}  // namespace weft::testing
