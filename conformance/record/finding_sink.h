// Where findings go as they are made: into the journal, and each into a file of its own that `hptck replay`
// takes. Functions, so that whoever makes findings is tested without either.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "conformance/record/journal.h"

namespace hptck {

struct FindingSink {
  /// A finding that is yet to be minimized. It stands if the journal ends before settled().
  std::function<void(const Finding&)> suspicion;
  std::function<void()> settled;
  /// A finding, its number, from 1, and what stands in its file. Names the file, and the command that replays
  /// it.
  std::function<void(Finding&, std::size_t number, const std::string& text)> finding;
};

/// `out` empty: no files. `replay_command` says how a file of that name is replayed; may be none. Throws
/// EnvironmentError when the disk is full.
FindingSink sink_to(Journal& journal, std::filesystem::path out,
                    std::function<std::string(const std::string& file)> replay_command);

}  // namespace hptck
